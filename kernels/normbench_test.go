package kernels_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

// normPass is a pass of a normalisation with all its arguments.
type normPass struct {
	name    string
	bytes   int // that an element must move at least
	run     func() error
	results []*device.Tensor
}

// newNormPasses are all passes on tensors of one shape, with params numbers of γ and β, 0 for the channels.
func newNormPasses(t testing.TB, dev device.Device, shape device.Shape, params int, n kernels.Norm) []normPass {
	like := func(scale float64) *device.Tensor { return tensorOn(t, dev, shape, wave(1<<12, scale)...) }
	sets, _ := n.Sets(shape)
	stat := func() *device.Tensor { return tensorOn(t, dev, device.Shape{sets}) }
	if params == 0 {
		params = shape.Last()
	}
	channel := func(scale float64) *device.Tensor {
		return tensorOn(t, dev, device.Shape{params}, wave(params, scale)...)
	}
	u, v, dot, out, variance, gamma, beta := like(0.1), like(0.2), like(0.3), like(0), stat(), channel(1), channel(0.5)
	grads := kernels.NormGrads{Gamma: channel(0), Beta: channel(0), Hi: shape[0]}
	at := kernels.NormAt{X: like(1), Y: like(0), Mean: stat(), R: stat(), MeanDot: stat(), Corr: stat(), Gamma: gamma}
	passes := []normPass{
		{"forward", 8, func() error {
			return kernels.NormForward(at.Y, at.Mean, variance, at.R, at.X, gamma, beta, 1e-5, n)
		}, []*device.Tensor{at.Y, at.Mean, variance, at.R}},
		{"backward", 16, func() error { return kernels.NormBackward(out, grads, u, at, n) }, []*device.Tensor{out, grads.Gamma, grads.Beta}},
		{"tangent", 16, func() error { return kernels.NormTangent(out, dot, at, n) }, []*device.Tensor{out, at.MeanDot, at.Corr}},
		{"second", 24, func() error { return kernels.NormSecond(out, grads, u, v, dot, at, n) }, []*device.Tensor{out, grads.Gamma, grads.Beta}},
		{"parameters", 12, func() error { return kernels.NormBackward(nil, grads, u, at, n) }, []*device.Tensor{grads.Gamma, grads.Beta}},
	}
	if n.Kind == kernels.NormBatch { // x must come twice, and what the sums take with it
		for i, bytes := range []int{12, 28, 24, 44, 12} {
			passes[i].bytes = bytes
		}
	}
	return passes
}

// TestNormsDoNotDependOnWorkers runs all passes of all kinds on one worker and on three.
func TestNormsDoNotDependOnWorkers(t *testing.T) {
	for _, e := range device.Engines() {
		for _, test := range normCasesOfAllKinds {
			test.norm.Leaky, test.norm.Slope = true, 0.2
			t.Run(fmt.Sprintf("%v/%s", e, test.name), func(t *testing.T) {
				var results [2][]float64
				for i, threads := range []int{1, 3} {
					dev, err := device.NewCPUEngine(threads, e)
					require.NoError(t, err)
					defer dev.Close()
					for _, p := range newNormPasses(t, dev, test.shape, test.params, test.norm) {
						require.NoError(t, p.run())
						for _, x := range p.results {
							results[i] = append(results[i], valuesOf(x)...)
						}
					}
				}
				require.Equal(t, results[0], results[1])
			})
		}
	}
}

// BenchmarkNorm times the passes on the shapes of the CatFaces networks, critic and generator, with 64
// features and with 8. GB/s are those of the fastest run.
func BenchmarkNorm(b *testing.B) {
	instance, batch := kernels.Norm{Kind: kernels.NormInstance, Leaky: true, Slope: 0.2}, kernels.Norm{Kind: kernels.NormBatch, Leaky: true}
	for _, c := range []struct {
		name  string
		shape device.Shape
		norm  kernels.Norm
	}{
		{"instance", device.Shape{96, 16, 16, 128}, instance},
		{"instance", device.Shape{96, 8, 8, 256}, instance},
		{"instance", device.Shape{96, 4, 4, 512}, instance},
		{"instance", device.Shape{96, 16, 16, 16}, instance},
		{"instance", device.Shape{96, 8, 8, 32}, instance},
		{"instance", device.Shape{96, 4, 4, 64}, instance},
		{"batch", device.Shape{32, 32, 32, 128}, batch},
		{"batch", device.Shape{32, 16, 16, 256}, batch},
		{"batch", device.Shape{32, 8, 8, 512}, batch},
		{"batch", device.Shape{32, 4, 4, 1024}, batch},
		{"batch", device.Shape{32, 32, 32, 16}, batch},
		{"batch", device.Shape{32, 4, 4, 128}, batch},
		{"layer", device.Shape{96, 16, 16, 128}, kernels.Norm{Kind: kernels.NormLayer}},
	} {
		dev := device.NewCPU(0)
		for _, p := range newNormPasses(b, dev, c.shape, 0, c.norm) {
			b.Run(fmt.Sprintf("%s/%v/%s", c.name, c.shape, p.name), func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					if err := p.run(); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(p.bytes*c.shape.Len())/best.Seconds()/1e9, "GB/s")
				b.ReportMetric(float64(best.Microseconds()), "µs")
				b.ReportMetric(0, "ns/op")
			})
		}
		dev.Close()
	}
}
