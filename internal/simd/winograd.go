package simd

// The transforms of Winograd's minimal filtering (Winograd 1980, "Arithmetic complexity of computations";
// Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"). F(m,r) is m neighbouring outputs
// of a correlation with r taps, which take m+r−1 multiplications in place of m·r, one for each point:
//
//	F(2,2)  y0 = d0·w0 + d1·w1 = m0 + m1            m0 = (d0−d1)·w0
//	        y1 = d1·w0 + d2·w1 = m1 − m3            m1 = d1·(w0+w1)
//	                                                m3 = (d1−d2)·w1
//
//	F(2,3)  y0 = d0·w0 + d1·w1 + d2·w2 = m0 + m1 + m2        m0 = (d0−d2)·w0
//	        y1 = d1·w0 + d2·w1 + d3·w2 = m1 − m2 − m3        m1 = (d1+d2)·(w0+w1+w2)/2
//	                                                         m2 = (d2−d1)·(w0−w1+w2)/2
//	                                                         m3 = (d1−d3)·w2
//
//	F(4,2)  yi = di·w0 + di+1·w1         y0 = m0 + m1 + (m3 − m2)
//	                                     y1 = b·(m0 − m1) − a·(m3 + m2)
//	                                     y2 = b²·(m0 + m1) + a²·(m3 − m2)
//	                                     y3 = b³·(m0 − m1) − a³·(m3 + m2) + m4
//
//	        with e = d2 − a²·d0, o = d3 − a²·d1, f = d2 − b²·d0, g = d3 − b²·d1, c = 1/(2·(b²−a²))
//	        m0 = (o+b·e)·(w1+w0/b)·c       m2 = (g+a·f)·(w0/a+w1)·c
//	        m1 = (o−b·e)·(w1−w0/b)·c       m3 = (g−a·f)·(w0/a−w1)·c       m4 = (d4−b²·d2−a²·f)·w1
//
// F(4,2) is that of the points ±a, ±b and ∞, here with a = 3/8 and b = 5/4: of all choices that were tried they
// round best, half as much again as F(2,2). In two dimensions rows and columns are transformed one after the other. F(2,2) is F(2,3)
// without m2, so their products may be added to each other. Every transform works on n elements of each
// pixel, tap or point, a multiple of i.Lanes(); points lie row by row, each ps elements after the one before.

// Filter is F(Tile×Tile, Rows×Cols): a tile of outputs, and the taps of a correlation. Tiles of 2 have two or
// three taps in each dimension, tiles of 4 have 2×2.
type Filter struct{ Tile, Rows, Cols int }

// Points is how many multiplications a tile takes, and how many points there are.
func (f Filter) Points() int { return f.Down() * f.Across() }

// Down and Across are the pixels under a tile, and the points, in each dimension.
func (f Filter) Down() int   { return f.Tile + f.Rows - 1 }
func (f Filter) Across() int { return f.Tile + f.Cols - 1 }

// Patch points at up to 5×5 pixels, taps or gradients, row by row, Outputs at what is written: a tile of up
// to 4×4, or taps.
type (
	Patch   = [25]*float32
	Outputs = [16]*float32
)

// Each function below calls its kernel by name: called through a table, it would let px escape to the heap.

