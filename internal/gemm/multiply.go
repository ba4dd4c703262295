package gemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
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
	d := dense{Product: p, isa: isa}
	switch {
	case d.small():
		d.multiplySmall()
	case p.TB && p.M <= turnedRows && p.M < p.N:
		d.turned(pool)
	default:
		d.plan(pool.Threads()).run(pool)
	}
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
	d := dense{Product: p, isa: isa, held: b}
	d.plan(pool.Threads()).run(pool)
	packed.Done()
}
