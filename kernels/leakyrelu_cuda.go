package kernels

import "ganlib/device"

var leakyReLUProgram = program("leakyrelu")

func leakyReLUCUDA(y, x *device.Tensor, slope float64) error {
	return elementwise(leakyReLUProgram, "leakyrelu", y, y.Address(), y.BFloat16(), x.Address(), single(slope), whole(y.Len()))
}

func leakyReLUMaskCUDA(dst, x, v *device.Tensor, slope float64) error {
	return elementwise(leakyReLUProgram, "leakyrelu_mask", dst, dst.Address(), dst.BFloat16(), x.Address(), v.Address(), single(slope), whole(dst.Len()))
}
