package conv

import "ganlib/internal/simd"

// Epilogue is what is done to results while they are in the cache: y = leaky(y + Bias). The zero Epilogue
// is nothing.
type Epilogue struct {
	Bias  []float32 // one number a channel; nil: nothing is done
	Slope float32   // of LeakyReLU below zero; 1 leaves numbers as they are
}

// apply finishes the rows lo to hi and columns left to right of y, which has o columns.
func (e Epilogue) apply(isa simd.ISA, y []float32, o, lo, hi, left, right int) {
	if e.Bias != nil {
		isa.BiasLeakyReLU(hi-lo, y[lo*o+left:], o, e.Bias[left:right], e.Slope)
	}
}

// finishImages applies an epilogue to whole images.
type finishImages struct {
	Geometry
	isa  simd.ISA
	dx   []float32
	then Epilogue
}

// Run finishes images lo to hi.
func (k *finishImages) Run(lo, hi int) {
	pixels := k.H * k.W
	k.then.apply(k.isa, k.dx, k.C, lo*pixels, hi*pixels, 0, k.C)
}
