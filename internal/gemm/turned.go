package gemm

import (
	"ganlib/device"
	"ganlib/internal/work"
)

// turnedRows is up to how many rows a product with a transposed B is computed turned.
const turnedRows = 28

// turned computes Cᵀ = op(B)ᵀ·op(A)ᵀ, in which B is the left matrix and need not be transposed.
func (d dense) turned(pool *device.Pool) {
	t := dense{Product: Product{
		A: d.B, B: d.A, M: d.N, N: d.M, K: d.K, LDA: d.LDB, LDB: d.LDA, TA: !d.TB, TB: !d.TA,
		C: d.C, LDC: 1, Add: d.Add,
	}, isa: d.isa}
	if d.M == 1 {
		t.plan(pool.Threads()).run(pool)
		return
	}
	turned := work.Borrow[float32](d.N * d.M)
	t.C, t.LDC, t.Add = turned.Data, d.M, false
	t.plan(pool.Threads()).run(pool)
	if !d.Add {
		d.isa.Transpose(d.N, d.M, turned.Data, d.M, d.C, d.LDC)
	} else {
		for i := range d.M {
			for j, c := 0, d.C[i*d.LDC:i*d.LDC+d.N]; j < d.N; j++ {
				c[j] += turned.Data[j*d.M+i]
			}
		}
	}
	work.GiveBack(turned)
}