// WinogradInput transforms the pixels under a tile to points.
func (i ISA) WinogradInput(f Filter, n int, px *Patch, dst *float32, ps int) {
	switch {
	case i == AVX512 && f == Filter{2, 2, 2}:
		winogradInput2x2AVX512(n/16, px, dst, ps)
	case i == AVX512 && f == Filter{2, 2, 3}:
		winogradInput2x3AVX512(n/16, px, dst, ps)
	case i == AVX512 && f == Filter{2, 3, 2}:
		winogradInput3x2AVX512(n/16, px, dst, ps)
	case i == AVX512 && f == Filter{2, 3, 3}:
		winogradInput3x3AVX512(n/16, px, dst, ps)
	case i == AVX512 && f == Filter{4, 2, 2}:
		winogradInput4AVX512(n/16, px, dst, ps)
	case i == AVX2 && f == Filter{2, 2, 2}:
		winogradInput2x2AVX2(n/8, px, dst, ps)
	case i == AVX2 && f == Filter{2, 2, 3}:
		winogradInput2x3AVX2(n/8, px, dst, ps)
	case i == AVX2 && f == Filter{2, 3, 2}:
		winogradInput3x2AVX2(n/8, px, dst, ps)
	case i == AVX2 && f == Filter{2, 3, 3}:
		winogradInput3x3AVX2(n/8, px, dst, ps)
	case i == AVX2 && f == Filter{4, 2, 2}:
		winogradInput4AVX2(n/8, px, dst, ps)
	default:
		toPoints(winogradInput[f.maps(f.Rows)], winogradInput[f.maps(f.Cols)], n, px, dst, ps)
	}
}

// WinogradInput5 transforms 4×4 pixels a to 25 points: a0−a1, a1, a1−a2, a2, a2−a3. The nine points from
// (2r,2s) on are those of F(2×2,2×2) for the 3×3 pixels from (r,s) on.
func (i ISA) WinogradInput5(n int, px *Patch, dst *float32, ps int) {
	switch i {
	case AVX512:
		winogradInput5AVX512(n/16, px, dst, ps)
	case AVX2:
		winogradInput5AVX2(n/8, px, dst, ps)
	default:
		toPoints(winogradInput5, winogradInput5, n, px, dst, ps)
	}
}

// WinogradOutput transforms points m to a tile of outputs.
func (i ISA) WinogradOutput(f Filter, n int, m *float32, ps int, y *Outputs) {
	switch {
	case i == AVX512 && f == Filter{2, 2, 2}:
		winogradOutput2x2AVX512(n/16, m, ps, y)
	case i == AVX512 && f == Filter{2, 2, 3}:
		winogradOutput2x3AVX512(n/16, m, ps, y)
	case i == AVX512 && f == Filter{2, 3, 2}:
		winogradOutput3x2AVX512(n/16, m, ps, y)
	case i == AVX512 && f == Filter{2, 3, 3}:
		winogradOutput3x3AVX512(n/16, m, ps, y)
	case i == AVX512 && f == Filter{4, 2, 2}:
		winogradOutput4AVX512(n/16, m, ps, y)
	case i == AVX2 && f == Filter{2, 2, 2}:
		winogradOutput2x2AVX2(n/8, m, ps, y)
	case i == AVX2 && f == Filter{2, 2, 3}:
		winogradOutput2x3AVX2(n/8, m, ps, y)
	case i == AVX2 && f == Filter{2, 3, 2}:
		winogradOutput3x2AVX2(n/8, m, ps, y)
	case i == AVX2 && f == Filter{2, 3, 3}:
		winogradOutput3x3AVX2(n/8, m, ps, y)
	case i == AVX2 && f == Filter{4, 2, 2}:
		winogradOutput4AVX2(n/8, m, ps, y)
	default:
		fromPoints(winogradOutput[f.maps(f.Rows)], winogradOutput[f.maps(f.Cols)], n, m, ps, y, false)
	}
}

