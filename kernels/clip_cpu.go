package kernels

import "ganlib/device"

type clip[T device.Float] struct {
	t []T
	c T
}

func (k *clip[T]) Run(lo, hi int) {
	t := k.t[lo:hi]
	for i, v := range t {
		t[i] = min(max(v, -k.c), k.c)
	}
}
