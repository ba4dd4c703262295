package kernels

import "math"

// bce is weight·softplus(sign·ℓ) of a logit ℓ; sign is −1 where the label is 1.
type bce struct{ sign, weight float64 }

func (f bce) at(logit float64) (value, slope float64) {
	t := f.sign * logit
	softplus := max(t, 0) + math.Log1p(math.Exp(-math.Abs(t)))
	return f.weight * softplus, f.weight * f.sign / (1 + math.Exp(-t))
}
