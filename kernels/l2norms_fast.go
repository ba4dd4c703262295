package kernels

import (
	"ganlib/device"
	"ganlib/internal/simd"
)

type sumSquaresFast struct {
	*L2Norms
	isa simd.ISA
}

func (k *sumSquaresFast) Run(lo, hi int) {
	for i, p := range k.pieces[lo:hi] {
		k.sums[lo+i] = k.isa.SumSquares(device.Data[float32](k.tensors[p.tensor])[p.lo:p.hi])
	}
}
