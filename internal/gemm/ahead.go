package gemm

import "ganlib/internal/simd"

// AheadWidth is the width of the pieces of memory that simd.Ahead counts in.
const AheadWidth = 32

// Ahead asks for a matrix in memory, some rows at each kernel call, so that it is in the second-level
// cache when it is read or written. The zero Ahead asks for nothing.
type Ahead struct {
	at                []float32
	ld, rows, columns int
	row, piece        int // where it is
	quota             int // rows to a call
}

// Over begins to ask for rows that lie ld elements apart from the first of at on, within so many calls.
func (a *Ahead) Over(at []float32, ld, rows, columns, calls int) {
	*a = Ahead{at: at, ld: ld, rows: rows, columns: columns}
	a.quota = (rows*a.pieces() + calls - 1) / calls
}

func (a *Ahead) pieces() int { return (a.columns + AheadWidth - 1) / AheadWidth }

// Next returns what a call with so many terms asks for.
func (a *Ahead) Next(terms int) simd.Ahead {
	if a.row >= a.rows || a.piece >= a.pieces() {
		return simd.Ahead{}
	}
	n := min(a.quota, a.rows-a.row, terms/4*2)
	p := &a.at[a.row*a.ld+a.piece*AheadWidth]
	if a.row += n; a.row == a.rows {
		a.row = 0
		a.piece++
	}
	return simd.Ahead{P: p, Stride: a.ld, N: n}
}
