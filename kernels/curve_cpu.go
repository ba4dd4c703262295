package kernels

import (
	"math"

	"ganlib/device"
)

type curveValue[T device.Float] struct {
	y, x []T
	kind curveKind
}

func (k *curveValue[T]) Run(lo, hi int) {
	y := k.y[lo:hi]
	for i, x := range k.x[lo:hi] {
		if k.kind == tanhCurve {
			y[i] = T(math.Tanh(float64(x)))
		} else {
			y[i] = T(1 / (1 + math.Exp(-float64(x))))
		}
	}
}

type curveSlope[T device.Float] struct {
	dst, y, v []T
	kind      curveKind
}

func (k *curveSlope[T]) Run(lo, hi int) {
	dst, v := k.dst[lo:hi], k.v[lo:hi]
	for i, y := range k.y[lo:hi] {
		first, _ := derivatives(k.kind, y)
		dst[i] = first * v[i]
	}
}

type curveSecond[T device.Float] struct {
	xbar, y, ybar, xdot, delta []T
	kind                       curveKind
}

func (k *curveSecond[T]) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		first, second := derivatives(k.kind, k.y[i])
		sum := second * k.xdot[i] * k.delta[i]
		if k.ybar != nil {
			sum += first * k.ybar[i]
		}
		k.xbar[i] = sum
	}
}

// derivatives returns the first and second derivative of the activation where its output is y.
func derivatives[T device.Float](kind curveKind, y T) (first, second T) {
	if kind == tanhCurve {
		first = 1 - y*y
		return first, -2 * y * first
	}
	first = y * (1 - y)
	return first, first * (1 - 2*y)
}
