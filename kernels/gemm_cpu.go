package kernels

import (
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"

	"ganlib/device"
	"ganlib/internal/work"
)

// Tiles of a product. gonum computes a product serially when it has fewer than four 64×64 blocks,
// which these tiles stay under. Sums longer than a tile's depth are added up in float64: gonum sums in
// float32, which over the thousands of terms of a weight gradient would cost digits. Its dot products,
// for rows against rows, keep sixteen sums apart and so bear a greater depth than its other forms, which
// sum in order.
const (
	tileRows     = 64
	tileColumns  = 192
	tileDepth    = 64
	tileDepthDot = 128
)

// product is C = op(A)·op(B) or C += op(A)·op(B) on row-major matrices, a kernel over the tiles of C.
type product[T device.Float] struct {
	c, a, b       []T
	m, n, k       int
	lda, ldb, ldc int
	ta, tb        Trans
	accumulate    bool
}

// multiply runs p on the pool, tile by tile, or hands it whole to the BLAS that the program has put
// in gonum's place.
func multiply[T device.Float](pool *device.Pool, p product[T]) {
	if foreignBLAS[T]() {
		p.gemm(0, 0, 0, p.m, p.n, p.k, p.beta(), p.c, p.ldc)
		return
	}
	work.Run(pool, p.tiles(), 1, p)
}

// foreignBLAS reports whether the program has called blas32.Use or blas64.Use.
func foreignBLAS[T device.Float]() bool {
	var native bool
	if unsafe.Sizeof(T(0)) == 4 {
		_, native = blas32.Implementation().(gonum.Implementation)
	} else {
		_, native = blas64.Implementation().(gonum.Implementation)
	}
	return !native
}

func (p *product[T]) tiles() int {
	return ((p.m + tileRows - 1) / tileRows) * ((p.n + tileColumns - 1) / tileColumns)
}

func (p *product[T]) Run(lo, hi int) {
	sum, part := work.Borrow[float64](tileRows*tileColumns), work.Borrow[T](tileRows*tileColumns)
	across := (p.n + tileColumns - 1) / tileColumns
	for t := lo; t < hi; t++ {
		i, j := t/across*tileRows, t%across*tileColumns
		p.tile(i, j, min(tileRows, p.m-i), min(tileColumns, p.n-j), sum.Data, part.Data)
	}
	work.GiveBack(sum)
	work.GiveBack(part)
}

// tile computes the part of C at (i,j) of size m×n.
func (p *product[T]) tile(i, j, m, n int, sum []float64, part []T) {
	depth := tileDepth
	if p.tb && !p.ta {
		depth = tileDepthDot
	}
	if p.k <= depth {
		p.gemm(i, j, 0, m, n, p.k, p.beta(), p.c[i*p.ldc+j:], p.ldc)
		return
	}
	clear(sum[:m*n])
	for l := 0; l < p.k; l += depth {
		p.gemm(i, j, l, m, n, min(depth, p.k-l), 0, part, n)
		for e, v := range part[:m*n] {
			sum[e] += float64(v)
		}
	}
	for r := range m {
		c := p.c[(i+r)*p.ldc+j:][:n]
		for e, v := range sum[r*n : (r+1)*n] {
			if p.accumulate {
				v += float64(c[e])
			}
			c[e] = T(v)
		}
	}
}

// beta is the factor of C's old values.
func (p *product[T]) beta() T {
	if p.accumulate {
		return 1
	}
	return 0
}

// gemm computes C = beta·C + op(A)·op(B) for the rows i to i+m, columns j to j+n and inner indices l
// to l+k, with C at c.
func (p *product[T]) gemm(i, j, l, m, n, k int, beta T, c []T, ldc int) {
	a, b := p.a, p.b
	ta, tb := blas.NoTrans, blas.NoTrans
	if p.ta {
		ta, a = blas.Trans, a[l*p.lda+i:]
	} else {
		a = a[i*p.lda+l:]
	}
	if p.tb {
		tb, b = blas.Trans, b[j*p.ldb+l:]
	} else {
		b = b[l*p.ldb+j:]
	}
	switch unsafe.Sizeof(beta) {
	case 4:
		blas32.Implementation().Sgemm(ta, tb, m, n, k, 1, floats[float32](a), p.lda, floats[float32](b), p.ldb, float32(beta), floats[float32](c), ldc)
	default:
		blas64.Implementation().Dgemm(ta, tb, m, n, k, 1, floats[float64](a), p.lda, floats[float64](b), p.ldb, float64(beta), floats[float64](c), ldc)
	}
}

// floats gives a []T its own element type back, where the caller knows that T is U.
func floats[U, T device.Float](s []T) []U { return *(*[]U)(unsafe.Pointer(&s)) }
