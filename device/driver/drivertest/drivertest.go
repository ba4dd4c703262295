// Package drivertest checks that a driver does what ganlib/device/driver promises. Each driver's test is a
// call of [Run].
package drivertest

import (
	"encoding/binary"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

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

// large is memory that a device notices: they hand it out in pages of megabytes.
const large = 64 << 20

func memory(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	free, total, err := c.Memory()
	require.NoError(t, err)
	assert.LessOrEqual(t, free, total)
	require.Greater(t, free, uint64(2*large))

	a, err := c.Alloc(large)
	require.NoError(t, err)
	less, _, err := c.Memory()
	require.NoError(t, err)
	assert.LessOrEqual(t, less, free-large/2, "free memory after an allocation")
	require.NoError(t, c.Free(a))
	again, _, err := c.Memory()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, again, less+large/2, "free memory after giving it back")

	seen := map[driver.Address]bool{}
	for _, n := range []int{1, 3, 255, 256, 257, 1 << 20} {
		a, err := c.Alloc(n)
		require.NoError(t, err, "%d bytes", n)
		assert.NotZero(t, a, "%d bytes", n)
		assert.Zero(t, a%256, "%d bytes at %#x", n, uint64(a))
		assert.False(t, seen[a], "%d bytes at %#x, which is in use", n, uint64(a))
		seen[a] = true
	}
	for _, n := range []int{0, -1} {
		_, err := c.Alloc(n)
		assert.Error(t, err, "%d bytes", n)
	}
	assert.Error(t, c.Free(0x1234), "memory that was never allocated")
	for a := range seen {
		require.NoError(t, c.Free(a))
		assert.Error(t, c.Free(a), "memory that was freed")
	}
}

// copies are of sizes on both sides of 64 KiB, to which CUDA does them in another way.
func copies(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	for _, n := range []int{1, 5, 4096, 64 << 10, 64<<10 + 1, 3 << 20} {
		src := pattern(n)
		kept := append([]byte(nil), src...)
		a, err := c.Alloc(n + 2)
		require.NoError(t, err)
		require.NoError(t, c.Clear(a, n+2))
		require.NoError(t, c.Upload(a+1, src))
		clear(src) // the caller's again
		got := make([]byte, n+2)
		require.NoError(t, c.Download(got, a))
		require.Equal(t, kept, got[1:n+1], "%d bytes", n)
		assert.Zero(t, got[0], "the byte before %d bytes", n)
		assert.Zero(t, got[n+1], "the byte after %d bytes", n)

		require.NoError(t, c.Clear(a+1, n-1))
		require.NoError(t, c.Download(got, a))
		require.Equal(t, make([]byte, n), got[:n], "%d bytes, cleared but for the last", n)
		assert.Equal(t, kept[n-1], got[n])

		require.NoError(t, c.Upload(a, nil))
		require.NoError(t, c.Download(nil, a))
		require.NoError(t, c.Clear(a, 0))
	}
}

func outOfMemory(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	for range 2 {
		_, err := c.Alloc(int(2 * c.Properties().Memory))
		require.ErrorIs(t, err, driver.ErrOutOfMemory)
		assert.NotErrorIs(t, err, driver.ErrLost)
		assert.Contains(t, err.Error(), "CUDA_ERROR_OUT_OF_MEMORY")
		works(t, c)
	}
}

func launch(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	scale := kernel(t, c, "scale")
	for _, n := range []int{1, 31, 256, 257, 5000} {
		x := numbers(n)
		in, out := upload(t, c, x), upload(t, c, make([]float32, n+1))
		require.NoError(t, c.Launch(&driver.Launch{
			Kernel: scale, Grid: [3]int{(n + 255) / 256, 1, 1}, Block: [3]int{256, 1, 1},
			// What stands above a parameter of four bytes is nothing to it.
			Args: []uint64{uint64(out), uint64(in), 0xdead<<32 | uint64(math.Float32bits(-0.3)), 0xbeef<<32 | uint64(n)},
		}))
		require.NoError(t, c.Sync())
		got := download(t, c, out, n+1)
		for i := range x {
			require.Equal(t, -0.3*x[i], got[i], "%d of %d", i, n)
		}
		assert.Zero(t, got[n], "the number after %d", n)
	}
}

