package kernels

import "ganlib/internal/simd"

type rmsPropFast struct {
	param, grad, s []float32
	RMSPropStep
	isa simd.ISA
}

func (k *rmsPropFast) Run(lo, hi int) {
	step := simd.RMSPropStep{Keep: float32(k.Rho), Take: float32(1 - k.Rho), Rate: float32(k.Rate), Outside: float32(k.Eps)}
	if k.EpsInside {
		step.Inside, step.Outside = step.Outside, 0
	}
	k.isa.RMSProp(k.param[lo:hi], k.grad[lo:hi], k.s[lo:hi], step)
}
