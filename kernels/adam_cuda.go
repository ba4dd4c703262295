package kernels

import "ganlib/device"

var adamProgram = program("adam")

func adamCUDA(param, grad, m, v *device.Tensor, s AdamStep) error {
	step, err := cudaOf(param).Live(single(s.Rate), single(s.Root))
	if err != nil {
		return err
	}
	return elementwise(adamProgram, "adam", param, param.Address(), param.Rounding(), grad.Address(), m.Address(), v.Address(), step,
		single(s.Beta1), single(1-s.Beta1), single(s.Beta2), single(1-s.Beta2), single(s.Eps), whole(param.Len()))
}
