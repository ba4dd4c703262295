package kernels

import "ganlib/internal/simd"

type adamFast struct {
	param, grad, m, v []float32
	AdamStep
	isa simd.ISA
}

func (k *adamFast) Run(lo, hi int) {
	k.isa.Adam(k.param[lo:hi], k.grad[lo:hi], k.m[lo:hi], k.v[lo:hi], simd.AdamStep{
		Keep1: float32(k.Beta1), Take1: float32(1 - k.Beta1),
		Keep2: float32(k.Beta2), Take2: float32(1 - k.Beta2),
		Rate: float32(k.Rate), Root: float32(k.Root), Eps: float32(k.Eps),
	})
}
