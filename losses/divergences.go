package losses

import (
	"fmt"
	"math"
)

// KL returns the Kullback-Leibler divergence of two discrete distributions, in nats:
//
//	KL(p‖q) = Σ p_i · ln(p_i/q_i)
//
// with 0·ln 0 = 0. It is never negative, zero only for p = q, not symmetric, and +Inf where p has mass
// and q has none. p and q are probabilities over the same outcomes. Divide by ln 2 for bits.
func KL(p, q []float64) (float64, error) {
	if err := checkDistributions("kl", p, q); err != nil {
		return 0, err
	}
	sum := 0.0
	for i := range p {
		if p[i] > 0 {
			sum += p[i] * (math.Log(p[i]) - math.Log(q[i]))
		}
	}
	return max(sum, 0), nil
}

// JS returns the Jensen-Shannon divergence of two discrete distributions, in nats:
//
//	JS(p,q) = ½·KL(p‖m) + ½·KL(q‖m),  m = (p+q)/2
//
// It is symmetric and at most ln 2, which it reaches when p and q have no outcome in common. There it
// is flat: the best critic of the original GAN then leaves the generator no gradient to follow
// (Arjovsky and Bottou 2017, "Towards principled methods for training generative adversarial
// networks"). Divide by ln 2 for bits.
func JS(p, q []float64) (float64, error) {
	if err := checkDistributions("js", p, q); err != nil {
		return 0, err
	}
	sum := 0.0
	for i := range p {
		m := p[i] + q[i] // twice the mean, which could underflow
		for _, v := range [...]float64{p[i], q[i]} {
			if v > 0 {
				sum += v / 2 * math.Log(2*(v/m))
			}
		}
	}
	return min(max(sum, 0), math.Ln2), nil
}

// checkDistributions checks that p and q are probabilities over the same outcomes. Their sums may be
// off by what rounding float32 numbers leaves.
func checkDistributions(op string, p, q []float64) error {
	if len(p) != len(q) {
		return fmt.Errorf("losses: %s: p has %d outcomes, q has %d: want as many", op, len(p), len(q))
	}
	for _, d := range [...]struct {
		name   string
		values []float64
	}{{"p", p}, {"q", q}} {
		sum := 0.0
		for i, v := range d.values {
			if !(v >= 0) {
				return fmt.Errorf("losses: %s: %s[%d] is %v: want a probability >= 0", op, d.name, i, v)
			}
			sum += v
		}
		if math.Abs(sum-1) > 1e-6 {
			return fmt.Errorf("losses: %s: %s sums to %v: want 1", op, d.name, sum)
		}
	}
	return nil
}
