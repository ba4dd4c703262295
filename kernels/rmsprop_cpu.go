package kernels

import (
	"math"

	"ganlib/device"
)

type rmsProp[T device.Float] struct {
	param, grad, s []T
	RMSPropStep
}

func (k *rmsProp[T]) Run(lo, hi int) {
	keep, take := T(k.Rho), T(1-k.Rho)
	rate, inside, outside := T(k.Rate), T(0), T(k.Eps)
	if k.EpsInside {
		inside, outside = outside, inside
	}
	param, s := k.param[lo:hi], k.s[lo:hi]
	for i, g := range k.grad[lo:hi] {
		s[i] = keep*s[i] + take*g*g
		param[i] -= rate * g / (T(math.Sqrt(float64(s[i]+inside))) + outside)
	}
}
