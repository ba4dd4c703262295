package conv

import "ganlib/internal/simd"

// Products for images of few channels have few columns, which leave lanes of AVX-512's vectors empty. The
// functions below return the engine that fits a pass best: vectors of AVX2 are half as wide, and as fast
// for each lane on processors that halve the wider ones.

func (e Engine) narrower() Engine { return Engine{e.Pool, simd.AVX2, e.Halves} }

func (e Engine) wide() bool { return e.ISA == simd.AVX512 }

// forColumns is for products of so many columns.
func (e Engine) forColumns(n int) Engine {
	if e.wide() && (n <= 8 || e.Halves && n <= 16) {
		return e.narrower()
	}
	return e
}

// forNarrowInput is for [narrowInput], whose columns are pixels under a line of the kernel. If they need
// two vectors of AVX2, one that is halved is as fast.
func (e Engine) forNarrowInput(g Geometry) Engine {
	if e.wide() && g.KW*g.C <= 8 {
		return e.narrower()
	}
	return e
}

// forPlanar is for [planarInput], whose columns are pixels of a phase. Its sums want several vectors to add
// to by turns.
func (e Engine) forPlanar(g Geometry) Engine {
	return e.forColumns(planarColumns(g))
}
