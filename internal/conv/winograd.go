package conv

import (
	"unsafe"

	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// winograd is a convolution with a 4×4 kernel of stride 2 and padding 1, cut into tiles of 2×2 outputs.
// In each dimension
//
//	towards the output   y[i]      = Σ_r Σ_α x[2(i+α)+r−1]·w[2α+r]      phases r, taps α in {0,1}
//	towards the input    dx[2i+p]  = Σ_α dy[i−1+p+α]·w[3−p−2α]          phases p of the pixels
//
// so each phase is a correlation with two taps, which Winograd's F(2,2) computes from three points, or
// nine in two dimensions. Products of points are summed over channels (and phases, towards the output)
// as matrix products, one for each point: rows are tiles, columns channels.
type winograd struct {
	Geometry
	isa           simd.ISA
	across, tiles int // tiles in a row of outputs, and in the batch
}

// points is the number of points of a 2×2 correlation with 2×2 outputs, points5 that of the four such
// correlations of the pass towards the input together, which share inputs.
const (
	points  = 9
	points5 = 25
	phases  = 4
)

// maxChannels bounds the channels of Winograd's passes by the row of zeros that stands in for pixels
// outside the image.
const maxChannels = 4096

var zeros [maxChannels]float32

// winogradFits reports whether the passes can be computed so.
func winogradFits(g Geometry) bool {
	return g.KH == 4 && g.KW == 4 && g.SH == 2 && g.SW == 2 && g.Top == 1 && g.Left == 1 &&
		g.H == 2*g.OH && g.W == 2*g.OW && g.OH%2 == 0 && g.OW%2 == 0 &&
		g.C%16 == 0 && g.O%16 == 0 && max(g.C, g.O) <= maxChannels
}

func newWinograd(g Geometry, isa simd.ISA) winograd {
	across := g.OW / 2
	return winograd{g, isa, across, g.N * (g.OH / 2) * across}
}

// tile returns the image of tile t and its place in it.
func (g *winograd) tile(t int) (n, ty, tx int) {
	q := t / g.across
	down := g.OH / 2
	return q / down, q % down, t % g.across
}

// pixels3 points px at 3×3 pixels of an h×w image of c channels, from (y,x) on and step apart; pixels
// outside are zeros.
func pixels3(px *[9]*float32, image *float32, h, w, c, y, x, step int) {
	for a := range 3 {
		row := px[3*a : 3*a+3]
		v := y + a*step
		for b := range row {
			u := x + b*step
			if uint(v) < uint(h) && uint(u) < uint(w) {
				row[b] = offset(image, (v*w+u)*c)
			} else {
				row[b] = &zeros[0]
			}
		}
	}
}

// pixels4 is pixels3 for 4×4 neighbouring pixels.
func pixels4(px *[16]*float32, image *float32, h, w, c, y, x int) {
	for a := range 4 {
		row := px[4*a : 4*a+4]
		for b := range row {
			v, u := y+a, x+b
			if uint(v) < uint(h) && uint(u) < uint(w) {
				row[b] = offset(image, (v*w+u)*c)
			} else {
				row[b] = &zeros[0]
			}
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
