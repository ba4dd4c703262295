package kernels_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// normCasesOfGPUs are on both sides of how GPUs cut a tensor: by columns, and by rows where there are few
// columns and many rows.
var normCasesOfGPUs = slices.Concat(normCasesOfAllKinds, []normCase{
	{"batch of one number", device.Shape{1, 1, 1, 1}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch of one pixel", device.Shape{1, 1, 1, 3}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch of a channel, in slices", device.Shape{3, 41, 43, 1}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch of three channels, in slices", device.Shape{3, 27, 29, 3}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch of 64 channels, in slices", device.Shape{7, 9, 11, 64}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch in pieces", device.Shape{2, 5, 7, 128}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch in pieces, narrow", device.Shape{2, 33, 29, 8}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch in three pieces, in slices", device.Shape{3, 27, 29, 12}, kernels.Norm{Kind: kernels.NormBatch}, 0, false},
	{"batch in pieces, in slices, frozen", device.Shape{3, 31, 27, 16}, kernels.Norm{Kind: kernels.NormBatch, Frozen: true}, 0, false},
	{"instance in pieces", device.Shape{2, 9, 9, 72}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance in pieces, kept", device.Shape{3, 4, 4, 64}, kernels.Norm{Kind: kernels.NormInstance}, 0, true},
	{"instance in three pieces, in slices", device.Shape{2, 51, 51, 12}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance in pieces of two", device.Shape{41, 3, 3, 6}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance of a pixel", device.Shape{2, 1, 1, 3}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"instance, frozen", device.Shape{3, 5, 3, 18}, kernels.Norm{Kind: kernels.NormInstance, Frozen: true}, 0, false},
	{"instance of many columns", device.Shape{65, 3, 3, 97}, kernels.Norm{Kind: kernels.NormInstance}, 0, false},
	{"layer of a number", device.Shape{3, 1}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
	{"layer, frozen", device.Shape{3, 3, 5, 7}, kernels.Norm{Kind: kernels.NormLayer, Frozen: true}, 105, false},
	{"layer in slices", device.Shape{3, 31, 29, 5}, kernels.Norm{Kind: kernels.NormLayer}, 4495, false},
	{"layer in slices, per channel", device.Shape{3, 31, 29, 5}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
	{"layer of very many samples", device.Shape{300, 7}, kernels.Norm{Kind: kernels.NormLayer}, 0, false},
})

// TestNormPassesOnGPU compares all passes, one after the other on the GPU, with their formulas.
func TestNormPassesOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		p := precision{"cuda", dev, 1e-5}
		for _, test := range normCasesOfGPUs {
			if test.shape.Len() < 20000 { // more take their time on an emulated GPU
				t.Run(test.name, func(t *testing.T) { testNormPasses(t, p, test) })
			}
			test.norm.Leaky, test.norm.Slope = true, 0.3
			t.Run(test.name+", leaky", func(t *testing.T) { testNormPasses(t, p, test) })
		}
	})
}

// TestNormOnGPU compares each pass alone, on the same arguments. Sets of one number are left out: of their
// gradients there is nothing left but what rounding leaves.
func TestNormOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, c := range normCasesOfGPUs {
		if _, size := c.norm.Sets(c.shape); size == 1 {
			continue
		}
		c.norm.Leaky, c.norm.Slope = true, 0.2
		for _, s := range normPassesOf(c) {
			cases = append(cases, cudaCase{c.name + "/" + s.name, s.build})
		}
	}
	equivalent(t, cases)
}

