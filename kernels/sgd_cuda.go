package kernels

import "ganlib/device"

var sgdProgram = program("sgd")

func sgdCUDA(param, grad, b *device.Tensor, s SGDStep) error {
	rate, err := cudaOf(param).Live(single(s.Rate))
	if err != nil {
		return err
	}
	if b == nil {
		return elementwise(sgdProgram, "sgd", param, param.Address(), param.Rounding(), grad.Address(), rate, whole(param.Len()))
	}
	return elementwise(sgdProgram, "sgd_momentum", param, param.Address(), param.Rounding(), grad.Address(), b.Address(), rate, single(s.Momentum), flag(s.Nesterov), whole(param.Len()))
}
