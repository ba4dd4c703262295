package gemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Product is C = op(A)·op(B), or C += op(A)·op(B), for row-major matrices, where op transposes or not.
type Product struct {
	C, A, B       []float32
	M, N, K       int // op(A) is (M,K), op(B) is (K,N)
	LDA, LDB, LDC int // distances between rows
	TA, TB        bool
	Add           bool
}

// Multiply computes p. No size may be zero.
func Multiply(pool *device.Pool, isa simd.ISA, p Product) {
	if p.TA {
		MultiplyDepth(pool, isa, p.M, p.N, p.K, dense{p, isa}, p.C, p.LDC, p.Add)
		return
	}
	packed := work.Borrow[float32](PackedLen(isa, p.K, p.N))
	b := NewPacked(isa, packed.Data, p.K, p.N)
	b.Pack(pool, p.B, p.LDB, p.TB)
	MultiplyRows(pool, isa, p.M, dense{p, isa}, b, p.Add)
	work.GiveBack(packed)
}

// MultiplyHeld is Multiply for a matrix B that may be held, and a matrix A that is not transposed. w.Data
// is B, in p.B's place.
func MultiplyHeld(pool *device.Pool, isa simd.ISA, p Product, w Weights) {
	pass := ForInput
	if p.TB {
		pass = ForOutput
	}
	packed, fill := w.Prepare(pass, PackedLen(isa, p.K, p.N))
	b := NewPacked(isa, packed.Data, p.K, p.N)
	if fill {
		b.Pack(pool, w.Data, p.LDB, p.TB)
		packed.Filled()
	}
	MultiplyRows(pool, isa, p.M, dense{p, isa}, b, p.Add)
	packed.Done()
}

// dense is a product's matrices as they lie in memory.
type dense struct {
	Product
	isa simd.ISA
}

// Fill implements [Rows].
func (d *dense) Fill(dst []float32, ld, i, rows, l, columns int) {
	for r := range rows {
		copy(dst[r*ld:r*ld+columns], d.A[(i+r)*d.LDA+l:])
	}
}

// Rows implements [Rows].
func (d *dense) Rows(tile *simd.Tile, i, rows int) {
	for r := range rows {
		tile[r] = &d.C[(i+r)*d.LDC]
	}
}

// Done implements [Rows].
func (d *dense) Done(lo, hi, left, right int) {}

// Left implements [Terms].
func (d *dense) Left(dst []float32, i, rows, l, n int) {
	d.isa.PackColumns(n, d.A[l*d.LDA+i:], d.LDA, dst, rows)
}

// Right implements [Terms].
func (d *dense) Right(dst []float32, ld, l, n, j, columns int) {
	if d.TB {
		d.isa.Transpose(columns, n, d.B[j*d.LDB+l:], d.LDB, dst, ld)
		return
	}
	for r := range n {
		copy(dst[r*ld:r*ld+columns], d.B[(l+r)*d.LDB+j:])
	}
}
