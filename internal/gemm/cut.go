package gemm

import (
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Blocks of a product.
const (
	maxDepth   = 256 // terms of the sum in one kernel call: a panel of B, 32 KiB, stays in the first-level cache
	MaxGroup   = 28  // row panels in a task: their piece of A, 400 KiB, stays in the second-level cache
	rowPadding = 16  // floats between copied rows, so that rows a power of two long do not share cache sets
)

// Heights cuts rows into panels of nearly equal height, at most as tall as the kernels' tiles.
type Heights struct {
	Panels         int
	height, taller int
}

// CutRows cuts m rows into as few panels as tiles of the tallest height need.
func CutRows(m, tallest int) Heights {
	n := (m + tallest - 1) / tallest
	return Heights{n, m / n, m % n}
}

// At returns the first row of panel i and its height.
func (h Heights) At(i int) (first, rows int) {
	if i < h.taller {
		return i * (h.height + 1), h.height + 1
	}
	return h.taller + i*h.height, h.height
}

// columns cuts n columns into panels of two vectors, the last of one if that is enough.
type columns struct{ n, lanes int }

func cutColumns(isa simd.ISA, n int) columns { return columns{n, isa.Lanes()} }

func (c columns) panels() int { return (c.n + 2*c.lanes - 1) / (2 * c.lanes) }

// at returns the first column of panel j, the panel's width, and how many of its columns exist.
func (c columns) at(j int) (first, width, valid int) {
	first = j * 2 * c.lanes
	valid = min(c.n-first, 2*c.lanes)
	if valid <= c.lanes {
		return first, c.lanes, valid
	}
	return first, 2 * c.lanes, valid
}

// padded returns the width of all panels together.
func (c columns) padded() int { return (c.n + c.lanes - 1) / c.lanes * c.lanes }

// depths cuts a sum of k terms into blocks of nearly equal depth.
type depths struct{ blocks, depth, k int }

func cutDepth(k, most int) depths {
	blocks := (k + most - 1) / most
	depth := ((k+blocks-1)/blocks + 15) / 16 * 16
	return depths{(k + depth - 1) / depth, depth, k}
}

// at returns the first term of block b and the number of terms.
func (d depths) at(b int) (first, terms int) {
	first = b * d.depth
	return first, min(d.depth, d.k-first)
}

// Tiles are the row pointers of a task's panels.
type Tiles [MaxGroup]simd.Tile

// BorrowTiles returns row pointers to be given back.
func BorrowTiles() *Tiles { return work.Free[Tiles]().Get() }

// GiveBackTiles returns borrowed row pointers.
func GiveBackTiles(t *Tiles) { work.Free[Tiles]().Put(t) }
