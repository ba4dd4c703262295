package kernels

import "ganlib/device"

type sgd[T device.Float] struct {
	param, grad, b []T
	SGDStep
}

func (k *sgd[T]) Run(lo, hi int) {
	rate, momentum := T(k.Rate), T(k.Momentum)
	param := k.param[lo:hi]
	if k.b == nil {
		for i, g := range k.grad[lo:hi] {
			param[i] -= rate * g
		}
		return
	}
	b := k.b[lo:hi]
	for i, g := range k.grad[lo:hi] {
		b[i] = momentum*b[i] + g
		step := b[i]
		if k.Nesterov {
			step = g + momentum*b[i]
		}
		param[i] -= rate * step
	}
}
