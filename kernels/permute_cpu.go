package kernels

import "ganlib/device"

type planar[T device.Float] struct {
	y, x             []T
	pixels, channels int
	fromPlanar       bool
}

func (k *planar[T]) Run(lo, hi int) {
	length := k.pixels * k.channels
	for n := lo; n < hi; n++ {
		y, x := k.y[n*length:(n+1)*length], k.x[n*length:(n+1)*length]
		for p := range k.pixels {
			for c := range k.channels {
				if k.fromPlanar {
					y[p*k.channels+c] = x[c*k.pixels+p]
				} else {
					y[c*k.pixels+p] = x[p*k.channels+c]
				}
			}
		}
	}
}
