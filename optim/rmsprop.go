package optim

import (
	"errors"

	"ganlib/device"
	"ganlib/kernels"
)

// RMSPropConfig holds RMSProp's settings.
type RMSPropConfig struct {
	LearningRate float64    // > 0; WGAN's paper has 5e-5
	Rho          float64    // decay of the mean square, in [0,1); PyTorch calls it alpha
	Eps          float64    // keeps the divisor from zero, > 0
	Convention   Convention // whose rule
}

// RMSPropDefaults returns a framework's own defaults:
//
//	convention           learning rate    ρ       eps
//	PyTorch              0.01             0.99    1e-8
//	Keras, Keras 2.11    0.001            0.9     1e-7
//	TF1                  0.001            0.9     1e-10
//
// TensorFlow 1 itself has no default rate. An unknown convention is kept, for Validate to report.
func RMSPropDefaults(convention Convention) RMSPropConfig {
	switch convention {
	case Keras, Keras211:
		return RMSPropConfig{LearningRate: 1e-3, Rho: 0.9, Eps: 1e-7, Convention: convention}
	case TF1:
		return RMSPropConfig{LearningRate: 1e-3, Rho: 0.9, Eps: 1e-10, Convention: convention}
	}
	return RMSPropConfig{LearningRate: 0.01, Rho: 0.99, Eps: 1e-8, Convention: convention}
}

// Validate reports every field that is out of its range.
func (c RMSPropConfig) Validate() error {
	const op = "rmsprop"
	return errors.Join(
		positive(op, "LearningRate", c.LearningRate),
		decay(op, "Rho", c.Rho),
		positive(op, "Eps", c.Eps),
		c.Convention.check(op),
	)
}

// RMSProp is the optimiser of Tieleman and Hinton 2012, "Lecture 6.5: rmsprop", without momentum and
// not centred:
//
//	s ← ρ·s + (1−ρ)·g²
//
//	PyTorch, Keras up to 2.10    θ ← θ − lr·g / (√s + eps)    s starts at 0
//	Keras 2.11 and later         θ ← θ − lr·g / √(s + eps)    s starts at 0
//	TensorFlow 1                 θ ← θ − lr·g / √(s + eps)    s starts at 1
type RMSProp struct {
	base
	config RMSPropConfig
	s      *device.Tensor
}

var _ Optimizer = (*RMSProp)(nil)

// NewRMSProp returns an RMSProp optimiser of value by grad, two tensors of one shape on one device.
// Its state is square_avg, the mean square s.
func NewRMSProp(value, grad *device.Tensor, c RMSPropConfig) (*RMSProp, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b, err := newBase("rmsprop", value, grad, c.LearningRate, "square_avg")
	if err != nil {
		return nil, err
	}
	r := &RMSProp{base: b, config: c, s: b.state[0].Tensor}
	if c.Convention == TF1 {
		if err := kernels.Fill(r.s, 1); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Step implements [Optimizer].
func (r *RMSProp) Step() error {
	inside := r.config.Convention == Keras211 || r.config.Convention == TF1
	return r.count(kernels.RMSProp(r.value, r.grad, r.s, kernels.RMSPropStep{Rate: r.rate, Rho: r.config.Rho, Eps: r.config.Eps, EpsInside: inside}))
}
