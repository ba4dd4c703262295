// Package drivertest checks that a driver does what ganlib/device/driver promises. Each driver's test is a
// call of [Run].
package drivertest

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
)

// Run checks a driver that has a device: it uses the first. The last check loses the device, with an access to
// memory that is none, and so comes last: on a GPU, the process is of no more use for CUDA then.
func Run(t *testing.T, drv driver.Driver) {
	for _, check := range []struct {
		name string
		run  func(t *testing.T, drv driver.Driver)
	}{
		{"devices", devices},
		{"memory", memory},
		{"copies", copies},
		{"out of memory", outOfMemory},
		{"launch", launch},
		{"modules", modules},
		{"shared memory", sharedMemory},
		{"bad launches", badLaunches},
		{"graph", graphs},
		{"failed capture", failedCapture},
		{"events", events},
		{"goroutines", goroutines},
		{"two contexts", twoContexts},
		{"close", closing},
		{"leaks", leaks},
		{"illegal address", illegalAddress},
	} {
		t.Run(check.name, func(t *testing.T) { check.run(t, drv) })
	}
}

func devices(t *testing.T, drv driver.Driver) {
	assert.NotEmpty(t, drv.Name())
	list, err := drv.Devices()
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for n, p := range list {
		assert.NotEmpty(t, p.Name, "device %d", n)
		assert.Positive(t, p.Major, "device %d", n)
		assert.GreaterOrEqual(t, p.Minor, 0, "device %d", n)
		assert.Positive(t, p.Memory, "device %d", n)
		assert.Positive(t, p.Multiprocessors, "device %d", n)
		assert.GreaterOrEqual(t, p.Shared, 48<<10, "device %d", n)
		assert.GreaterOrEqual(t, p.Version, 11040, "device %d", n)
	}
	c := open(t, drv)
	assert.Equal(t, list[0], c.Properties())
	for _, n := range []int{-1, len(list)} {
		_, err = drv.Open(n)
		assert.ErrorIs(t, err, driver.ErrNoDevice, "Open(%d)", n)
	}
}

func open(t *testing.T, drv driver.Driver) driver.Context {
	t.Helper()
	c, err := drv.Open(0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

func kernel(t *testing.T, c driver.Context, name string) driver.Kernel {
	t.Helper()
	m, err := c.Load(Kernels)
	require.NoError(t, err)
	k, err := m.Kernel(name)
	require.NoError(t, err)
	return k
}

// works fails if a context does not work any more.
func works(t *testing.T, c driver.Context) {
	t.Helper()
	x := upload(t, c, ones(70))
	require.NoError(t, c.Launch(&driver.Launch{
		Kernel: kernel(t, c, "add"), Grid: [3]int{3, 1, 1}, Block: [3]int{32, 1, 1},
		Args: []uint64{uint64(x), uint64(x), 70},
	}))
	for _, v := range download(t, c, x, 70) {
		require.Equal(t, float32(2), v)
	}
	require.NoError(t, c.Free(x))
}

func upload(t *testing.T, c driver.Context, x []float32) driver.Address {
	t.Helper()
	a, err := c.Alloc(4 * len(x))
	require.NoError(t, err)
	require.NoError(t, c.Upload(a, encode(x)))
	return a
}

func download(t *testing.T, c driver.Context, a driver.Address, n int) []float32 {
	t.Helper()
	b := make([]byte, 4*n)
	require.NoError(t, c.Download(b, a))
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

func encode(x []float32) (b []byte) {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// numbers returns n numbers of both signs, no two alike.
func numbers(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i) - 0.5*float32(n) + 0.125
	}
	return x
}

func ones(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

func abs(x []float32) []float32 {
	for i, v := range x {
		x[i] = float32(math.Abs(float64(v)))
	}
	return x
}

func bits(x []float32) []uint32 {
	b := make([]uint32, len(x))
	for i, v := range x {
		b[i] = math.Float32bits(v)
	}
	return b
}