func modules(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	m, err := c.Load(Kernels)
	require.NoError(t, err)
	other, err := c.Load(Kernels)
	require.NoError(t, err)
	a, err := m.Kernel("scale")
	require.NoError(t, err)
	again, err := m.Kernel("scale")
	require.NoError(t, err)
	elsewhere, err := other.Kernel("scale")
	require.NoError(t, err)
	assert.True(t, a == again, "an entry is one kernel")
	assert.False(t, a == elsewhere, "the same entry of two modules is two kernels")

	_, err = m.Kernel("missing")
	var e *driver.Error
	if assert.ErrorAs(t, err, &e) {
		assert.Equal(t, driver.NotFound, e.Result)
	}
	for _, ptx := range []string{broken, "this is no PTX"} {
		_, err = c.Load(ptx)
		require.ErrorIs(t, err, driver.ErrBadImage, "%q", ptx)
		assert.NotErrorIs(t, err, driver.ErrLost)
	}
	works(t, c)
}

// sharedMemory asks for more than the 48 KiB that there are without asking, and for too much.
func sharedMemory(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	mirror := kernel(t, c, "mirror")
	try := func(n int) error {
		x := numbers(n)
		in, out := upload(t, c, x), upload(t, c, make([]float32, n))
		err := c.Launch(&driver.Launch{
			Kernel: mirror, Grid: [3]int{1, 1, 1}, Block: [3]int{96, 1, 1}, Shared: 4 * n,
			Args: []uint64{uint64(out), uint64(in), uint64(n)},
		})
		if err != nil {
			return err
		}
		got := download(t, c, out, n)
		for i := range x {
			require.Equal(t, x[n-1-i], got[i], "%d of %d", i, n)
		}
		return nil
	}
	for _, n := range []int{1, 95, 97, 48 << 8} {
		require.NoError(t, try(n))
	}
	most := c.Properties().Shared
	if most > 48<<10 {
		require.Error(t, try(48<<8+1), "more than 48 KiB without asking")
		require.NoError(t, mirror.MaxShared(most))
		require.NoError(t, try(most/4))
	}
	require.Error(t, mirror.MaxShared(most+1))
	require.Error(t, try(most/4+1))
	works(t, c)
}

func badLaunches(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	scale := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	one := [3]int{1, 1, 1}
	for _, l := range []driver.Launch{
		{Kernel: scale, Grid: one, Block: [3]int{2048, 1, 1}},
		{Kernel: scale, Grid: one, Block: [3]int{64, 64, 1}},
		{Kernel: scale, Grid: one, Block: [3]int{0, 1, 1}},
		{Kernel: scale, Grid: one, Block: [3]int{-1, 1, 1}},
		{Kernel: scale, Grid: [3]int{1, 0, 1}, Block: one},
		{Kernel: scale, Grid: [3]int{1, 1, 1 << 20}, Block: one},
		{Kernel: scale, Grid: one, Block: one, Shared: -1},
		{Kernel: nil, Grid: one, Block: one},
	} {
		l.Args = []uint64{uint64(x), uint64(x), 0, 8}
		err := c.Launch(&l)
		if assert.Error(t, err, "grid %v, block %v, %d bytes shared", l.Grid, l.Block, l.Shared) {
			assert.NotErrorIs(t, err, driver.ErrLost)
		}
	}
	require.NoError(t, c.Sync())
	assert.Equal(t, numbers(8), download(t, c, x, 8), "nothing was launched")
	works(t, c)
}

