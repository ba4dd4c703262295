package kernels

import "ganlib/device"

var leakyReLUProgram = program("leakyrelu")

func leakyReLUCUDA(y, x *device.Tensor, slope float64) error {
	return elementwise(leakyReLUProgram, "leakyrelu", y, y.Address(), y.Rounding(), x.Address(), single(slope), whole(y.Len()))
}

func leakyReLUMaskCUDA(dst, x, v *device.Tensor, slope float64) error {
	return elementwise(leakyReLUProgram, "leakyrelu_mask", dst, dst.Address(), dst.Rounding(), x.Address(), v.Address(), single(slope), whole(dst.Len()))
}
