package kernels_test

import (
	"testing"

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
		{"increment", func(t testing.TB, dev device.Device) step {
			x := tensorOn(t, dev, device.Shape{1}, 4)
			return step{func() error { return kernels.Increment(x) }, []*device.Tensor{x}, nil}
		}},
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

// normCases are the passes of instance norm, which has the most tasks.
func normCases(image device.Shape) []stepCase {
	n := kernels.Norm{Kind: kernels.NormInstance}
	sets, _ := n.Sets(image)
	type tensors struct {
		x, u, v, dot, out                *device.Tensor
		mean, variance, r, meanDot, corr *device.Tensor
		gamma, beta                      *device.Tensor
	}
	build := func(t testing.TB, dev device.Device) tensors {
		like := func(scale float64) *device.Tensor { return tensorOn(t, dev, image, wave(image.Len(), scale)...) }
		stat := func(scale float64) *device.Tensor {
			return tensorOn(t, dev, device.Shape{sets}, wave(sets, scale)...)
		}
		channel := func(scale float64) *device.Tensor {
			return tensorOn(t, dev, device.Shape{image.Last()}, wave(image.Last(), scale)...)
		}
		return tensors{
			x: like(0.5), u: like(0.02), v: like(0.03), dot: like(0.4), out: like(0),
			mean: stat(0.1), variance: stat(1), r: tensorOn(t, dev, device.Shape{sets}, 1.5, 2, 0.7), meanDot: stat(0.02), corr: stat(0.1),
			gamma: channel(1), beta: channel(0.5),
		}
	}
	return []stepCase{
		{"norm forward", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormForward(k.out, k.mean, k.variance, k.r, k.x, k.gamma, k.beta, 0.1, n) }, []*device.Tensor{k.out, k.mean, k.variance, k.r}, []*device.Tensor{k.x, k.gamma, k.beta}}
		}},
		{"norm apply", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormApply(k.out, k.x, k.mean, k.r, k.gamma, k.beta, n) }, []*device.Tensor{k.out}, []*device.Tensor{k.x, k.mean, k.r, k.gamma, k.beta}}
		}},
		{"norm backward", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormBackward(k.out, k.u, k.x, k.mean, k.r, k.gamma, n) }, []*device.Tensor{k.out}, []*device.Tensor{k.u, k.x, k.mean, k.r, k.gamma}}
		}},
		{"norm parameter gradient", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormParamGrad(k.gamma, k.beta, k.u, k.x, k.mean, k.r, n) }, []*device.Tensor{k.gamma, k.beta}, []*device.Tensor{k.u, k.x, k.mean, k.r}}
		}},
		{"norm tangent", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error {
				return kernels.NormTangent(k.out, k.meanDot, k.corr, k.dot, k.x, k.mean, k.r, k.gamma, n)
			}, []*device.Tensor{k.out, k.meanDot, k.corr}, []*device.Tensor{k.dot, k.x, k.mean, k.r, k.gamma}}
		}},
		{"norm second", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error {
				return kernels.NormSecond(k.out, k.u, k.v, k.dot, k.x, k.mean, k.r, k.meanDot, k.corr, k.gamma, n)
			}, []*device.Tensor{k.out}, []*device.Tensor{k.u, k.v, k.dot, k.x, k.mean, k.r, k.meanDot, k.corr, k.gamma}}
		}},
		{"norm tangent parameter gradient", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error {
				return kernels.NormTangentParamGrad(k.gamma, k.v, k.dot, k.x, k.mean, k.r, k.meanDot, k.corr, n)
			}, []*device.Tensor{k.gamma}, []*device.Tensor{k.v, k.dot, k.x, k.mean, k.r, k.meanDot, k.corr}}
		}},
		{"norm running", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			return step{func() error { return kernels.NormRunning(k.meanDot, k.corr, k.mean, k.variance, 0.1, 1.01) }, []*device.Tensor{k.meanDot, k.corr}, []*device.Tensor{k.mean, k.variance}}
		}},
		{"norm root", func(t testing.TB, dev device.Device) step {
			k := build(t, dev)
			variance := tensorOn(t, dev, k.r.Shape(), 0.5, 2, 7)
			return step{func() error { return kernels.NormRoot(k.r, variance, 1e-5) }, []*device.Tensor{k.r}, []*device.Tensor{variance}}
		}},
	}
}
