package kernels

import "ganlib/internal/simd"

// transposeFast transposes the matrices of rows×columns that lie one after the other in x.
type transposeFast struct {
	y, x          []float32
	rows, columns int
	isa           simd.ISA
}

func (k *transposeFast) Run(lo, hi int) {
	n := k.rows * k.columns
	for i := lo; i < hi; i++ {
		k.isa.Transpose(k.rows, k.columns, k.x[i*n:(i+1)*n], k.columns, k.y[i*n:(i+1)*n], k.rows)
	}
}
