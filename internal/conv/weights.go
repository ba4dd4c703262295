package conv

import (
	"ganlib/device"
	"ganlib/internal/work"
)

// Weights are a convolution's weights (O,KH,KW,C) and, if they are held, what was made of them.
type Weights struct {
	Data   []float32
	Tensor *device.Tensor // may be nil
}

// WeightsOf returns the weights that lie in a tensor.
func WeightsOf(t *device.Tensor) Weights { return Weights{device.Data[float32](t), t} }

// What is made of weights.
const (
	forOutput = iota // packed for the pass towards the output
	forInput
)

// prepared is memory for packed weights: kept with the tensor while it is held, else borrowed.
type prepared struct {
	data     []float32
	kept     *device.Kept
	borrowed *work.Scratch[float32]
}

// prepare returns n floats for weights packed for a pass, and whether they must be filled first. Call
// filled then, and in any case done at the end.
func (w Weights) prepare(pass, n int) (p prepared, fill bool) {
	if w.Tensor != nil {
		if p.kept = w.Tensor.Keep(pass, n); p.kept != nil {
			p.kept.Lock()
			p.data = p.kept.Data
			if p.kept.Valid {
				p.kept.Unlock()
				return p, false
			}
			return p, true
		}
	}
	p.borrowed = work.Borrow[float32](n)
	p.data = p.borrowed.Data
	return p, true
}

// filled says that the packed weights are complete.
func (p prepared) filled() {
	if p.kept != nil {
		p.kept.Valid = true
		p.kept.Unlock()
	}
}

// done gives borrowed memory back.
func (p prepared) done() {
	if p.borrowed != nil {
		work.GiveBack(p.borrowed)
	}
}
