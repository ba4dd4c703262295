package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

// stepCase is an element of stepCases.
type stepCase = struct {
	name  string
	build func(t testing.TB, dev device.Device) step
}

func init() { stepCases = append(stepCases, layerCases()...) }

// layerCases are the operations of layers, long enough for several workers, so that what is tested of
// every operation is tested of them: workers, precisions, inputs, allocations, counts.
func layerCases() []stepCase {
	image := device.Shape{5, 17, 13, 19}
	like := func(t testing.TB, dev device.Device, scale float64) *device.Tensor {
		return tensorOn(t, dev, image, wave(image.Len(), scale)...)
	}
	cases := []stepCase{
		{"gemm", func(t testing.TB, dev device.Device) step {
			c, a, b := tensorOn(t, dev, device.Shape{130, 201}), tensorOn(t, dev, device.Shape{33, 130}, wave(4290, 0.3)...), tensorOn(t, dev, device.Shape{201, 33}, wave(6000, 0.3)...)
			return step{func() error { return kernels.Gemm(c, a, b, kernels.Transp, kernels.Transp, false) }, []*device.Tensor{c}, []*device.Tensor{a, b}}
		}},
		{"add bias", func(t testing.TB, dev device.Device) step {
			y, b := like(t, dev, 1), tensorOn(t, dev, device.Shape{19}, wave(19, 1)...)
			return step{func() error { return kernels.AddBias(y, b) }, []*device.Tensor{y}, []*device.Tensor{b}}
		}},
		{"add bias leakyrelu", func(t testing.TB, dev device.Device) step {
			y, b := like(t, dev, 1), tensorOn(t, dev, device.Shape{19}, wave(19, 1)...)
			return step{func() error { return kernels.AddBiasLeakyReLU(y, b, 0.2) }, []*device.Tensor{y}, []*device.Tensor{b}}
		}},
		{"bias grad", func(t testing.TB, dev device.Device) step {
			db, dy := tensorOn(t, dev, device.Shape{19}, wave(19, 1)...), like(t, dev, 0.01)
			return step{func() error { return kernels.BiasGrad(db, dy) }, []*device.Tensor{db}, []*device.Tensor{dy}}
		}},
		{"to planar", func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, device.Shape{5, 17 * 13 * 19}), like(t, dev, 1)
			return step{func() error { return kernels.ToPlanar(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}},
		{"from planar", func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, image), tensorOn(t, dev, device.Shape{5, 17 * 13 * 19}, wave(20000, 1)...)
			return step{func() error { return kernels.FromPlanar(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}},
		{"leakyrelu", func(t testing.TB, dev device.Device) step {
			y, x := like(t, dev, 0), like(t, dev, 1)
			return step{func() error { return kernels.LeakyReLU(y, x, 0.2) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}},
		{"leakyrelu mask", func(t testing.TB, dev device.Device) step {
			dst, x, v := like(t, dev, 0), like(t, dev, 1), like(t, dev, 0.5)
			return step{func() error { return kernels.LeakyReLUMask(dst, x, v, 0.2) }, []*device.Tensor{dst}, []*device.Tensor{x, v}}
		}},
	}
	for _, c := range []struct {
		name   string
		value  func(y, x *device.Tensor) error
		slope  func(dst, y, v *device.Tensor) error
		second func(xbar, y, ybar, xdot, delta *device.Tensor) error
	}{
		{"tanh", kernels.Tanh, kernels.TanhSlope, kernels.TanhSecond},
		{"sigmoid", kernels.Sigmoid, kernels.SigmoidSlope, kernels.SigmoidSecond},
	} {
		cases = append(cases, stepCase{c.name, func(t testing.TB, dev device.Device) step {
			y, x := like(t, dev, 0), like(t, dev, 3)
			return step{func() error { return c.value(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}}, stepCase{c.name + " slope", func(t testing.TB, dev device.Device) step {
			dst, y, v := like(t, dev, 0), like(t, dev, 1), like(t, dev, 0.5)
			return step{func() error { return c.slope(dst, y, v) }, []*device.Tensor{dst}, []*device.Tensor{y, v}}
		}}, stepCase{c.name + " second", func(t testing.TB, dev device.Device) step {
			xbar, y, ybar, xdot, delta := like(t, dev, 0), like(t, dev, 1), like(t, dev, 0.5), like(t, dev, 0.4), like(t, dev, 0.3)
			return step{func() error { return c.second(xbar, y, ybar, xdot, delta) }, []*device.Tensor{xbar}, []*device.Tensor{y, ybar, xdot, delta}}
		}})
	}
	return append(append(cases, convCases()...), normCases(device.Shape{4, 7, 5, 35})...)
}

// convCases are the three passes of a convolution.
func convCases() []stepCase {
	g := kernels.Window{KernelH: 4, KernelW: 3, StrideH: 2, StrideW: 1, Top: 1, Bottom: 2, Left: 0, Right: 1}
	oh, ow := g.Out(15, 14)
	build := func(t testing.TB, dev device.Device) (x, y, w *device.Tensor) {
		return tensorOn(t, dev, device.Shape{3, 15, 14, 5}, wave(3150, 0.3)...), tensorOn(t, dev, device.Shape{3, oh, ow, 20}, wave(3000, 0.1)...), tensorOn(t, dev, device.Shape{20, 4, 3, 5}, wave(1200, 0.3)...)
	}
	return []stepCase{
		{"conv2d", func(t testing.TB, dev device.Device) step {
			x, y, w := build(t, dev)
			return step{func() error { return kernels.Conv2D(y, x, w, g) }, []*device.Tensor{y}, []*device.Tensor{x, w}}
		}},
		{"conv2d input", func(t testing.TB, dev device.Device) step {
			x, y, w := build(t, dev)
			return step{func() error { return kernels.Conv2DInput(x, y, w, g) }, []*device.Tensor{x}, []*device.Tensor{y, w}}
		}},
		{"conv2d weight", func(t testing.TB, dev device.Device) step {
			x, y, w := build(t, dev)
			return step{func() error { return kernels.Conv2DWeight(w, x, y, g) }, []*device.Tensor{w}, []*device.Tensor{x, y}}
		}},
	}
}

// normCases are the passes of an instance norm with a leaky ReLU.
func normCases(image device.Shape) []stepCase {
	n := kernels.Norm{Kind: kernels.NormInstance, Leaky: true, Slope: 0.2}
	sets, _ := n.Sets(image)
	type tensors struct {
		u, v, dot, out, variance *device.Tensor
		gamma, beta              *device.Tensor
		grads                    kernels.NormGrads
		at                       kernels.NormAt
		point                    []*device.Tensor // of at, as far as they are inputs of all passes
	}
	build := func(t testing.TB, dev device.Device) (k tensors) {
		like := func(dev device.Device, scale float64) *device.Tensor {
			return tensorOn(t, dev, image, wave(image.Len(), scale)...)
		}
		stat := func(dev device.Device) *device.Tensor { return tensorOn(t, dev, device.Shape{sets}) }
		channel := func(scale float64) *device.Tensor {
			return tensorOn(t, dev, device.Shape{image.Last()}, wave(image.Last(), scale)...)
		}
		k = tensors{u: like(dev, 0.02), v: like(dev, 0.03), dot: like(dev, 0.4), out: like(dev, 0), variance: stat(dev), gamma: channel(1), beta: channel(0.5)}
		k.grads = kernels.NormGrads{Gamma: channel(0.1), Beta: channel(0.2), Lo: 1, Hi: image[0]}

		// The passes belong together: statistics are those that the passes before leave.
		oracle := device.NewCPU64(1)
		at := kernels.NormAt{X: like(oracle, 0.5), Mean: stat(oracle), R: stat(oracle), MeanDot: stat(oracle), Corr: stat(oracle), Y: like(oracle, 0)}
		require.NoError(t, kernels.NormForward(at.Y, at.Mean, stat(oracle), at.R, at.X, nil, nil, 0.1, n))
		require.NoError(t, kernels.NormTangent(like(oracle, 0), like(oracle, 0.4), at, n))
		same := func(x *device.Tensor) *device.Tensor { return tensorOn(t, dev, x.Shape(), valuesOf(x)...) }
		k.at = kernels.NormAt{X: same(at.X), Y: same(at.Y), Mean: same(at.Mean), R: same(at.R), Gamma: k.gamma, MeanDot: same(at.MeanDot), Corr: same(at.Corr)}
		k.point = []*device.Tensor{k.at.X, k.at.Y, k.at.Mean, k.at.R, k.gamma}
		return k
	}
	both := func(a, b []*device.Tensor) []*device.Tensor { return append(append([]*device.Tensor(nil), a...), b...) }
	return []stepCase{
		{"norm forward", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error {
				return kernels.NormForward(k.out, k.at.Mean, k.variance, k.at.R, k.at.X, k.gamma, k.beta, 0.1, n)
			}, []*device.Tensor{k.out, k.at.Mean, k.variance, k.at.R}, []*device.Tensor{k.at.X, k.gamma, k.beta}}
		}},
		{"norm apply", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormApply(k.out, k.at.X, k.at.Mean, k.at.R, k.gamma, k.beta, n) }, []*device.Tensor{k.out}, []*device.Tensor{k.at.X, k.at.Mean, k.at.R, k.gamma, k.beta}}
		}},
		{"norm backward", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormBackward(k.out, k.grads, k.u, k.at, n) }, []*device.Tensor{k.out, k.grads.Gamma, k.grads.Beta}, both(k.point, []*device.Tensor{k.u})}
		}},
		{"norm parameter gradient", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormBackward(nil, k.grads, k.u, k.at, n) }, []*device.Tensor{k.grads.Gamma, k.grads.Beta}, both(k.point, []*device.Tensor{k.u})}
		}},
		{"norm tangent", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormTangent(k.out, k.dot, k.at, n) }, []*device.Tensor{k.out, k.at.MeanDot, k.at.Corr}, both(k.point, []*device.Tensor{k.dot})}
		}},
		{"norm second", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormSecond(k.out, k.grads, k.u, k.v, k.dot, k.at, n) }, []*device.Tensor{k.out, k.grads.Gamma, k.grads.Beta}, both(k.point, []*device.Tensor{k.u, k.v, k.dot, k.at.MeanDot, k.at.Corr})}
		}},
		{"norm tangent parameter gradient", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormSecond(nil, k.grads, nil, k.v, k.dot, k.at, n) }, []*device.Tensor{k.grads.Gamma, k.grads.Beta}, both(k.point, []*device.Tensor{k.v, k.dot, k.at.MeanDot, k.at.Corr})}
		}},
		{"norm running", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			run := kernels.NormRunning{Mean: k.at.MeanDot, Variance: k.at.Corr, Count: tensorOn(t, dev, device.Shape{1}, 4), Momentum: 0.1, Scale: 1.01}
			return step{func() error {
				return kernels.NormForwardRunning(k.out, k.at.Mean, k.variance, k.at.R, k.at.X, k.gamma, k.beta, 0.1, run, n)
			}, []*device.Tensor{k.out, run.Mean, run.Variance, run.Count}, []*device.Tensor{k.at.X, k.gamma, k.beta}}
		}},
		{"norm root", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			variance := tensorOn(t, dev, k.at.R.Shape(), 0.5, 2, 7)
			return step{func() error { return kernels.NormRoot(k.at.R, variance, 1e-5) }, []*device.Tensor{k.at.R}, []*device.Tensor{variance}}
		}},
	}
}
