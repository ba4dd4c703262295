package kernels

import "ganlib/internal/simd"

type leakyReLUFast struct {
	y, x  []float32
	slope float32
	isa   simd.ISA
}

func (k *leakyReLUFast) Run(lo, hi int) { k.isa.LeakyReLU(k.y[lo:hi], k.x[lo:hi], k.slope) }

type leakyReLUMaskFast struct {
	dst, x, v []float32
	slope     float32
	isa       simd.ISA
}

func (k *leakyReLUMaskFast) Run(lo, hi int) {
	k.isa.LeakyReLUMask(k.dst[lo:hi], k.x[lo:hi], k.v[lo:hi], k.slope)
}
