package simd

// The transforms of Winograd's minimal filtering F(2×2,2×2), four outputs of a 2×2 correlation by nine
// multiplications in place of sixteen (Winograd 1980, "Arithmetic complexity of computations"; Lavin
// and Gray 2016, "Fast algorithms for convolutional neural networks"). In one dimension
//
//	y0 = d0·w0 + d1·w1 = m0 + m1        m0 = (d0−d1)·w0
//	y1 = d1·w0 + d2·w1 = m1 − m2        m1 = d1·(w0+w1)
//	                                    m2 = (d1−d2)·w1
//
// and in two dimensions rows and columns are transformed one after the other. Every transform works on
// n elements of each pixel, tap or point, a multiple of i.Lanes(); point p lies ps elements after
// point p−1.

// WinogradInput transforms a patch d of 3×3 pixels to nine points: rows and columns become d0−d1, d1,
// d1−d2.
func (i ISA) WinogradInput(n int, px *[9]*float32, dst *float32, ps int) {
	switch i {
	case AVX512:
		winogradInputAVX512(n/16, px, dst, ps)
	case AVX2:
		winogradInputAVX2(n/8, px, dst, ps)
	default:
		for e := range n {
			var d [3][3]float32
			for p := range 9 {
				d[p/3][p%3] = *element(px[p], e)
			}
			row := func(r, c int) float32 { return [3]float32{d[0][c] - d[1][c], d[1][c], d[1][c] - d[2][c]}[r] }
			for r := range 3 {
				*element(dst, (3*r)*ps+e) = row(r, 0) - row(r, 1)
				*element(dst, (3*r+1)*ps+e) = row(r, 1)
				*element(dst, (3*r+2)*ps+e) = row(r, 1) - row(r, 2)
			}
		}
	}
}

// WinogradInput5 transforms a patch a of 4×4 pixels to 25 points: rows and columns become a0−a1, a1,
// a1−a2, a2, a2−a3. The nine points from (2r,2s) on are those of the 3×3 patch that begins at (r,s).
func (i ISA) WinogradInput5(n int, px *[16]*float32, dst *float32, ps int) {
	switch i {
	case AVX512:
		winogradInput5AVX512(n/16, px, dst, ps)
	case AVX2:
		winogradInput5AVX2(n/8, px, dst, ps)
	default:
		five := func(a [4]float32) [5]float32 {
			return [5]float32{a[0] - a[1], a[1], a[1] - a[2], a[2], a[2] - a[3]}
		}
		for e := range n {
			var rows [5][4]float32
			for c := range 4 {
				var a [4]float32
				for r := range a {
					a[r] = *element(px[4*r+c], e)
				}
				for r, v := range five(a) {
					rows[r][c] = v
				}
			}
			for r := range rows {
				for c, v := range five(rows[r]) {
					*element(dst, (5*r+c)*ps+e) = v
				}
			}
		}
	}
}

// WinogradOutput transforms nine points m to the four numbers of a 2×2 tile: rows and columns become
// m0+m1, m1−m2. With add they are added to what is there.
func (i ISA) WinogradOutput(n int, m *float32, ps int, y *[4]*float32, add bool) {
	switch {
	case i == AVX512 && add:
		winogradOutputAddAVX512(n/16, m, ps, y)
	case i == AVX512:
		winogradOutputAVX512(n/16, m, ps, y)
	case i == AVX2 && add:
		winogradOutputAddAVX2(n/8, m, ps, y)
	case i == AVX2:
		winogradOutputAVX2(n/8, m, ps, y)
	default:
		for e := range n {
			point := func(r, c int) float32 { return *element(m, (3*r+c)*ps+e) }
			for r := range 2 {
				row := func(c int) float32 {
					if r == 0 {
						return point(0, c) + point(1, c)
					}
					return point(1, c) - point(2, c)
				}
				for c, v := range [2]float32{row(0) + row(1), row(1) - row(2)} {
					at := element(y[2*r+c], e)
					if add {
						v += *at
					}
					*at = v
				}
			}
		}
	}
}

// WinogradWeight transforms the four taps w of a 2×2 kernel to nine points: rows and columns become
// w0, w0+w1, w1. It is also the adjoint of WinogradOutput up to the sign of the last row and column:
// the transform of an output's gradient in a weight gradient.
func (i ISA) WinogradWeight(n int, w *[4]*float32, dst *float32, ps int) {
	switch i {
	case AVX512:
		winogradWeightAVX512(n/16, w, dst, ps)
	case AVX2:
		winogradWeightAVX2(n/8, w, dst, ps)
	default:
		for e := range n {
			tap := func(r, c int) float32 { return *element(w[2*r+c], e) }
			for r := range 3 {
				row := func(c int) float32 {
					if r == 1 {
						return tap(0, c) + tap(1, c)
					}
					return tap(r/2, c)
				}
				*element(dst, (3*r)*ps+e) = row(0)
				*element(dst, (3*r+1)*ps+e) = row(0) + row(1)
				*element(dst, (3*r+2)*ps+e) = row(1)
			}
		}
	}
}
