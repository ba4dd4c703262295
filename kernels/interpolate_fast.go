package kernels

import "ganlib/internal/simd"

type interpolateFast struct {
	dst, real, fake, alpha []float32
	size                   int // elements of a sample
	isa                    simd.ISA
}

func (k *interpolateFast) Run(lo, hi int) {
	for n := lo; n < hi; n++ {
		a := k.alpha[n]
		from, to := n*k.size, (n+1)*k.size
		k.isa.Interpolate(k.dst[from:to], k.real[from:to], k.fake[from:to], a, 1-a)
	}
}
