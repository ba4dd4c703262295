package kernels

import "ganlib/device"

var curveProgram = program("curve")

// prefix begins the names of a curve's entries.
func (k curveKind) prefix() string {
	if k == tanhCurve {
		return "tanh_"
	}
	return "sigmoid_"
}

func curveCUDA(y, x *device.Tensor, kind curveKind) error {
	return elementwise(curveProgram, kind.prefix()+"value", y, y.Address(), y.Rounding(), x.Address(), whole(y.Len()))
}

func slopeCUDA(dst, y, v *device.Tensor, kind curveKind) error {
	return elementwise(curveProgram, kind.prefix()+"slope", dst, dst.Address(), dst.Rounding(), y.Address(), v.Address(), whole(dst.Len()))
}

func secondCUDA(xbar, y, ybar, xdot, delta *device.Tensor, kind curveKind) error {
	return elementwise(curveProgram, kind.prefix()+"second", xbar, xbar.Address(), xbar.Rounding(), y.Address(), addressOf(ybar), xdot.Address(), delta.Address(), whole(xbar.Len()))
}
