package ptxsim_test

import (
	"testing"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/require"
)

// BenchmarkKernels runs kernels on one host thread. The unit is million instructions a second, counted
// once for every thread of the kernel that executes them.
func BenchmarkKernels(b *testing.B) {
	b.Run("watched", func(b *testing.B) { benchmarkKernels(b, ptxsim.Options{Threads: 1}) })
	b.Run("unwatched", func(b *testing.B) { benchmarkKernels(b, ptxsim.Options{Threads: 1, NoRace: true}) })
	b.Run("global race", func(b *testing.B) { benchmarkKernels(b, ptxsim.Options{GlobalRace: true}) })
}

func benchmarkKernels(b *testing.B, o ptxsim.Options) {
	ctx := open(b, o)
	basic, tensor := load(b, ctx, text(b, "basic")), load(b, ctx, text(b, "tensor"))
	n := 1 << 18
	x, y := up(b, ctx, normals(n, 1)), up(b, ctx, normals(n, 2))
	rows, columns, depth := 128, 192, 160
	product := func(k driver.Kernel, tile, shared int, block [3]int) *driver.Launch {
		args := []uint64{y, x, x + 1<<18, uint64(rows), uint64(columns), uint64(depth)}
		return &driver.Launch{Kernel: k, Grid: [3]int{columns / tile, rows / tile, 1}, Block: block, Shared: shared, Args: args}
	}
	for _, bench := range []struct {
		name   string
		launch *driver.Launch
	}{
		{"leaky", line(basic("leaky"), 64, 256, y, x, f32(0.2), uint64(n))},
		{"leaky4", line(basic("leaky4"), n/1024, 256, y, x, f32(0.2), uint64(n/4))},
		{"tanh", line(basic("tanh_forward"), n/256, 256, y, x, uint64(n))},
		{"row sum", line(basic("row_sum"), 64, 256, y, x, uint64(n/64))},
		{"matmul", product(basic("matmul"), 16, 2048, [3]int{16, 16, 1})},
		{"gemm tf32", product(tensor("gemm_tf32"), 64, 0, [3]int{128, 1, 1})},
	} {
		b.Run(bench.name, func(b *testing.B) {
			before, _ := ctx.Executed()
			for b.Loop() {
				require.NoError(b, ctx.Launch(bench.launch))
			}
			after, _ := ctx.Executed()
			b.ReportMetric(float64(after-before)/1e6/b.Elapsed().Seconds(), "Mlane/s")
		})
	}
}
