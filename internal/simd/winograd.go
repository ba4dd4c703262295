package simd

// The transforms of Winograd's minimal filtering (Winograd 1980, "Arithmetic complexity of computations";
// Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"): two outputs of a correlation
// with two taps by three multiplications in place of four, F(2,2), or with three taps by four in place of
// six, F(2,3).
//
//	y0 = d0·w0 + d1·w1 = m0 + m1            m0 = (d0−d1)·w0
//	y1 = d1·w0 + d2·w1 = m1 − m3            m1 = d1·(w0+w1)
//	                                        m3 = (d1−d2)·w1
//
//	y0 = d0·w0 + d1·w1 + d2·w2 = m0 + m1 + m2        m0 = (d0−d2)·w0
//	y1 = d1·w0 + d2·w1 + d3·w2 = m1 − m2 − m3        m1 = (d1+d2)·(w0+w1+w2)/2
//	                                                 m2 = (d2−d1)·(w0−w1+w2)/2
//	                                                 m3 = (d1−d3)·w2
//
// In two dimensions rows and columns are transformed one after the other, by the same or by different
// ones. F(2,2) is F(2,3) without m2, so their products may be added to each other. Every transform works
// on n elements of each pixel, tap or point, a multiple of i.Lanes(); points lie row by row, each ps
// elements after the one before.

// Taps is the size of a correlation's kernel: two or three in each dimension.
type Taps struct{ Rows, Cols int }

// Points is how many multiplications four outputs take, and how many points there are.
func (t Taps) Points() int { return (t.Rows + 1) * (t.Cols + 1) }

// Patch points at up to 4×4 pixels or 3×3 taps, row by row, Outputs at what is written: a tile of 2×2,
// or up to 3×3 taps.
type (
	Patch   [16]*float32
	Outputs [9]*float32
)

// WinogradInput transforms (Rows+1)×(Cols+1) pixels d to points: d0−d1, d1, d1−d2 for two taps, and
// d0−d2, d1+d2, d2−d1, d1−d3 for three.
func (i ISA) WinogradInput(t Taps, n int, px *Patch, dst *float32, ps int) {
	px16 := (*[16]*float32)(px)
	switch {
	case i == AVX512 && t == Taps{2, 2}:
		winogradInput2x2AVX512(n/16, px16, dst, ps)
	case i == AVX512 && t == Taps{2, 3}:
		winogradInput2x3AVX512(n/16, px16, dst, ps)
	case i == AVX512 && t == Taps{3, 2}:
		winogradInput3x2AVX512(n/16, px16, dst, ps)
	case i == AVX512 && t == Taps{3, 3}:
		winogradInput3x3AVX512(n/16, px16, dst, ps)
	case i == AVX2 && t == Taps{2, 2}:
		winogradInput2x2AVX2(n/8, px16, dst, ps)
	case i == AVX2 && t == Taps{2, 3}:
		winogradInput2x3AVX2(n/8, px16, dst, ps)
	case i == AVX2 && t == Taps{3, 2}:
		winogradInput3x2AVX2(n/8, px16, dst, ps)
	case i == AVX2 && t == Taps{3, 3}:
		winogradInput3x3AVX2(n/8, px16, dst, ps)
	default:
		toPoints(winogradInput[t.Rows], winogradInput[t.Cols], n, px, dst, ps)
	}
}

// WinogradInput5 transforms 4×4 pixels a to 25 points: a0−a1, a1, a1−a2, a2, a2−a3. The nine points from
// (2r,2s) on are those for two taps of the 3×3 pixels from (r,s) on.
func (i ISA) WinogradInput5(n int, px *Patch, dst *float32, ps int) {
	switch i {
	case AVX512:
		winogradInput5AVX512(n/16, (*[16]*float32)(px), dst, ps)
	case AVX2:
		winogradInput5AVX2(n/8, (*[16]*float32)(px), dst, ps)
	default:
		toPoints(winogradInput5, winogradInput5, n, px, dst, ps)
	}
}

// WinogradOutput transforms points m to a tile of 2×2 outputs: m0+m1, m1−m2 for two taps, and m0+m1+m2,
// m1−m2−m3 for three.
func (i ISA) WinogradOutput(t Taps, n int, m *float32, ps int, y *Outputs) {
	y9 := (*[9]*float32)(y)
	switch {
	case i == AVX512 && t == Taps{2, 2}:
		winogradOutput2x2AVX512(n/16, m, ps, y9)
	case i == AVX512 && t == Taps{2, 3}:
		winogradOutput2x3AVX512(n/16, m, ps, y9)
	case i == AVX512 && t == Taps{3, 2}:
		winogradOutput3x2AVX512(n/16, m, ps, y9)
	case i == AVX512 && t == Taps{3, 3}:
		winogradOutput3x3AVX512(n/16, m, ps, y9)
	case i == AVX2 && t == Taps{2, 2}:
		winogradOutput2x2AVX2(n/8, m, ps, y9)
	case i == AVX2 && t == Taps{2, 3}:
		winogradOutput2x3AVX2(n/8, m, ps, y9)
	case i == AVX2 && t == Taps{3, 2}:
		winogradOutput3x2AVX2(n/8, m, ps, y9)
	case i == AVX2 && t == Taps{3, 3}:
		winogradOutput3x3AVX2(n/8, m, ps, y9)
	default:
		fromPoints(winogradOutput[t.Rows], winogradOutput[t.Cols], n, m, ps, y, false)
	}
}

