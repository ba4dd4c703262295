package kernels

import (
	"math"

	"ganlib/device"
)

type adam[T device.Float] struct {
	param, grad, m, v []T
	AdamStep
}

func (k *adam[T]) Run(lo, hi int) {
	keep1, take1 := T(k.Beta1), T(1-k.Beta1)
	keep2, take2 := T(k.Beta2), T(1-k.Beta2)
	rate, root, eps := T(k.Rate), T(k.Root), T(k.Eps)
	param, m, v := k.param[lo:hi], k.m[lo:hi], k.v[lo:hi]
	for i, g := range k.grad[lo:hi] {
		m[i] = keep1*m[i] + take1*g
		v[i] = keep2*v[i] + take2*g*g
		param[i] -= rate * m[i] / (T(math.Sqrt(float64(v[i])))/root + eps)
	}
}
