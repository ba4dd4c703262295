package kernels

import "ganlib/device"

var rmsPropProgram = program("rmsprop")

func rmsPropCUDA(param, grad, s *device.Tensor, step RMSPropStep) error {
	rate, err := cudaOf(param).Live(single(step.Rate))
	if err != nil {
		return err
	}
	inside, outside := 0.0, step.Eps
	if step.EpsInside {
		inside, outside = outside, inside
	}
	return elementwise(rmsPropProgram, "rmsprop", param, param.Address(), param.Rounding(), grad.Address(), s.Address(), rate,
		single(step.Rho), single(1-step.Rho), single(inside), single(outside), whole(param.Len()))
}
