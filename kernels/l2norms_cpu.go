package kernels

import (
	"math"

	"ganlib/device"
)

type sumSquares[T device.Float] struct{ *L2Norms }

func (k *sumSquares[T]) Run(lo, hi int) {
	for i, p := range k.pieces[lo:hi] {
		sum := 0.0
		for _, v := range device.Data[T](k.tensors[p.tensor])[p.lo:p.hi] {
			sum += float64(v) * float64(v)
		}
		k.sums[lo+i] = sum
	}
}

// finishNorms adds the pieces' sums up, in order.
func finishNorms[T device.Float](norms []T, n *L2Norms) {
	next := 0
	for t := range norms {
		sum := 0.0
		for ; next < len(n.pieces) && n.pieces[next].tensor == 1+t; next++ {
			sum += n.sums[next]
		}
		norms[t] = T(math.Sqrt(sum))
	}
}
