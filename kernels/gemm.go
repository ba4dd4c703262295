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
	return multiplied(c, a, b, ta, tb, finish{add: accumulate})
}

// GemmBias computes C = leaky(op(A)·op(B) + bias), as [Gemm] and then [AddBiasLeakyReLU] do, while the numbers
// are at hand. bias, of shape (N), is added to every row; slope 1 is no activation.
func GemmBias(c, a, b, bias *device.Tensor, slope float64, ta, tb Trans) error {
	if bias.Len() != c.Shape().RowLen() {
		return shapeError("gemm", "bias", bias, "want (%d) for c %v", c.Shape().RowLen(), c.Shape())
	}
	return multiplied(c, a, b, ta, tb, finish{bias: bias, slope: slope})
}

// multiplied is a product with what is done at its end.
func multiplied(c, a, b *device.Tensor, ta, tb Trans, f finish) error {
	const op = "gemm"
	m, k := matrix(a, ta)
	kb, n := matrix(b, tb)
	if k != kb {
		return shapeError(op, "b", b, "want %d as inner dimension, as in a %v", k, a.Shape())
	}
	if cm, cn := matrix(c, NoTrans); cm != m || cn != n {
		return shapeError(op, "c", c, "want (%d,%d) for a %v, b %v", m, n, a.Shape(), b.Shape())
	}
	engine, err := prepare(op, 2*int64(m)*int64(n)*int64(k), c, a, b, f.bias)
	if err != nil {
		return err
	}
	switch engine {
	case engineMeta:
		planGemm(b, gemm.Product{M: m, N: n, K: k, TA: bool(ta), TB: bool(tb)})
	case engineFast:
		p := gemm.Product{
			C: device.Data[float32](c), A: device.Data[float32](a), B: device.Data[float32](b),
			M: m, N: n, K: k, LDA: a.Shape().RowLen(), LDB: b.Shape().RowLen(), LDC: n, TA: bool(ta), TB: bool(tb), Add: f.add,
		}
		if holds(b, p) {
			gemm.MultiplyHeld(cpuOf(c).Pool(), isaOf(c), p, gemm.WeightsOf(b))
		} else {
			gemm.Multiply(cpuOf(c).Pool(), isaOf(c), p)
		}
	case engineCUDA:
		if err := gemmCUDA(c, a, b, m, n, k, ta, tb, f); err != nil {
			return err
		}
		countEpilogue(c, f.bias)
		return nil
	case engineReference:
		multiply(cpuOf(c).Pool(), product[float32]{
			c: device.Data[float32](c), a: device.Data[float32](a), b: device.Data[float32](b),
			m: m, n: n, k: k, lda: a.Shape().RowLen(), ldb: b.Shape().RowLen(), ldc: n, ta: ta, tb: tb, accumulate: f.add,
		})
	case engineReference64:
		multiply(cpuOf(c).Pool(), product[float64]{
			c: device.Data[float64](c), a: device.Data[float64](a), b: device.Data[float64](b),
			m: m, n: n, k: k, lda: a.Shape().RowLen(), ldb: b.Shape().RowLen(), ldc: n, ta: ta, tb: tb, accumulate: f.add,
		})
	}
	if f.bias == nil {
		return nil
	}
	return AddBiasLeakyReLU(c, f.bias, f.slope)
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
