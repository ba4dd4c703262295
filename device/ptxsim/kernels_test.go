package ptxsim_test

import (
	"math"
	"testing"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testGroupGemm has sums of whole numbers, which are exact.
func testGroupGemm(t *testing.T, o ptxsim.Options) {
	o.Major = 9
	ctx := open(t, o)
	m, n, k := 128, 256, 128
	kernels := load(t, ctx, text(t, "wgmma"))
	for _, name := range []string{"gemm_k", "gemm_mn"} {
		got, want, err := groupGemm(t, ctx, kernels(name), name, m, n, k)
		require.NoError(t, err)
		assert.Equal(t, want, got, name)
	}
}

// groupGemm runs a kernel of wgmma.cu on small integers.
func groupGemm(t testing.TB, ctx driver.Context, kernel driver.Kernel, name string, m, n, k int) (got, want []float32, err error) {
	a, b := whole(m*k), whole(k*n)
	rows, columns := turned(a, m, k), b // of k by m, and of k by n
	if name == "gemm_k" {
		rows, columns = a, turned(b, k, n)
	}
	pa, pb, pc := up(t, ctx, append(bfloat16s(rows), 0)), up(t, ctx, append(bfloat16s(columns), 0)), up(t, ctx, filled(m*n))
	err = ctx.Launch(&driver.Launch{
		Kernel: kernel, Grid: [3]int{n / 128, m / 64, 1}, Block: [3]int{128, 1, 1},
		Args: []uint64{pc, pa, pb, uint64(m), uint64(n), uint64(k)},
	})
	for _, v := range product(a, b, m, n, k) {
		want = append(want, float32(v))
	}
	return result(t, ctx, pc, m*n, err), want, err
}

// turned is a matrix of rows by columns, transposed.
func turned(x []float32, rows, columns int) []float32 {
	y := make([]float32, len(x))
	for i := range rows {
		for j := range columns {
			y[j*rows+i] = x[i*columns+j]
		}
	}
	return y
}

// bfloat16s are pairs of numbers that need no rounding.
func bfloat16s(x []float32) []uint32 {
	y := make([]uint32, len(x)/2)
	for i := range y {
		y[i] = math.Float32bits(x[2*i])>>16 | math.Float32bits(x[2*i+1])&^0xffff
	}
	return y
}

// settings are the ways in which kernels must give the same results.
var settings = map[string]ptxsim.Options{
	"as it is":    {},
	"one thread":  {Threads: 1},
	"shuffled":    {Seed: 7},
	"unwatched":   {NoRace: true},
	"global race": {GlobalRace: true},
}

func TestKernels(t *testing.T) {
	for name, o := range settings {
		t.Run(name, func(t *testing.T) {
			t.Run("leaky", func(t *testing.T) { testLeaky(t, o) })
			t.Run("tanh", func(t *testing.T) { testTanh(t, o) })
			t.Run("row sum", func(t *testing.T) { testRowSum(t, o) })
			t.Run("matmul", func(t *testing.T) { testMatmul(t, o) })
			t.Run("collatz", func(t *testing.T) { testCollatz(t, o) })
			t.Run("misc", func(t *testing.T) { testMisc(t, o) })
			t.Run("bytes", func(t *testing.T) { testBytes(t, o) })
			t.Run("pipeline", func(t *testing.T) { testPipeline(t, o) })
			t.Run("gemm", func(t *testing.T) { testGemm(t, o) })
			t.Run("gemm of a warpgroup", func(t *testing.T) { testGroupGemm(t, o) })
		})
	}
}

func testLeaky(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	kernel := load(t, ctx, text(t, "basic"))
	n := 10000 - 12
	x := normals(n, 1)
	px, py := up(t, ctx, x), up(t, ctx, make([]float32, n))
	want := make([]float32, n)
	for i, v := range x {
		if want[i] = v; v < 0 {
			want[i] = v * 0.2
		}
	}
	require.NoError(t, ctx.Launch(line(kernel("leaky"), 7, 256, py, px, f32(0.2), uint64(n))))
	assert.Equal(t, want, down[float32](t, ctx, py, n))
	require.NoError(t, ctx.Clear(driver.Address(py), 4*n))
	require.NoError(t, ctx.Launch(line(kernel("leaky4"), 10, 256, py, px, f32(0.2), uint64(n/4))))
	assert.Equal(t, want, down[float32](t, ctx, py, n))
}

func testTanh(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	n := 1000
	x := normals(n, 2)
	px, py := up(t, ctx, x), up(t, ctx, make([]float32, n))
	require.NoError(t, ctx.Launch(line(load(t, ctx, text(t, "basic"))("tanh_forward"), 4, 256, py, px, uint64(n))))
	want := make([]float64, n)
	for i, v := range x {
		want[i] = math.Tanh(float64(v))
	}
	near(t, down[float32](t, ctx, py, n), want, 1e-6)
}

func testRowSum(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	rows, n := 5, 777
	x := normals(rows*n, 3)
	px, py := up(t, ctx, x), up(t, ctx, make([]float32, rows))
	require.NoError(t, ctx.Launch(line(load(t, ctx, text(t, "basic"))("row_sum"), rows, 256, py, px, uint64(n))))
	want := make([]float64, rows)
	for i, v := range x {
		want[i/n] += float64(v)
	}
	near(t, down[float32](t, ctx, py, rows), want, 1e-5)
}

func testMatmul(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	m, n, k := 50, 35, 45
	a, b := normals(m*k, 4), normals(k*n, 5)
	pa, pb, pc := up(t, ctx, a), up(t, ctx, b), up(t, ctx, make([]float32, m*n))
	require.NoError(t, ctx.Launch(&driver.Launch{
		Kernel: load(t, ctx, text(t, "basic"))("matmul"), Grid: [3]int{(n + 15) / 16, (m + 15) / 16, 1}, Block: [3]int{16, 16, 1}, Shared: 2048,
		Args: []uint64{pc, pa, pb, uint64(m), uint64(n), uint64(k)},
	}))
	near(t, down[float32](t, ctx, pc, m*n), product(a, b, m, n, k), 1e-6)
}

func testCollatz(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	n := 1000
	in, want := make([]uint32, n), make([]uint32, n)
	for i := range in {
		in[i] = uint32(i + 1)
		want[i] = collatz(in[i])
	}
	for i := 0; i < n; i += 32 {
		many := false
		for _, s := range want[i:min(i+32, n)] {
			many = many || s%1000 > 100
		}
		for k := i; many && k < min(i+32, n); k++ {
			want[k] += 1000
		}
	}
	px, py := up(t, ctx, in), up(t, ctx, make([]uint32, n))
	require.NoError(t, ctx.Launch(line(load(t, ctx, text(t, "basic"))("collatz"), 8, 128, py, px, uint64(n))))
	assert.Equal(t, want, down[uint32](t, ctx, py, n))
}

func collatz(v uint32) (s uint32) {
	for v != 1 {
		if v&1 == 1 {
			v = 3*v + 1
			if s > 200 {
				break
			}
		} else {
			v >>= 1
		}
		if v%7 == 3 {
			s += 2
			continue
		}
		s++
	}
	return s
}

func testMisc(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	n := 256
	in := []float32{0.5, 1.5, -2, 3.25, 0.75, 6, -7, 8}
	index := make([]int32, n)
	want := make([]float32, n)
	for i := range index {
		index[i] = int32(i*5) % 11
		x := index[i]
		r := in[x&7] * float32(x&7)
		switch x {
		case 0:
			r++
		case 1:
			r *= 3
		case 2:
			r -= in[3]
		case 3:
			r /= in[4]
		case 4:
			r = float32(0.1 * float64(r))
		case 5:
			r = float32(int32(r))
		case 6:
			r = max(r, 2)
		default:
			r = -r
		}
		q := uint64(x) * 12345678912345 / 77
		rotated := uint32(x)<<5 | uint32(x)>>27
		r += float32(q & 255)
		r += 9
		want[i] = r + float32(rotated)
	}
	px, pi, py := up(t, ctx, in), up(t, ctx, index), up(t, ctx, make([]float32, n))
	require.NoError(t, ctx.Launch(line(load(t, ctx, text(t, "basic"))("misc"), 1, n, py, px, pi, 77, math.Float64bits(0.1), 9)))
	assert.Equal(t, want, down[float32](t, ctx, py, n))
}

func testBytes(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	n := 301
	x, want := make([]byte, n), make([]float64, n)
	for i := range x {
		x[i] = byte(i * 3)
		want[i] = float64(x[i])*2/255 - 1
	}
	px, py := up(t, ctx, x), up(t, ctx, make([]float32, n))
	require.NoError(t, ctx.Launch(line(load(t, ctx, text(t, "basic"))("scale_bytes"), 2, 256, py, px, uint64(n))))
	near(t, down[float32](t, ctx, py, n), want, 1e-6)
}

func testPipeline(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	n := 512*9 - 20
	x := normals(n, 6)
	px, py := up(t, ctx, x), up(t, ctx, make([]float32, n))
	require.NoError(t, ctx.Launch(line(load(t, ctx, text(t, "tensor"))("pipeline"), 3, 128, py, px, uint64(n))))
	want := make([]float32, n)
	for i := range want {
		want[i] = x[i]
		if other := i/512*512 + 511 - i%512; other < n {
			want[i] += x[other]
		}
	}
	assert.Equal(t, want, down[float32](t, ctx, py, n))
}

func testGemm(t *testing.T, o ptxsim.Options) {
	ctx := open(t, o)
	m, n, k := 64, 128, 48
	a, b := normals(m*k, 7), normals(k*n, 8)
	pa, pb, pc := up(t, ctx, a), up(t, ctx, b), up(t, ctx, make([]float32, m*n))
	require.NoError(t, ctx.Launch(&driver.Launch{
		Kernel: load(t, ctx, text(t, "tensor"))("gemm_tf32"), Grid: [3]int{n / 64, m / 64, 1}, Block: [3]int{128, 1, 1},
		Args: []uint64{pc, pa, pb, uint64(m), uint64(n), uint64(k)},
	}))
	near(t, down[float32](t, ctx, pc, m*n), product(a, b, m, n, k), 1e-3)
}
