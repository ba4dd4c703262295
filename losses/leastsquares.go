package losses

import (
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/kernels"
)

// LeastSquaresTargets are the constants of the least-squares losses.
type LeastSquaresTargets struct {
	A      float64 // the critic's target for fake scores
	B      float64 // the critic's target for real scores
	C      float64 // the generator's target for fake scores
	Factor float64 // factor before each mean of squares, > 0
}

// LSGAN returns the 0-1 coding of Mao et al. 2017, "Least squares generative adversarial networks"
// (https://arxiv.org/abs/1611.04076): a = 0, b = c = 1, factor ½.
func LSGAN() LeastSquaresTargets { return LeastSquaresTargets{A: 0, B: 1, C: 1, Factor: 0.5} }

// PearsonLSGAN returns the same paper's other choice, a = −1, b = 1, c = 0 and factor ½: the generator
// then minimises a Pearson χ² divergence, since b−c = 1 and b−a = 2.
func PearsonLSGAN() LeastSquaresTargets { return LeastSquaresTargets{A: -1, B: 1, C: 0, Factor: 0.5} }

// MSE returns a = −1, b = c = 1 and factor 1: a network that is compiled with a mean squared error
// and labels of ±1, as some tutorials do under the name of a Wasserstein GAN.
func MSE() LeastSquaresTargets { return LeastSquaresTargets{A: -1, B: 1, C: 1, Factor: 1} }

// Validate reports a target that is not finite, or a factor that is not positive and finite.
func (t LeastSquaresTargets) Validate() error {
	for _, v := range [...]struct {
		name  string
		value float64
	}{{"A", t.A}, {"B", t.B}, {"C", t.C}} {
		if math.IsNaN(v.value) || math.IsInf(v.value, 0) {
			return fmt.Errorf("losses: least squares: %s %v: want a finite number", v.name, v.value)
		}
	}
	if !(t.Factor > 0) || math.IsInf(t.Factor, 0) {
		return fmt.Errorf("losses: least squares: Factor %v: want a finite number > 0", t.Factor)
	}
	return nil
}

// LeastSquares computes the critic's loss of Mao et al. 2017:
//
//	loss = factor·(mean (real−b)² + mean (fake−a)²)
//
// real and fake are unbounded scores of shape (N,1). dReal and dFake, of the same shape, are
// overwritten with 2·factor·(real−b)/N and 2·factor·(fake−a)/N.
func LeastSquares(loss, dReal, dFake, real, fake *device.Tensor, t LeastSquaresTargets) error {
	return kernels.LeastSquaresCritic(loss, dReal, dFake, real, fake, t.A, t.B, t.Factor)
}

// LeastSquaresGenerator computes the generator's loss factor·mean (fake−c)²; dFake is
// 2·factor·(fake−c)/N.
func LeastSquaresGenerator(loss, dFake, fake *device.Tensor, t LeastSquaresTargets) error {
	return kernels.LeastSquaresGenerator(loss, dFake, fake, t.C, t.Factor)
}