// normPassesOf are the passes of a normalisation, with parameter gradients of all samples or of those after
// the first half.
func normPassesOf(c normCase) (cases []cudaCase) {
	first := 0
	if c.norm.Kind != kernels.NormBatch || c.norm.Frozen {
		first = c.shape[0] / 2
	}
	add := func(name string, run func(k *normOperands) error, results, inputs func(k *normOperands) []*device.Tensor) {
		cases = append(cases, cudaCase{name, func(t testing.TB, dev device.Device) step {
			k := newNormOperands(t, dev, c, first)
			return step{func() error { return run(k) }, results(k), inputs(k)}
		}})
	}
	gradients := func(k *normOperands) []*device.Tensor {
		if k.grads.Gamma == nil {
			return nil
		}
		return []*device.Tensor{k.grads.Gamma, k.grads.Beta}
	}
	result := func(k *normOperands) []*device.Tensor { return append(gradients(k), k.out) }
	inputs := func(k *normOperands) []*device.Tensor {
		return append([]*device.Tensor{k.ybar, k.delta, k.xdot, k.at.MeanDot, k.at.Corr}, k.point...)
	}
	add("forward", func(k *normOperands) error {
		return kernels.NormForward(k.out, k.at.Mean, k.variance, k.at.R, k.at.X, k.at.Gamma, k.beta, 0.1, c.norm)
	}, func(k *normOperands) []*device.Tensor {
		return []*device.Tensor{k.out, k.at.Mean, k.variance, k.at.R}
	}, func(k *normOperands) []*device.Tensor { return []*device.Tensor{k.at.X} })
	add("apply", func(k *normOperands) error {
		return kernels.NormApply(k.out, k.at.X, k.at.Mean, k.at.R, k.at.Gamma, k.beta, c.norm)
	}, func(k *normOperands) []*device.Tensor { return []*device.Tensor{k.out} }, inputs)
	add("backward", func(k *normOperands) error {
		return kernels.NormBackward(k.out, k.grads, k.ybar, k.at, c.norm)
	}, result, inputs)
	add("tangent", func(k *normOperands) error {
		return kernels.NormTangent(k.out, k.xdot, k.at, c.norm)
	}, func(k *normOperands) []*device.Tensor {
		return []*device.Tensor{k.out, k.at.MeanDot, k.at.Corr}
	}, func(k *normOperands) []*device.Tensor { return append([]*device.Tensor{k.xdot}, k.point...) })
	add("second", func(k *normOperands) error {
		return kernels.NormSecond(k.out, k.grads, k.ybar, k.delta, k.xdot, k.at, c.norm)
	}, result, inputs)
	add("second of the tangent", func(k *normOperands) error {
		return kernels.NormSecond(k.out, k.grads, nil, k.delta, k.xdot, k.at, c.norm)
	}, result, inputs)
	if c.plain {
		return cases
	}
	add("parameters", func(k *normOperands) error {
		return kernels.NormBackward(nil, k.grads, k.ybar, k.at, c.norm)
	}, gradients, inputs)
	add("parameters, second", func(k *normOperands) error {
		return kernels.NormSecond(nil, k.grads, k.ybar, k.delta, k.xdot, k.at, c.norm)
	}, gradients, inputs)
	return cases
}

// normOperands are the arguments of passes.
type normOperands struct {
	ybar, delta, xdot, out, variance, beta *device.Tensor
	grads                                  kernels.NormGrads
	at                                     kernels.NormAt
	point                                  []*device.Tensor // of at, as far as they are inputs of all passes
}

func newNormOperands(t testing.TB, dev device.Device, c normCase, first int) *normOperands {
	sets, _ := c.norm.Sets(c.shape)
	params := device.Shape{max(c.params, c.shape.Last())}
	like := func(dev device.Device, seed int, scale float64) *device.Tensor {
		return tensorOn(t, dev, c.shape, wave(c.shape.Len()+seed, scale)[seed:]...)
	}
	stat := func(dev device.Device) *device.Tensor { return tensorOn(t, dev, device.Shape{sets}) }
	param := func(seed int) *device.Tensor {
		return tensorOn(t, dev, params, wave(params.Len()+seed, 1)[seed:]...)
	}

	// The passes belong together: statistics are those that the passes before leave.
	oracle := device.NewCPU64(1)
	at := kernels.NormAt{X: like(oracle, 0, 0.5), Mean: stat(oracle), R: stat(oracle), MeanDot: stat(oracle), Corr: stat(oracle), Y: like(oracle, 0, 0)}
	require.NoError(t, kernels.NormForward(at.Y, at.Mean, stat(oracle), at.R, at.X, nil, nil, 0.1, c.norm))
	require.NoError(t, kernels.NormTangent(like(oracle, 0, 0), like(oracle, 4, 0.4), at, c.norm))
	same := func(x *device.Tensor) *device.Tensor { return tensorOn(t, dev, x.Shape(), valuesOf(x)...) }

	k := &normOperands{ybar: like(dev, 2, 0.2), delta: like(dev, 3, 0.3), xdot: like(dev, 4, 0.4), out: like(dev, 5, 1), variance: stat(dev)}
	k.at = kernels.NormAt{X: same(at.X), Y: same(at.Y), Mean: same(at.Mean), R: same(at.R), MeanDot: same(at.MeanDot), Corr: same(at.Corr)}
	k.point = []*device.Tensor{k.at.X, k.at.Y, k.at.Mean, k.at.R}
	if !c.plain {
		k.at.Gamma, k.beta = param(6), param(7)
		k.grads = kernels.NormGrads{Gamma: param(8), Beta: param(9), Lo: first, Hi: c.shape[0]}
		k.point = append(k.point, k.at.Gamma)
	}
	return k
}

