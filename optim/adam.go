package optim

import (
	"errors"
	"math"

	"ganlib/device"
	"ganlib/kernels"
)

// AdamConfig holds Adam's settings.
type AdamConfig struct {
	LearningRate float64    // > 0; WGAN-GP's paper has 1e-4, DCGAN's 2e-4
	Beta1        float64    // decay of the mean gradient, in [0,1); WGAN-GP 0, DCGAN 0.5
	Beta2        float64    // decay of the mean square, in [0,1); WGAN-GP 0.9, DCGAN 0.999
	Eps          float64    // keeps the divisor from zero, > 0
	Convention   Convention // whose rule
}

// AdamDefaults returns a framework's own defaults: learning rate 0.001, β 0.9 and 0.999, and eps 1e-8
// in PyTorch and TensorFlow 1, 1e-7 in Keras. An unknown convention is kept, for Validate to report.
func AdamDefaults(convention Convention) AdamConfig {
	c := AdamConfig{LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Convention: convention}
	if convention == Keras || convention == Keras211 {
		c.Eps = 1e-7
	}
	return c
}

// Validate reports every field that is out of its range.
func (c AdamConfig) Validate() error {
	const op = "adam"
	return errors.Join(
		positive(op, "LearningRate", c.LearningRate),
		decay(op, "Beta1", c.Beta1),
		decay(op, "Beta2", c.Beta2),
		positive(op, "Eps", c.Eps),
		c.Convention.check(op),
	)
}

// Adam is the optimiser of Kingma and Ba 2015, "Adam: a method for stochastic optimization"
// (https://arxiv.org/abs/1412.6980). In step t = 1, 2, …
//
//	m ← β₁·m + (1−β₁)·g,  v ← β₂·v + (1−β₂)·g²
//
//	PyTorch        θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + eps)
//	Keras, TF1     θ ← θ − lr·√(1−β₂ᵗ)/(1−β₁ᵗ) · m / (√v + eps)
//
// The second is the paper's section 2 variant, whose eps acts as a larger one in the first steps.
// β₁ = 0 is WGAN-GP's setting: m is the gradient itself. A parameter whose true gradient is zero, such
// as a convolution's bias before batch norm, still moves, since rounding noise is scaled up.
type Adam struct {
	base
	config AdamConfig
	m, v   *device.Tensor
}

var _ Optimizer = (*Adam)(nil)

// NewAdam returns an Adam optimiser of value by grad, two tensors of one shape on one device. Its
// state is m and v, both starting at zero.
func NewAdam(value, grad *device.Tensor, c AdamConfig) (*Adam, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b, err := newBase("adam", value, grad, c.LearningRate, "m", "v")
	if err != nil {
		return nil, err
	}
	return &Adam{base: b, config: c, m: b.state[0].Tensor, v: b.state[1].Tensor}, nil
}

// Step implements [Optimizer].
func (a *Adam) Step() error {
	t := float64(a.steps + 1)
	correction1 := 1 - math.Pow(a.config.Beta1, t)
	root := math.Sqrt(1 - math.Pow(a.config.Beta2, t))
	s := kernels.AdamStep{Rate: a.rate / correction1, Beta1: a.config.Beta1, Beta2: a.config.Beta2, Root: root, Eps: a.config.Eps}
	if a.config.Convention != PyTorch {
		s.Rate, s.Root = a.rate*root/correction1, 1
	}
	return a.count(kernels.Adam(a.value, a.grad, a.m, a.v, s))
}
