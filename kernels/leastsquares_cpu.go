package kernels

// leastSquares is factor·(s−target)² of a score s.
type leastSquares struct{ target, factor float64 }

func (f leastSquares) at(score float64) (value, slope float64) {
	d := score - f.target
	return f.factor * d * d, 2 * f.factor * d
}
