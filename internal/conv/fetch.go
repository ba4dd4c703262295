package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// fetch asks for two regions while products are computed and leave the memory idle: what the task will
// write at its end, and what the next one will read at its beginning.
type fetch struct{ first, second gemm.Ahead }

// next returns what a kernel call with so many terms asks for.
func (f *fetch) next(terms int) simd.Ahead {
	if a := f.first.Next(terms); a.N > 0 {
		return a
	}
	return f.second.Next(terms)
}

// region is a number of neighbouring pixels.
type region struct {
	data     []float32
	channels int
}

// outer returns the rows of x, the convolution's inputs or what is as large, that tiles first to end lie in.
// Tiles that do not exist lie nowhere.
func (g *winograd) outer(x []float32, c, first, end int) region {
	return g.rows(x, 2*g.size, g.H, g.W, c, first, end)
}

// inner is outer for the outputs.
func (g *winograd) inner(y []float32, c, first, end int) region {
	return g.rows(y, g.size, g.OH, g.OW, c, first, end)
}

// rows returns the rows of h×w×c images that tiles first to end lie in, each tile being so tall.
func (g *winograd) rows(x []float32, tall, h, w, c, first, end int) region {
	end = min(end, g.tiles)
	if first >= end {
		return region{}
	}
	n, ty, _ := g.tile(first)
	last, bottom, _ := g.tile(end - 1)
	return region{x[(n*h+tall*ty)*w*c : (last*h+min(tall*(bottom+1), h))*w*c], c}
}

// over lets a ask for some columns of the region within so many kernel calls.
func (r region) over(a *gemm.Ahead, column, columns, calls int) {
	if len(r.data) == 0 {
		return
	}
	if columns >= r.channels { // all of it, whatever the number of channels
		a.Over(r.data, gemm.AheadWidth, len(r.data)/gemm.AheadWidth, gemm.AheadWidth, calls)
		return
	}
	a.Over(r.data[column:], r.channels, len(r.data)/r.channels, columns, calls)
}
