package kernels

// wasserstein is sign·s of a score s.
type wasserstein struct{ sign float64 }

func (f wasserstein) at(score float64) (value, slope float64) { return f.sign * score, f.sign }
