package kernels

import "math"

// probabilityBCE is the cross-entropy of a probability with a label of 0 or 1, clamped as PyTorch
// does. Its slope is the one towards the logit.
type probabilityBCE struct{ label float64 }

func (f probabilityBCE) at(p float64) (value, slope float64) {
	if f.label == 1 {
		value = -max(math.Log(p), -100)
	} else {
		value = -max(math.Log1p(-p), -100)
	}
	sigmoid := p * (1 - p)
	return value, (p - f.label) / max(sigmoid, 1e-12) * sigmoid
}
