package conv

import (
	"unsafe"

	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// winograd is a convolution with a 4×4 or 5×5 kernel of stride 2, cut into tiles of 2×2 or 4×4 outputs. In
// each dimension, with padding P,
//
//	towards the output   y[i]     = Σ_r Σ_α x[2(i+α)+r−P]·w[2α+r]    phases r in {0,1}, their taps 2α+r
//	towards the input    dx[2i+p] = Σ_k dy[i+(p+P−k)/2]·w[k]         phases p of the pixels, taps k of p+P's parity
//
// so each phase is a correlation with two taps, or three in one of a kernel of five, which Winograd's
// F(2,2), F(4,2) and F(2,3) compute from three, five and four points. Products of points are summed over
// channels (and phases, towards the output) as matrix products, one for each point: rows are tiles, columns
// channels.
type winograd struct {
	Geometry
	isa          simd.ISA
	size         int // of a tile, in outputs, in each dimension
	grid         int // points in a dimension, of the phase with the most
	down, across int // tiles in a column and a row of outputs; they may reach beyond
	tiles        int // in the batch
}

// phases is the number of phases of a stride of 2 in two dimensions. Phase 2r+s is r downwards and s across.
const phases = 4

// maxChannels bounds the channels of Winograd's passes by the row of zeros that stands in for pixels
// outside the image.
const maxChannels = 4096

var zeros [maxChannels]float32

// winogradFits reports whether the passes can be computed so and take at most four multiplications for
// five: tiles that reach beyond the outputs are computed whole.
func winogradFits(g Geometry) bool {
	if g.KH != g.KW || g.SH != 2 || g.SW != 2 || g.H != 2*g.OH || g.W != 2*g.OW ||
		g.C%16 != 0 || g.O%16 != 0 || max(g.C, g.O) > maxChannels {
		return false
	}
	if g.KH != 5 && (g.KH != 4 || g.Top != 1 || g.Left != 1) {
		return false
	}
	k := newWinograd(g, simd.Go, tileSize(g))
	points := g.KH + 2*(k.size-1) // of both phases, in a dimension
	return 5*(k.down*points)*(k.across*points) <= 4*(g.OH*g.KH)*(g.OW*g.KW)
}

// largeTiles is the most weights, C·O, of layers that are cut into tiles of 4×4: these take 25
// multiplications for 64, not 36, but their transformed weights are 6.25 times the weights, not 2.25 times.
// That does not pay either where there is one such tile to an image.
const largeTiles = 40 << 10

// tileSize returns the size of the tiles towards the output and the input. It is the same for a batch as for
// each of its images, whose results are, too.
func tileSize(g Geometry) int {
	if g.KH == 4 && g.OH%8 == 0 && g.OW%8 == 0 && g.C*g.O <= largeTiles {
		return 4
	}
	return 2
}

func newWinograd(g Geometry, isa simd.ISA, size int) winograd {
	down, across := ceilDiv(g.OH, size), ceilDiv(g.OW, size)
	return winograd{g, isa, size, size + ceilDiv(g.KH, 2) - 1, down, across, g.N * down * across}
}

// tile returns the image of tile t and its place in it.
func (g *winograd) tile(t int) (n, ty, tx int) {
	q := t / g.across
	return q / g.down, q % g.down, t % g.across
}

// filter returns the correlation of a phase, towards the output and towards the weights, of the taps
// (2a+r,2b+s).
func (g *winograd) filter(phase int) simd.Filter {
	return simd.Filter{Tile: g.size, Rows: (g.KH + 1 - phase/2) / 2, Cols: (g.KW + 1 - phase%2) / 2}
}

// fewestPoints is how many points the phase with the fewest has.
func (g *winograd) fewestPoints() int {
	f := g.filter(phases - 1)
	return f.Points()
}

// point returns where point p of a phase lies in the grid of all phases' points.
func (g *winograd) point(f simd.Filter, p int) int {
	row, col := p/f.Across(), p%f.Across()
	if row == f.Down()-1 { // the last: two taps have no third point of four
		row = g.grid - 1
	}
	if col == f.Across()-1 {
		col = g.grid - 1
	}
	return row*g.grid + col
}

// pixels points px at rows×cols pixels of an h×w image of c channels, from (y,x) on and step apart; pixels
// outside are zeros.
func pixels(px *simd.Patch, rows, cols int, image *float32, h, w, c, y, x, step int) {
	i := 0
	for v := y; v < y+rows*step; v += step {
		for u := x; u < x+cols*step; u += step {
			if uint(v) < uint(h) && uint(u) < uint(w) {
				px[i] = offset(image, (v*w+u)*c)
			} else {
				px[i] = &zeros[0]
			}
			i++
		}
	}
}

// places points out at size×size pixels of an h×w image of c channels, from (y,x) on and step apart; what is
// outside goes to spare.
func places(out *simd.Outputs, size int, image *float32, h, w, c, y, x, step int, spare *float32) {
	i := 0
	for v := y; v < y+size*step; v += step {
		for u := x; u < x+size*step; u += step {
			if v < h && u < w {
				out[i] = offset(image, (v*w+u)*c)
			} else {
				out[i] = spare
			}
			i++
		}
	}
}

// offset returns the element i after *p.
func offset(p *float32, i int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*i)) }

// Sizes of Winograd's blocks, in floats.
const (
	smallBudget  = 72 << 10  // of a task's transformed tiles and products: with weights and what is fetched they stay in the second-level cache
	largeBudget  = 288 << 10 // the same where weights are large and every task reads them from memory
	smallWeights = 512 << 10 // the most weights that are small
	tileDepth    = 256       // terms of the sum in one kernel call
	rowPadding   = 16        // floats between rows, so that rows a power of two long do not share cache sets
)

// cutTiles returns into how many groups a number of row panels is cut: a group's tiles, of perTile
// floats each, fit the budget for so many transformed weights, and each worker gets four tasks, with so
// many blocks of columns, if there are two panels for each.
func cutTiles(panels, tall, perTile, weights, blocks, workers int) int {
	budget := smallBudget
	if weights > smallWeights {
		budget = largeBudget
	}
	most := min(max(budget/(perTile*tall), 1), gemm.MaxGroup)
	groups := max((panels+most-1)/most, min(4*workers/blocks, panels/2))
	if over := groups % workers; over > 0 {
		groups += workers - over
	}
	return min(groups, panels)
}

// cutChannels returns into how many equal pieces of a multiple of 16 channels c is cut, none longer
// than tileDepth, and the length of a piece (the last may be shorter).
func cutChannels(c int) (pieces, length int) {
	pieces = (c + tileDepth - 1) / tileDepth
	length = ((c+pieces-1)/pieces + 15) / 16 * 16
	return (c + length - 1) / length, length
}

// spaced returns a distance of at least n floats between points. A transform writes all its points side
// by side, so their addresses must not agree in the bits that choose a cache set.
func spaced(n int) int { return (n+1023)/1024*1024 + 112 }