// TestNormStatisticsOnGPU compares what becomes of running statistics, in one launch and in slices, and roots.
func TestNormStatisticsOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range []device.Shape{{2, 1}, {5, 33}, {3, 5, 7, 3}, {7, 9, 11, 64}, {2, 3, 3, 1024}} {
		c := shape.Last()
		positive := func(seed int) []float64 {
			v := wave(c+seed, 2)[seed:]
			for i := range v {
				v[i] = math.Abs(v[i])
			}
			return v
		}
		stat := func(t testing.TB, dev device.Device, values ...float64) *device.Tensor {
			return tensorOn(t, dev, device.Shape{c}, values...)
		}
		cases = append(cases, cudaCase{fmt.Sprint("running ", shape), func(t testing.TB, dev device.Device) step {
			x, y := tensorOn(t, dev, shape, wave(shape.Len(), 2)...), tensorOn(t, dev, shape)
			run := kernels.NormRunning{Mean: stat(t, dev, wave(c, 1)...), Variance: stat(t, dev, positive(1)...), Count: tensorOn(t, dev, device.Shape{1}, 41), Momentum: 0.1, Scale: 1.01}
			mean, variance, r := stat(t, dev), stat(t, dev), stat(t, dev)
			return step{func() error {
				return kernels.NormForwardRunning(y, mean, variance, r, x, nil, nil, 1e-5, run, kernels.Norm{Kind: kernels.NormBatch})
			}, []*device.Tensor{y, mean, variance, r, run.Mean, run.Variance, run.Count}, []*device.Tensor{x}}
		}}, cudaCase{fmt.Sprint("root ", shape), func(t testing.TB, dev device.Device) step {
			r, v := stat(t, dev), stat(t, dev, positive(4)...)
			return step{func() error { return kernels.NormRoot(r, v, 1e-5) }, []*device.Tensor{r}, []*device.Tensor{v}}
		}})
	}
	equivalent(t, cases)
}

// TestNormFarFromZeroOnGPU normalises numbers around 1000 that differ by 1, one of them much further away:
// the one walk over them must lose nothing to the CPU's two.
func TestNormFarFromZeroOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, c := range normCasesOfGPUs {
		sets, size := c.norm.Sets(c.shape)
		if size == 1 {
			continue
		}
		values := wave(c.shape.Len(), 1)
		for i := range values {
			values[i] = float64(float32(1000 + values[i])) // the same on all devices
		}
		for _, outlier := range []float64{values[0], -30000} {
			cases = append(cases, cudaCase{fmt.Sprintf("%s/%g", c.name, outlier), func(t testing.TB, dev device.Device) step {
				values := slices.Clone(values)
				values[0] = outlier
				stat := func() *device.Tensor { return tensorOn(t, dev, device.Shape{sets}) }
				x, y, mean, variance, r := tensorOn(t, dev, c.shape, values...), tensorOn(t, dev, c.shape), stat(), stat(), stat()
				return step{func() error { return kernels.NormForward(y, mean, variance, r, x, nil, nil, 1e-5, c.norm) }, []*device.Tensor{y, mean, variance, r}, []*device.Tensor{x}}
			}})
		}
	}
	equivalent(t, cases)
}

// TestNormOfEqualNumbersOnGPU wants zeros, not NaN.
func TestNormOfEqualNumbersOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) { testNormOfEqualNumbers(t, dev) })
}

// TestNormAtOddAddressOnGPU has tensors that cannot be read in pieces, with as many columns as others that can.
func TestNormAtOddAddressOnGPU(t *testing.T) {
	shape := device.Shape{2, 3, 3, 8}
	like := func(t testing.TB, dev device.Device, scale float64) *device.Tensor {
		return tensorOn(t, dev, device.Shape{shape.Len() + 1}, wave(shape.Len()+1, scale)...).Slice(1, shape)
	}
	equivalent(t, []cudaCase{{"forward", func(t testing.TB, dev device.Device) step {
		stat := func() *device.Tensor { return tensorOn(t, dev, device.Shape{16}) }
		x, y, mean, variance, r := like(t, dev, 1), like(t, dev, 0), stat(), stat(), stat()
		return step{func() error {
			return kernels.NormForward(y, mean, variance, r, x, nil, nil, 1e-5, kernels.Norm{Kind: kernels.NormInstance})
		}, []*device.Tensor{y, mean, variance, r}, []*device.Tensor{x}}
	}}})
}

// TestNormKeepsNaNOnGPU wants a NaN or an infinity to spoil its own set, and no other.
func TestNormKeepsNaNOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			values := wave(2*3*5, 1)
			values[9] = bad
			shape, stat := device.Shape{2, 3, 5}, func() *device.Tensor { return tensorOn(t, dev, device.Shape{10}) }
			x, y, variance := tensorOn(t, dev, shape, values...), tensorOn(t, dev, shape), stat()
			require.NoError(t, kernels.NormForward(y, stat(), variance, stat(), x, nil, nil, 1e-5, kernels.Norm{Kind: kernels.NormInstance}))
			for s, v := range valuesOf(variance) {
				assert.Equal(t, s == 4, math.IsNaN(v), "variance %d of %g", s, bad)
			}
		}
	})
}

// TestNormIsTheSameTwiceOnGPU repeats a pass in slices bit for bit.
func TestNormIsTheSameTwiceOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, c := range normCasesOfGPUs {
			for _, pass := range normPassesOf(c) {
				if c.name == "batch in three pieces, in slices" || c.name == "instance in pieces" || c.name == "layer in slices" {
					assert.Equal(t, resultsOf(t, dev, pass), resultsOf(t, dev, pass), "%s/%s", c.name, pass.name)
				}
			}
		}
	})
}
