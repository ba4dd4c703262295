package kernels

import "ganlib/device"

type fill[T device.Float] struct {
	t []T
	v T
}

func (k *fill[T]) Run(lo, hi int) {
	t := k.t[lo:hi]
	for i := range t {
		t[i] = k.v
	}
}