// WinogradWeight transforms taps w to points.
func (i ISA) WinogradWeight(f Filter, n int, w *Patch, dst *float32, ps int) {
	switch {
	case i == AVX512 && f == Filter{2, 2, 2}:
		winogradWeight2x2AVX512(n/16, w, dst, ps)
	case i == AVX512 && f == Filter{2, 2, 3}:
		winogradWeight2x3AVX512(n/16, w, dst, ps)
	case i == AVX512 && f == Filter{2, 3, 2}:
		winogradWeight3x2AVX512(n/16, w, dst, ps)
	case i == AVX512 && f == Filter{2, 3, 3}:
		winogradWeight3x3AVX512(n/16, w, dst, ps)
	case i == AVX512 && f == Filter{4, 2, 2}:
		winogradWeight4AVX512(n/16, w, dst, ps)
	case i == AVX2 && f == Filter{2, 2, 2}:
		winogradWeight2x2AVX2(n/8, w, dst, ps)
	case i == AVX2 && f == Filter{2, 2, 3}:
		winogradWeight2x3AVX2(n/8, w, dst, ps)
	case i == AVX2 && f == Filter{2, 3, 2}:
		winogradWeight3x2AVX2(n/8, w, dst, ps)
	case i == AVX2 && f == Filter{2, 3, 3}:
		winogradWeight3x3AVX2(n/8, w, dst, ps)
	case i == AVX2 && f == Filter{4, 2, 2}:
		winogradWeight4AVX2(n/8, w, dst, ps)
	default:
		toPoints(winogradWeight[f.maps(f.Rows)], winogradWeight[f.maps(f.Cols)], n, w, dst, ps)
	}
}

// WinogradGradient transforms the gradients g of a tile's outputs to grid×grid points, for the sums of a
// weight gradient: the adjoint of WinogradOutput up to the signs of some rows and columns. For tiles of 2 a
// grid of three, g0, g0+g1, g1, is for two taps, and a grid of four, g0, g0+g1, g0−g1, g1, for three; without
// g0−g1 it is that of three. A grid of five is for tiles of 4.
func (i ISA) WinogradGradient(grid, n int, g *Patch, dst *float32, ps int) {
	switch {
	case grid == 3:
		i.WinogradWeight(Filter{2, 2, 2}, n, g, dst, ps)
	case i == AVX512 && grid == 4:
		winogradGradientAVX512(n/16, g, dst, ps)
	case i == AVX512:
		winogradGradient4AVX512(n/16, g, dst, ps)
	case i == AVX2 && grid == 4:
		winogradGradientAVX2(n/8, g, dst, ps)
	case i == AVX2:
		winogradGradient4AVX2(n/8, g, dst, ps)
	default:
		toPoints(winogradGradient[grid], winogradGradient[grid], n, g, dst, ps)
	}
}

// WinogradSums transforms points s, sums of products of WinogradInput and WinogradGradient, to gradients
// that are added to the taps w.
func (i ISA) WinogradSums(f Filter, n int, s *float32, ps int, w *Outputs) {
	switch {
	case i == AVX512 && f == Filter{2, 2, 2}:
		winogradSums2x2AVX512(n/16, s, ps, w)
	case i == AVX512 && f == Filter{2, 2, 3}:
		winogradSums2x3AVX512(n/16, s, ps, w)
	case i == AVX512 && f == Filter{2, 3, 2}:
		winogradSums3x2AVX512(n/16, s, ps, w)
	case i == AVX512 && f == Filter{2, 3, 3}:
		winogradSums3x3AVX512(n/16, s, ps, w)
	case i == AVX512 && f == Filter{4, 2, 2}:
		winogradSums4AVX512(n/16, s, ps, w)
	case i == AVX2 && f == Filter{2, 2, 2}:
		winogradSums2x2AVX2(n/8, s, ps, w)
	case i == AVX2 && f == Filter{2, 2, 3}:
		winogradSums2x3AVX2(n/8, s, ps, w)
	case i == AVX2 && f == Filter{2, 3, 2}:
		winogradSums3x2AVX2(n/8, s, ps, w)
	case i == AVX2 && f == Filter{2, 3, 3}:
		winogradSums3x3AVX2(n/8, s, ps, w)
	case i == AVX2 && f == Filter{4, 2, 2}:
		winogradSums4AVX2(n/8, s, ps, w)
	default:
		fromPoints(winogradSums[f.maps(f.Rows)], winogradSums[f.maps(f.Cols)], n, s, ps, w, true)
	}
}