// graphs compares a graph of two dependent launches with the launches themselves.
func graphs(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	const n = 1000
	x := upload(t, c, numbers(n))
	middle := upload(t, c, make([]float32, n))
	plain, replayed := upload(t, c, make([]float32, n)), upload(t, c, make([]float32, n))
	scale, add := kernel(t, c, "scale"), kernel(t, c, "add")
	step := func(to driver.Address) {
		args := []uint64{uint64(middle), uint64(x), uint64(math.Float32bits(0.1)), n}
		l := driver.Launch{Kernel: scale, Grid: [3]int{4, 1, 1}, Block: [3]int{256, 1, 1}, Args: args}
		require.NoError(t, c.Launch(&l))
		args[0], args[1], args[2] = uint64(to), uint64(middle), n
		l = driver.Launch{Kernel: add, Grid: [3]int{8, 1, 1}, Block: [3]int{128, 1, 1}, Args: args[:3]}
		require.NoError(t, c.Launch(&l))
		clear(args) // nothing is kept of a launch
		l = driver.Launch{}
	}
	require.NoError(t, c.Capture())
	step(replayed)
	g, err := c.EndCapture()
	require.NoError(t, err)
	assert.Equal(t, make([]float32, n), download(t, c, replayed, n), "a capture does nothing")

	for i := range 5 {
		step(plain)
		require.NoError(t, g.Launch())
		require.Equal(t, bits(download(t, c, plain, n)), bits(download(t, c, replayed, n)), "replay %d", i)
		require.NoError(t, c.Upload(x, encode(numbers(n + i)[i:]))) // a graph reads memory as it is
	}

	require.NoError(t, c.Capture())
	empty, err := c.EndCapture()
	require.NoError(t, err)
	require.NoError(t, empty.Launch())
	require.NoError(t, empty.Close())

	require.NoError(t, g.Launch())
	require.NoError(t, g.Close()) // while it may be running
	step(plain)
	assert.Equal(t, bits(download(t, c, plain, n)), bits(download(t, c, replayed, n)), "the replay that was closed")
	require.NoError(t, g.Close())
	assert.Error(t, g.Launch(), "a closed graph")
	works(t, c)
}

func failedCapture(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	scale := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	good := driver.Launch{Kernel: scale, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(x), uint64(x), 0, 8}}
	bad := good
	bad.Block[0] = 2048

	_, err := c.EndCapture()
	require.Error(t, err, "nothing is captured")
	for what, spoil := range map[string]func() error{
		"a bad launch":   func() error { return c.Launch(&bad) },
		"an allocation":  func() error { _, err := c.Alloc(100); return err },
		"a copy":         func() error { return c.Upload(x, pattern(32)) },
		"waiting":        func() error { return c.Sync() },
		"a capture more": func() error { return c.Capture() },
	} {
		require.NoError(t, c.Capture(), what)
		require.NoError(t, c.Launch(&good), what)
		require.Error(t, spoil(), what)
		_, err := c.EndCapture()
		require.Error(t, err, what)
		assert.NotErrorIs(t, err, driver.ErrLost, what)
		assert.Equal(t, numbers(8), download(t, c, x, 8), "%s: nothing was launched", what)
		works(t, c)
	}
	require.NoError(t, c.Capture())
	require.NoError(t, c.Launch(&good))
	g, err := c.EndCapture()
	require.NoError(t, err, "the next capture is a good one")
	require.NoError(t, g.Launch())
	assert.Equal(t, make([]float32, 8), abs(download(t, c, x, 8)))
	require.NoError(t, g.Close())
}

func events(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	start, err := c.Event()
	require.NoError(t, err)
	end, err := c.Event()
	require.NoError(t, err)
	for range 3 {
		began := time.Now()
		require.NoError(t, start.Record())
		works(t, c)
		require.NoError(t, end.Record())
		took, err := end.Since(start)
		require.NoError(t, err)
		assert.Positive(t, took)
		// The device's clock is not the host's, and good to half a microsecond.
		assert.LessOrEqual(t, took, time.Since(began)+time.Millisecond)
	}
	require.NoError(t, start.Close())
	require.NoError(t, start.Close())
	require.NoError(t, end.Close())
}