// WinogradWeight transforms taps w to points: w0, w0+w1, w1 for two taps, and w0, (w0+w1+w2)/2,
// (w0−w1+w2)/2, w2 for three.
func (i ISA) WinogradWeight(t Taps, n int, w *Patch, dst *float32, ps int) {
	w16 := (*[16]*float32)(w)
	switch {
	case i == AVX512 && t == Taps{2, 2}:
		winogradWeight2x2AVX512(n/16, w16, dst, ps)
	case i == AVX512 && t == Taps{2, 3}:
		winogradWeight2x3AVX512(n/16, w16, dst, ps)
	case i == AVX512 && t == Taps{3, 2}:
		winogradWeight3x2AVX512(n/16, w16, dst, ps)
	case i == AVX512 && t == Taps{3, 3}:
		winogradWeight3x3AVX512(n/16, w16, dst, ps)
	case i == AVX2 && t == Taps{2, 2}:
		winogradWeight2x2AVX2(n/8, w16, dst, ps)
	case i == AVX2 && t == Taps{2, 3}:
		winogradWeight2x3AVX2(n/8, w16, dst, ps)
	case i == AVX2 && t == Taps{3, 2}:
		winogradWeight3x2AVX2(n/8, w16, dst, ps)
	case i == AVX2 && t == Taps{3, 3}:
		winogradWeight3x3AVX2(n/8, w16, dst, ps)
	default:
		toPoints(winogradWeight[t.Rows], winogradWeight[t.Cols], n, w, dst, ps)
	}
}

// WinogradGradient transforms the gradients g of a tile of 2×2 outputs to grid×grid points, for the sums
// of a weight gradient: the adjoint of WinogradOutput up to the sign of the last row and column. A grid
// of three, g0, g0+g1, g1, is for two taps, a grid of four, g0, g0+g1, g0−g1, g1, for three; without g0−g1
// it is that of three.
func (i ISA) WinogradGradient(grid, n int, g *Patch, dst *float32, ps int) {
	switch {
	case grid == 3:
		i.WinogradWeight(Taps{2, 2}, n, g, dst, ps)
	case i == AVX512:
		winogradGradientAVX512(n/16, (*[16]*float32)(g), dst, ps)
	case i == AVX2:
		winogradGradientAVX2(n/8, (*[16]*float32)(g), dst, ps)
	default:
		toPoints(winogradGradient, winogradGradient, n, g, dst, ps)
	}
}

// WinogradSums transforms points s, sums of products of WinogradInput and WinogradGradient, to gradients
// that are added to the taps w: s0+s1, s1−s2 for two taps, and s0+(s1+s2)/2, (s1−s2)/2, (s1+s2)/2−s3 for
// three.
func (i ISA) WinogradSums(t Taps, n int, s *float32, ps int, w *Outputs) {
	w9 := (*[9]*float32)(w)
	switch {
	case i == AVX512 && t == Taps{2, 2}:
		winogradSums2x2AVX512(n/16, s, ps, w9)
	case i == AVX512 && t == Taps{2, 3}:
		winogradSums2x3AVX512(n/16, s, ps, w9)
	case i == AVX512 && t == Taps{3, 2}:
		winogradSums3x2AVX512(n/16, s, ps, w9)
	case i == AVX512 && t == Taps{3, 3}:
		winogradSums3x3AVX512(n/16, s, ps, w9)
	case i == AVX2 && t == Taps{2, 2}:
		winogradSums2x2AVX2(n/8, s, ps, w9)
	case i == AVX2 && t == Taps{2, 3}:
		winogradSums2x3AVX2(n/8, s, ps, w9)
	case i == AVX2 && t == Taps{3, 2}:
		winogradSums3x2AVX2(n/8, s, ps, w9)
	case i == AVX2 && t == Taps{3, 3}:
		winogradSums3x3AVX2(n/8, s, ps, w9)
	default:
		fromPoints(winogradSums[t.Rows], winogradSums[t.Cols], n, s, ps, w, true)
	}
}
