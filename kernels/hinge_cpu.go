package kernels

// hinge is max(0, 1+sign·s) of a score s.
type hinge struct{ sign float64 }

func (f hinge) at(score float64) (value, slope float64) {
	margin := 1 + f.sign*score
	if margin <= 0 {
		return 0, 0
	}
	return margin, f.sign
}
