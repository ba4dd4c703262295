package conv

// Forward computes the outputs y of images x under weights w.
func (e Engine) Forward(g Geometry, y, x, w []float32, then Epilogue) {
	if winogradFits(g) {
		e.winogradForward(g, y, x, w, then)
		return
	}
	e.directForward(g, y, x, w, then)
}

// Input computes dx, the gradient at the images, from dy, that at the outputs.
func (e Engine) Input(g Geometry, dx, dy, w []float32) {
	if winogradFits(g) {
		e.winogradInput(g, dx, dy, w)
		return
	}
	e.directInput(g, dx, dy, w)
}

// Weight adds to dw the gradient at the weights.
func (e Engine) Weight(g Geometry, dw, x, dy []float32) {
	if winogradFits(g) {
		e.winogradWeight(g, dw, x, dy)
		return
	}
	e.directWeight(g, dw, x, dy)
}
