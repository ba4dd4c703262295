package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/work"
)

// Forward computes the outputs y of images x under weights w.
func (e Engine) Forward(g Geometry, y, x []float32, w gemm.Weights, then Epilogue) {
	switch {
	case winogradFits(g):
		e.forColumns(g.O).winogradForward(g, y, x, w, then)
	case narrow(g) && !wholeImage(g):
		e.forColumns(g.O).narrowForward(g, y, x, w, then)
	default:
		e.directForward(g, y, x, w, then)
	}
}

// Input computes dx, the gradient at the images, from dy, that at the outputs: also the outputs dx of a
// transposed convolution of dy, which is what an epilogue is for.
func (e Engine) Input(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue) {
	switch {
	case winogradFits(g):
		e.forColumns(g.C).winogradInput(g, dx, dy, w, then)
	case wholeImage(g):
		gemm.MultiplyHeld(e.Pool, e.ISA, gemm.Product{C: dx, A: dy, M: g.N, N: g.patch(), K: g.O, LDA: g.O, LDB: g.patch(), LDC: g.patch()}, w)
		if then.Bias != nil {
			work.Run(e.Pool, g.N, 1, finishImages{g, e.ISA, dx, then})
		}
	case narrow(g) && e.planarFits(g):
		e.forPlanar(g).planarInput(g, dx, dy, w, then)
	case narrow(g):
		e.forNarrowInput(g).narrowInput(g, dx, dy, w, then)
	default:
		e.directInput(g, dx, dy, w, then)
	}
}

// wholeImage reports whether the kernel covers the image exactly, so that the convolution is a linear
// layer.
func wholeImage(g Geometry) bool {
	return g.KH == g.H && g.KW == g.W && g.OH == 1 && g.OW == 1 && g.Top == 0 && g.Left == 0
}

// Weight adds to dw the gradient at the weights.
func (e Engine) Weight(g Geometry, dw, x, dy []float32) {
	switch {
	case winogradFits(g):
		e.forColumns(g.C).winogradWeight(g, dw, x, dy)
	case e.narrowWeightFits(g):
		e.forColumns(g.KW*g.C).narrowWeight(g, dw, x, dy)
	default:
		e.directWeight(g, dw, x, dy)
	}
}
