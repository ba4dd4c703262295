package ptxsim_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// open opens an emulated device that the test closes.
func open(t testing.TB, o ptxsim.Options) *ptxsim.Context {
	t.Helper()
	ctx, err := ptxsim.New(o).Open(0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, ctx.Close()) })
	return ctx.(*ptxsim.Context)
}

// text reads a module of testdata.
func text(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".ptx")
	require.NoError(t, err)
	return string(b)
}

// load loads a module and returns its kernels.
func load(t testing.TB, ctx driver.Context, ptx string) func(name string) driver.Kernel {
	t.Helper()
	m, err := ctx.Load(ptx)
	require.NoError(t, err)
	return func(name string) driver.Kernel {
		t.Helper()
		k, err := m.Kernel(name)
		require.NoError(t, err)
		return k
	}
}

// up allocates memory with numbers in it.
func up[T float32 | uint32 | int32 | byte](t testing.TB, ctx driver.Context, x []T) uint64 {
	t.Helper()
	b, err := binary.Append(nil, binary.LittleEndian, x)
	require.NoError(t, err)
	a, err := ctx.Alloc(len(b))
	require.NoError(t, err)
	require.NoError(t, ctx.Upload(a, b))
	return uint64(a)
}

// down copies n numbers from the device.
func down[T float32 | uint32](t testing.TB, ctx driver.Context, a uint64, n int) []T {
	t.Helper()
	b := make([]byte, 4*n)
	require.NoError(t, ctx.Download(b, driver.Address(a)))
	x := make([]T, n)
	_, err := binary.Decode(b, binary.LittleEndian, x)
	require.NoError(t, err)
	return x
}

// normals are the same random numbers in every run.
func normals(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// f32 is a float32 as an argument of a launch.
func f32(x float32) uint64 { return uint64(math.Float32bits(x)) }

// line is a launch of a kernel with one-dimensional grid and block.
func line(k driver.Kernel, blocks, threads int, args ...uint64) *driver.Launch {
	return &driver.Launch{Kernel: k, Grid: [3]int{blocks, 1, 1}, Block: [3]int{threads, 1, 1}, Args: args}
}

// product is a b in float64.
func product(a, b []float32, m, n, k int) []float64 {
	c := make([]float64, m*n)
	for i := range m {
		for l := range k {
			for j := range n {
				c[i*n+j] += float64(a[i*k+l]) * float64(b[l*n+j])
			}
		}
	}
	return c
}

// near compares in the root mean square, relative to want.
func near(t testing.TB, got []float32, want []float64, tolerance float64) {
	t.Helper()
	require.Len(t, got, len(want))
	var off, size float64
	for i := range got {
		off += (float64(got[i]) - want[i]) * (float64(got[i]) - want[i])
		size += want[i] * want[i]
	}
	assert.LessOrEqual(t, math.Sqrt(off/size), tolerance)
}

// refused asserts that err is a driver error of a code, and returns its detail.
func refused(t testing.TB, err error, code driver.Result) string {
	t.Helper()
	var e *driver.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, code, e.Result, "%v", err)
	return e.Detail
}
