package optim

import (
	"errors"
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// SGDConfig holds the settings of stochastic gradient descent.
type SGDConfig struct {
	LearningRate float64 // > 0
	Momentum     float64 // μ, in [0,1)
	Nesterov     bool    // look ahead along the momentum; needs Momentum > 0
}

// SGDDefaults returns PyTorch's defaults: learning rate 0.001, no momentum.
func SGDDefaults() SGDConfig { return SGDConfig{LearningRate: 1e-3} }

// Validate reports every field that is out of its range.
func (c SGDConfig) Validate() error {
	const op = "sgd"
	var nesterov error
	if c.Nesterov && c.Momentum == 0 {
		nesterov = fmt.Errorf("optim: %s: Nesterov without momentum: want Momentum > 0", op)
	}
	return errors.Join(positive(op, "LearningRate", c.LearningRate), decay(op, "Momentum", c.Momentum), nesterov)
}

// SGD is stochastic gradient descent with PyTorch's momentum, in which the learning rate multiplies
// the whole step:
//
//	b ← μ·b + g        b starts at 0
//	θ ← θ − lr·b    or, Nesterov,    θ ← θ − lr·(g + μ·b)
type SGD struct {
	base
	config SGDConfig
	b      *device.Tensor // nil without momentum
}

var _ Optimizer = (*SGD)(nil)

// NewSGD returns an SGD optimiser of value by grad, two tensors of one shape on one device. Its state
// is momentum_buffer, or nothing without momentum.
func NewSGD(value, grad *device.Tensor, c SGDConfig) (*SGD, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var states []string
	if c.Momentum > 0 {
		states = []string{"momentum_buffer"}
	}
	b, err := newBase("sgd", value, grad, c.LearningRate, states...)
	if err != nil {
		return nil, err
	}
	s := &SGD{base: b, config: c}
	if c.Momentum > 0 {
		s.b = b.state[0].Tensor
	}
	return s, nil
}

// Step implements [Optimizer].
func (s *SGD) Step() error {
	return s.count(kernels.SGD(s.value, s.grad, s.b, kernels.SGDStep{Rate: s.rate, Momentum: s.config.Momentum, Nesterov: s.config.Nesterov}))
}
