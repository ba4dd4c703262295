package kernels

import "ganlib/internal/simd"

type clipFast struct {
	t   []float32
	c   float32
	isa simd.ISA
}

func (k *clipFast) Run(lo, hi int) { k.isa.Clip(k.t[lo:hi], -k.c, k.c) }
