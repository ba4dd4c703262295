package gemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Packed is a right matrix B (K,N) laid out in panels of columns: panel after panel, each row by row.
// Columns that only fill a panel up are zero.
type Packed struct {
	Data []float32
	K, N int
	isa  simd.ISA
}

// PackedLen returns the number of elements that a packed (k,n) matrix takes.
func PackedLen(isa simd.ISA, k, n int) int { return k * cutColumns(isa, n).padded() }

// NewPacked returns a packed matrix in the memory of data, to be filled.
func NewPacked(isa simd.ISA, data []float32, k, n int) Packed { return Packed{data, k, n, isa} }

// Panels returns the number of panels.
func (p Packed) Panels() int { return cutColumns(p.isa, p.N).panels() }

// Panel returns the rows from row on of panel j, and which columns it holds: from the first on so many,
// in rows of width elements.
func (p Packed) Panel(j, row int) (data []float32, first, width, valid int) {
	c := cutColumns(p.isa, p.N)
	first, width, valid = c.at(j)
	return p.Data[first*p.K+row*width:], first, width, valid
}

// PackRows fills the rows from row on, n of them, of panels lo to hi from src, row-major with rows ss
// apart: B[row+l][j] = src[l·ss + j].
func (p Packed) PackRows(lo, hi, row, n int, src []float32, ss int) {
	for j := lo; j < hi; j++ {
		dst, first, width, valid := p.Panel(j, row)
		packRows(p.isa, n, src[first:], ss, dst, width, valid)
	}
}

// packRows copies n rows of valid elements to rows of width elements, zeros behind them.
func packRows(isa simd.ISA, n int, src []float32, ss int, dst []float32, width, valid int) {
	switch {
	case valid == isa.Panel():
		isa.CopyRows(n, src, ss, dst, width)
	case valid == width: // one vector
		isa.PackColumns(n, src, ss, dst, width)
	default:
		for l := range n {
			row := dst[l*width : (l+1)*width]
			copy(row[:valid], src[l*ss:])
			clear(row[valid:])
		}
	}
}

// PackColumns fills the rows from row on, n of them, of panels lo to hi from src, whose rows are the
// columns of B: B[row+l][j] = src[j·ss + l].
func (p Packed) PackColumns(lo, hi, row, n int, src []float32, ss int) {
	for j := lo; j < hi; j++ {
		dst, first, width, valid := p.Panel(j, row)
		if valid < width {
			clear(dst[:n*width])
		}
		p.isa.Transpose(valid, n, src[first*ss:], ss, dst, width)
	}
}

// packTask packs a plain matrix, panel by panel.
type packTask struct {
	packed  Packed
	src     []float32
	ss      int
	columns bool // src is transposed
}

// Run packs panels lo to hi.
func (t *packTask) Run(lo, hi int) {
	if t.columns {
		t.packed.PackColumns(lo, hi, 0, t.packed.K, t.src, t.ss)
	} else {
		t.packed.PackRows(lo, hi, 0, t.packed.K, t.src, t.ss)
	}
}

// Pack fills p on the pool from src, a row-major (K,N) matrix or, if transposed is set, (N,K), with
// rows ss apart.
func (p Packed) Pack(pool *device.Pool, src []float32, ss int, transposed bool) {
	work.Run(pool, p.Panels(), 1, packTask{p, src, ss, transposed})
}
