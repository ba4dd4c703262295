package kernels

import (
	"ganlib/device"
	"ganlib/internal/conv"
	"ganlib/internal/simd"
)

// fastConv returns the fast engine of t's device and the geometry of a convolution.
func fastConv(x, y *device.Tensor, g Window) (conv.Engine, conv.Geometry) {
	return convEngine(cpuOf(x)), geometryOf(x, y, g)
}

func convEngine(cpu *device.CPU) conv.Engine {
	return conv.Engine{Pool: cpu.Pool(), ISA: isaFor(cpu), Halves: halves}
}

var halves = simd.Halves()

// geometryOf returns the geometry of the convolution of images x to outputs y.
func geometryOf(x, y *device.Tensor, g Window) conv.Geometry {
	xs, ys := x.Shape(), y.Shape()
	return conv.Geometry{
		N: xs[0], H: xs[1], W: xs[2], C: xs[3],
		OH: ys[1], OW: ys[2], O: ys[3],
		KH: g.KernelH, KW: g.KernelW, SH: g.StrideH, SW: g.StrideW, Top: g.Top, Left: g.Left,
	}
}

// epilogueOf returns the bias and activation that a convolution does to its result. b may be nil for nothing.
func epilogueOf(b *device.Tensor, slope float64) conv.Epilogue {
	return conv.Epilogue{Bias: optional[float32](b), Slope: float32(slope)}
}

// countEpilogue counts them, after the convolution, so that its time is not theirs.
func countEpilogue(y, b *device.Tensor) {
	if b != nil {
		y.Device().Counter().Add(biasLeakyReLUOp, 2*int64(y.Len()))
	}
}
