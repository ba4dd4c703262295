package kernels

import "ganlib/internal/simd"

type sgdFast struct {
	param, grad, b []float32
	SGDStep
	isa simd.ISA
}

func (k *sgdFast) Run(lo, hi int) {
	param, grad, rate, momentum := k.param[lo:hi], k.grad[lo:hi], float32(k.Rate), float32(k.Momentum)
	switch {
	case k.b == nil:
		k.isa.SGD(param, grad, rate)
	case k.Nesterov:
		k.isa.Nesterov(param, grad, k.b[lo:hi], rate, momentum)
	default:
		k.isa.Momentum(param, grad, k.b[lo:hi], rate, momentum)
	}
}
