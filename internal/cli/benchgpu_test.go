package cli

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/bench"
	"ganlib/kernels"
)

func TestWriteRoofline(t *testing.T) {
	load := bench.Load{Bytes: 3e6, Flops: 2e9, GBs: 1500, TFLOPS: 100, Bound: "tf32", Share: 0.25}
	r := &bench.Report{PerIteration: 10, Roofline: &bench.Roofline{
		Peaks:    kernels.Peaks{Memory: 2800, Float32: 60.5, TF32: 300, BFloat16: 600, Launch: 1.5, Events: 2.25},
		Launches: 7, Rest: -0.5,
		Kernels:  []bench.Kernel{{Name: "gemm_a", Calls: 4, Milliseconds: 2, Load: load}, {Name: "unknown", Calls: 3, Milliseconds: 8.5}},
		Products: make([]bench.Product, mostProducts+2),
	}}
	r.Products[0] = bench.Product{Kernel: "gemm_a", Count: 4, M: 512, N: 64, K: 128, Calls: 4, Milliseconds: 2, Load: load}
	var out bytes.Buffer
	require.NoError(t, writeRoofline(&out, r))
	for _, want := range []string{
		`(?m)^gemm_a +4 +2.0000 +20.0 % +3 +2 +1500 +100.0 +0.25 tf32$`,
		`(?m)^unknown +3 +8.5000 +85.0 % *$`, `(?m)^rest +-0.5000 +-5.0 %`, `(?m)^iteration +7 +10.0000$`,
		`takes 1.50 µs at the least, and not the 2.25 µs of the events`,
		`(?m)^gemm_a +4 +4 +512 +64 +128 +500.0 +2.0000 +1500 +100.0 +0.25 tf32$`, `(?m)^2 more$`,
	} {
		assert.Regexp(t, want, out.String())
	}
	assert.Equal(t, "2800 GB/s of copies, 60.5 TFLOP/s in float32, 300 in tf32, 600 in bf16", gpuPeaks(r.Peaks))
	assert.Equal(t, "100 GB/s of copies, 1.0 TFLOP/s in float32", gpuPeaks(kernels.Peaks{Memory: 100, Float32: 1}))
}
