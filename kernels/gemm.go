package kernels

import (
	"ganlib/device"
	"ganlib/internal/gemm"
)

// Trans says whether a matrix of a product is used as it is or transposed.
type Trans bool

const (
	NoTrans Trans = false
	Transp  Trans = true
)

// Gemm computes the matrix product C = op(A)·op(B), or C += op(A)·op(B) if accumulate is set, where
// op transposes or not. Tensors are read as matrices: the first dimension is rows, the product of
// the others columns. op(A) is (M,K), op(B) is (K,N), C is (M,N).
func Gemm(c, a, b *device.Tensor, ta, tb Trans, accumulate bool) error {
	const op = "gemm"
	m, k := matrix(a, ta)
	kb, n := matrix(b, tb)
	if k != kb {
		return shapeError(op, "b", b, "want %d as inner dimension, as in a %v", k, a.Shape())
	}
	if cm, cn := matrix(c, NoTrans); cm != m || cn != n {
		return shapeError(op, "c", c, "want (%d,%d) for a %v, b %v", m, n, a.Shape(), b.Shape())
	}
	engine, err := prepare(op, 2*int64(m)*int64(n)*int64(k), c, a, b)
	if err != nil {
		return err
	}
	switch engine {
	case engineMeta:
		planGemm(b, gemm.Product{M: m, N: n, K: k, TA: bool(ta), TB: bool(tb)})
	case engineFast:
		p := gemm.Product{
			C: device.Data[float32](c), A: device.Data[float32](a), B: device.Data[float32](b),
			M: m, N: n, K: k, LDA: a.Shape().RowLen(), LDB: b.Shape().RowLen(), LDC: n, TA: bool(ta), TB: bool(tb), Add: accumulate,
		}
		if holds(b, p) {
			gemm.MultiplyHeld(cpuOf(c).Pool(), isaOf(c), p, gemm.WeightsOf(b))
		} else {
			gemm.Multiply(cpuOf(c).Pool(), isaOf(c), p)
		}
	case engineCUDA:
		return gemmCUDA(c, a, b, m, n, k, ta, tb, finish{add: accumulate})
	case engineReference:
		multiply(cpuOf(c).Pool(), product[float32]{
			c: device.Data[float32](c), a: device.Data[float32](a), b: device.Data[float32](b),
			m: m, n: n, k: k, lda: a.Shape().RowLen(), ldb: b.Shape().RowLen(), ldc: n, ta: ta, tb: tb, accumulate: accumulate,
		})
	case engineReference64:
		multiply(cpuOf(c).Pool(), product[float64]{
			c: device.Data[float64](c), a: device.Data[float64](a), b: device.Data[float64](b),
			m: m, n: n, k: k, lda: a.Shape().RowLen(), ldb: b.Shape().RowLen(), ldc: n, ta: ta, tb: tb, accumulate: accumulate,
		})
	}
	return nil
}

// holds reports whether a product keeps B packed while it is held: only if it is transposed. Rows as they
// lie are copied beside the products, a piece at a time, and seldom used for more than one.
func holds(b *device.Tensor, p gemm.Product) bool { return b.Held() && !p.TA && p.TB }

// matrix returns the rows and columns of op(t).
func matrix(t *device.Tensor, trans Trans) (rows, columns int) {
	rows, columns = t.Shape()[0], t.Shape().RowLen()
	if trans {
		return columns, rows
	}
	return rows, columns
}
