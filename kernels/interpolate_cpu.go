package kernels

import "ganlib/device"

type interpolate[T device.Float] struct {
	dst, real, fake, alpha []T
	size                   int // elements of a sample
}

func (k *interpolate[T]) Run(lo, hi int) {
	for n := lo; n < hi; n++ {
		a := k.alpha[n]
		b := 1 - a
		from, to := n*k.size, (n+1)*k.size
		dst, fake := k.dst[from:to], k.fake[from:to]
		for i, r := range k.real[from:to] {
			dst[i] = T(a*r) + T(b*fake[i]) // converted, so that it is not fused
		}
	}
}
