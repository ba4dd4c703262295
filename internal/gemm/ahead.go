package gemm

import "ganlib/internal/simd"

// aheadWidth is the width of the pieces of memory that simd.Ahead counts in.
const aheadWidth = 32

// ahead asks for rows of a region of memory, some at each kernel call, so that they are in the
// second-level cache when they are packed.
type ahead struct {
	region
	lo, hi     int // rows
	row, piece int // where it is
	quota      int // rows to a call
}

// over begins to ask for rows lo to hi of a region, within so many calls.
func (a *ahead) over(r region, lo, hi, calls int) {
	*a = ahead{region: r, lo: lo, hi: hi, row: lo}
	a.quota = ((hi-lo)*a.pieces() + calls - 1) / calls
}

func (a *ahead) pieces() int { return (a.columns + aheadWidth - 1) / aheadWidth }

// next returns what a call with so many terms asks for.
func (a *ahead) next(terms int) simd.Ahead {
	if a.row >= a.hi || a.piece >= a.pieces() {
		return simd.Ahead{}
	}
	n := min(a.quota, a.hi-a.row, terms/4)
	p := &a.at[a.row*a.ld+a.piece*aheadWidth]
	if a.row += n; a.row == a.hi {
		a.row = a.lo
		a.piece++
	}
	return simd.Ahead{P: p, Stride: a.ld, N: n}
}
