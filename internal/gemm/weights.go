package gemm

import (
	"ganlib/device"
	"ganlib/internal/work"
)

// Weights are a matrix or a convolution's kernels that many products share, and, if they are held, what
// was made of them.
type Weights struct {
	Data   []float32
	Tensor *device.Tensor // may be nil
}

// WeightsOf returns the weights that lie in a tensor.
func WeightsOf(t *device.Tensor) Weights { return Weights{device.Data[float32](t), t} }

// Pass is what weights are packed for.
type Pass int

const (
	ForOutput Pass = iota
	ForInput
	Passes = 2
)

// Prepared is memory for packed weights: kept with the tensor while it is held, else borrowed.
type Prepared struct {
	Data     []float32
	kept     *device.Kept
	borrowed *work.Scratch[float32]
}

// Prepare returns n floats for weights packed for a pass, and whether they must be filled first. Call
// Filled then, and in any case Done at the end.
func (w Weights) Prepare(pass Pass, n int) (p Prepared, fill bool) {
	if w.Tensor != nil {
		if p.kept = w.Tensor.Keep(int(pass), n); p.kept != nil {
			p.kept.Lock()
			p.Data = p.kept.Data
			if p.kept.Valid {
				p.kept.Unlock()
				return p, false
			}
			return p, true
		}
	}
	p.borrowed = work.Borrow[float32](n)
	p.Data = p.borrowed.Data
	return p, true
}

// Filled says that the packed weights are complete.
func (p Prepared) Filled() {
	if p.kept != nil {
		p.kept.Valid = true
		p.kept.Unlock()
	}
}

// Done gives borrowed memory back.
func (p Prepared) Done() {
	if p.borrowed != nil {
		work.GiveBack(p.borrowed)
	}
}