// goroutines takes turns at a context, from threads that have never seen it.
func goroutines(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	const n, workers, turns = 300, 8, 20
	one, sum := upload(t, c, ones(n)), upload(t, c, make([]float32, n))
	add := kernel(t, c, "add")
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range turns {
				mu.Lock()
				err := c.Launch(&driver.Launch{
					Kernel: add, Grid: [3]int{3, 1, 1}, Block: [3]int{128, 1, 1},
					Args: []uint64{uint64(sum), uint64(one), n},
				})
				if a, failed := c.Alloc(1000); assert.NoError(t, failed) {
					assert.NoError(t, c.Free(a))
				}
				mu.Unlock()
				if !assert.NoError(t, err) {
					return
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	for _, v := range download(t, c, sum, n) {
		require.Equal(t, float32(workers*turns), v)
	}

	// A capture that wanders between threads.
	inThread := func(work func() error) {
		failed := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			failed <- work()
		}()
		require.NoError(t, <-failed)
	}
	var g driver.Graph
	inThread(c.Capture)
	inThread(func() error {
		return c.Launch(&driver.Launch{
			Kernel: add, Grid: [3]int{3, 1, 1}, Block: [3]int{128, 1, 1},
			Args: []uint64{uint64(sum), uint64(one), n},
		})
	})
	inThread(func() (err error) { g, err = c.EndCapture(); return err })
	inThread(func() error { return g.Launch() })
	assert.Equal(t, float32(workers*turns+1), download(t, c, sum, n)[0])
}

// twoContexts are open at once; the one must not take the other's device away.
func twoContexts(t *testing.T, drv driver.Driver) {
	a, err := drv.Open(0)
	require.NoError(t, err)
	b := open(t, drv)
	works(t, a)
	works(t, b)
	x := upload(t, b, numbers(100))
	require.NoError(t, a.Close())
	assert.Equal(t, numbers(100), download(t, b, x, 100))
	works(t, b)
}

func closing(t *testing.T, drv driver.Driver) {
	c, err := drv.Open(0)
	require.NoError(t, err)
	k := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	l := driver.Launch{Kernel: k, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(x), uint64(x), 0, 8}}
	require.NoError(t, c.Capture())
	require.NoError(t, c.Launch(&l))
	g, err := c.EndCapture()
	require.NoError(t, err)
	e, err := c.Event()
	require.NoError(t, err)
	require.NoError(t, g.Launch())
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())

	assert.Error(t, c.Launch(&l))
	assert.Error(t, g.Launch())
	assert.Error(t, e.Record())
	assert.Error(t, c.Sync())
	assert.Error(t, c.Download(make([]byte, 8), x))
	_, err = c.Alloc(8)
	assert.Error(t, err)
	_, err = c.Load(Kernels)
	assert.Error(t, err)
	assert.NoError(t, g.Close())
	assert.NoError(t, e.Close())

	c, err = drv.Open(0) // in the middle of a capture
	require.NoError(t, err)
	require.NoError(t, c.Capture())
	require.NoError(t, c.Close())
	works(t, open(t, drv))
}

// leaks counts what a context holds, where it says so, and compares the free memory of the device before and
// after contexts that leave their memory to Close.
func leaks(t *testing.T, drv driver.Driver) {
	c := open(t, drv)
	if counted, ok := c.(interface{ Live() int }); ok {
		before := counted.Live()
		works(t, c)
		assert.Equal(t, before, counted.Live())
		upload(t, c, ones(3))
		assert.Equal(t, before+1, counted.Live())
	}
	before, _, err := c.Memory()
	require.NoError(t, err)
	for range 4 {
		other, err := drv.Open(0)
		require.NoError(t, err)
		works(t, other)
		_, err = other.Alloc(large)
		require.NoError(t, err)
		require.NoError(t, other.Close())
	}
	after, _, err := c.Memory()
	require.NoError(t, err)
	assert.Greater(t, after+large, before, "free memory")
}

// illegalAddress writes to memory that is none. The context is lost, and says so from then on.
func illegalAddress(t *testing.T, drv driver.Driver) {
	c, err := drv.Open(0)
	require.NoError(t, err)
	scale := kernel(t, c, "scale")
	x := upload(t, c, numbers(8))
	err = c.Launch(&driver.Launch{Kernel: scale, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{256, uint64(x), 0, 8}})
	if err == nil {
		err = c.Sync()
	}
	require.ErrorIs(t, err, driver.ErrLost)
	var e *driver.Error
	if assert.ErrorAs(t, err, &e) {
		assert.Equal(t, driver.IllegalAddress, e.Result)
	}
	assert.ErrorIs(t, c.Sync(), driver.ErrLost)
	assert.ErrorIs(t, c.Download(make([]byte, 8), x), driver.ErrLost)
	assert.ErrorIs(t, c.Launch(&driver.Launch{Kernel: scale, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(x), uint64(x), 0, 8}}), driver.ErrLost)
	_, err = c.Alloc(8)
	assert.ErrorIs(t, err, driver.ErrLost)
	assert.NoError(t, c.Close())
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

// pattern returns n bytes none of which is zero.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i%255 + 1)
	}
	return b
}
