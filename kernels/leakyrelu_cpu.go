package kernels

import "ganlib/device"

type leakyReLU[T device.Float] struct {
	y, x  []T
	slope T
}

func (k *leakyReLU[T]) Run(lo, hi int) {
	y := k.y[lo:hi]
	for i, v := range k.x[lo:hi] {
		if v > 0 {
			y[i] = v
		} else {
			y[i] = k.slope * v
		}
	}
}

type leakyReLUMask[T device.Float] struct {
	dst, x, v []T
	slope     T
}

func (k *leakyReLUMask[T]) Run(lo, hi int) {
	dst, v := k.dst[lo:hi], k.v[lo:hi]
	for i, x := range k.x[lo:hi] {
		if x > 0 {
			dst[i] = v[i]
		} else {
			dst[i] = k.slope * v[i]
		}
	}
}
