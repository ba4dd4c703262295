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

// at returns where the rows from row on of panel j begin.
func (p Packed) at(j, row int) *float32 {
	data, _, _, _ := p.Panel(j, row)
	return &data[0]
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
		clear(dst[:n*width])
		for j := 0; j < valid; j += simd.MaxPiece {
			isa.CopyPieces(n, min(valid-j, simd.MaxPiece), src[j:], ss, dst[j:], width)
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

// packColumns fills columns lo to hi of all rows from src, whose rows are the columns from lo on. lo is a
// multiple of a vector.
func (p Packed) packColumns(lo, hi int, src []float32, ss int) {
	for wide := p.isa.Panel(); lo < hi; {
		dst, first, width, valid := p.Panel(lo/wide, 0)
		end := min(hi, first+valid)
		if end == first+valid && valid < width {
			for l := range p.K {
				clear(dst[l*width+valid : (l+1)*width])
			}
		}
		p.isa.Transpose(end-lo, p.K, src, ss, dst[lo-first:], width)
		src = src[(end-lo)*ss*min(1, hi-end):]
		lo = end
	}
}

// packTask packs a plain matrix, panel by panel if it is transposed, else row by row.
type packTask struct {
	packed     Packed
	src        []float32
	ss         int
	transposed bool
}

// Run packs panels or rows lo to hi.
func (t *packTask) Run(lo, hi int) {
	if t.transposed {
		t.packed.PackColumns(lo, hi, 0, t.packed.K, t.src, t.ss)
	} else {
		t.packed.PackRows(0, t.packed.Panels(), lo, hi-lo, t.src[lo*t.ss:], t.ss)
	}
}

// packedRows is how many rows of a plain matrix are packed together: their pages are at hand from panel
// to panel.
const packedRows = 32

// Pack fills p on the pool from src, a row-major (K,N) matrix or, if transposed is set, (N,K), with
// rows ss apart.
func (p Packed) Pack(pool *device.Pool, src []float32, ss int, transposed bool) {
	if transposed {
		work.Run(pool, p.Panels(), 1, packTask{p, src, ss, transposed})
	} else {
		work.Run(pool, p.K, packedRows, packTask{p, src, ss, transposed})
	}
}
