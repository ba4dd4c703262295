package kernels

import "math"

// sigmoidBCE is the cross-entropy of a logit's sigmoid with a label of 0 or 1, clamped as PyTorch
// does.
type sigmoidBCE struct {
	label float64
	wide  bool // the sigmoid is kept in float64
}

func (f sigmoidBCE) at(logit float64) (value, slope float64) {
	p := 1 / (1 + math.Exp(-logit))
	if !f.wide {
		p = float64(float32(p))
	}
	if f.label == 1 {
		value = -max(math.Log(p), -100)
	} else {
		value = -max(math.Log1p(-p), -100)
	}
	sigmoid := p * (1 - p)
	return value, (p - f.label) / max(sigmoid, 1e-12) * sigmoid
}
