package sgemm

import (
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"ganlib/device"
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Implementation is gonum's BLAS with a fast Sgemm. The zero value is ready for use.
type Implementation struct{ gonum.Implementation }

// GanlibBLAS marks Implementation as ganlib's own, see [device.OwnBLAS].
func (Implementation) GanlibBLAS() {}

// instructions returns what Sgemm runs on: [simd.Go] stands for gonum's Sgemm.
var instructions = sync.OnceValue(func() simd.ISA {
	switch e, _ := device.DefaultEngine(); e {
	case device.EngineAVX512:
		return simd.AVX512
	case device.EngineAVX2:
		return simd.AVX2
	}
	return simd.Go
})

// Sgemm computes
//
//	C = alpha·op(A)·op(B) + beta·C
//
// for row-major matrices, where op transposes or not: op(A) is (m,k), op(B) is (k,n), and C is (m,n).
// lda, ldb and ldc are the distances between rows. With beta zero, C need not be set, and with alpha
// zero A and B need not. Arguments that gonum refuses are gonum's panics.
func (i Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	isa := instructions()
	if isa == simd.Go || !fit(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		i.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	pool := single
	if m*n*k >= gemm.Alone {
		pool = workers.acquire()
		defer workers.release()
	}
	if alpha == 0 || k == 0 {
		scaleRows(pool, isa, c, ldc, c, ldc, m, n, beta)
		return
	}
	if beta != 0 {
		scaleRows(pool, isa, c, ldc, c, ldc, m, n, beta)
	}
	p := gemm.Product{
		C: c, A: a, B: b, M: m, N: n, K: k, LDA: lda, LDB: ldb, LDC: ldc, TA: tA != blas.NoTrans, TB: tB != blas.NoTrans, Add: beta != 0,
	}
	if alpha == 1 {
		gemm.Multiply(pool, isa, p)
		return
	}
	// The smaller of A and B is multiplied by alpha.
	x, ld, rows, columns := &p.A, &p.LDA, m, k
	if n < m {
		x, ld, rows, columns = &p.B, &p.LDB, k, n
	}
	if x == &p.A && p.TA || x == &p.B && p.TB {
		rows, columns = columns, rows
	}
	scaled := work.Borrow[float32](rows * columns)
	scaleRows(pool, isa, scaled.Data, columns, *x, *ld, rows, columns, alpha)
	*x, *ld = scaled.Data, columns
	gemm.Multiply(pool, isa, p)
	work.GiveBack(scaled)
}

// fit reports whether the arguments are such that there is something to compute: whether gonum would
// neither panic nor return at once.
func fit(tA, tB blas.Transpose, m, n, k, lenA, lda, lenB, ldb, lenC, ldc int) bool {
	return m > 0 && n > 0 && k >= 0 && matrix(tA, m, k, lenA, lda) && matrix(tB, k, n, lenB, ldb) && matrix(blas.NoTrans, m, n, lenC, ldc)
}

// matrix reports whether op(X), of so many rows and columns, fits into n elements with rows of X ld
// apart.
func matrix(t blas.Transpose, rows, columns, n, ld int) bool {
	switch t {
	case blas.NoTrans:
	case blas.Trans, blas.ConjTrans:
		rows, columns = columns, rows
	default:
		return false
	}
	return ld >= max(1, columns) && n >= (rows-1)*ld+columns
}
