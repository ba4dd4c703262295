package optim

import (
	"fmt"
	"math"

	"ganlib/device"
)

// Optimizer changes parameters along their gradients. [Optimizer.State], [Optimizer.Steps] and their
// likes are for checkpoints: an optimiser of the same configuration that is given the same state and
// number of steps goes on in exactly the same way.
type Optimizer interface {
	// Name names the rule: "adam".
	Name() string
	// Step updates the parameters once from the gradients as they are. It does not clear them. After
	// an error nothing has changed.
	Step() error
	// Steps returns how many steps have been taken.
	Steps() int
	// SetSteps sets that number, from which bias corrections follow; it must not be negative.
	SetSteps(n int) error
	// LearningRate returns the rate of the next step.
	LearningRate() float64
	// SetLearningRate changes the rate of the following steps, for a schedule. The rate must be finite
	// and not negative: a schedule may end at zero.
	SetLearningRate(rate float64) error
	// State returns the tensors that hold what the optimiser remembers, in a fixed order, each of the
	// parameters' shape. They are the optimiser's own: writing to them restores a state.
	State() []State
}

// State is a named tensor of an optimiser's memory.
type State struct {
	Name   string // "m", "v", "square_avg" or "momentum_buffer"
	Tensor *device.Tensor
}

// Convention names the framework whose update rule is meant.
type Convention string

// The conventions. Adam of all Keras versions and of TensorFlow 1 is one rule.
const (
	PyTorch  Convention = "pytorch"    // PyTorch
	Keras    Convention = "keras"      // Keras up to 2.10
	Keras211 Convention = "keras-2.11" // Keras 2.11 and later
	TF1      Convention = "tf1"        // TensorFlow 1, tf.train
)

func (c Convention) check(op string) error {
	switch c {
	case PyTorch, Keras, Keras211, TF1:
		return nil
	}
	return fmt.Errorf("optim: %s: Convention %q: want %s, %s, %s or %s", op, string(c), PyTorch, Keras, Keras211, TF1)
}

// base is what all optimisers share.
type base struct {
	name        string
	value, grad *device.Tensor
	rate        float64
	steps       int
	state       []State
}

// newBase returns a base with one zeroed state tensor for each name.
func newBase(name string, value, grad *device.Tensor, rate float64, states ...string) (base, error) {
	if value.Shape() != grad.Shape() {
		return base{}, &device.ShapeError{Op: "optim: " + name, Arg: "grad", Got: grad.Shape(), Want: fmt.Sprintf("want the shape of value %v", value.Shape())}
	}
	if value.Device() != grad.Device() {
		return base{}, fmt.Errorf("optim: %s: grad is on device %v, want %v as value", name, grad.Device(), value.Device())
	}
	b := base{name: name, value: value, grad: grad, rate: rate}
	for _, s := range states {
		t, err := value.Device().New(value.Shape())
		if err != nil {
			return base{}, fmt.Errorf("optim: %s: state %s: %w", name, s, err)
		}
		b.state = append(b.state, State{s, t})
	}
	return b, nil
}

// Name implements [Optimizer].
func (b *base) Name() string { return b.name }

// Steps implements [Optimizer].
func (b *base) Steps() int { return b.steps }

// SetSteps implements [Optimizer].
func (b *base) SetSteps(n int) error {
	if n < 0 {
		return fmt.Errorf("optim: %s: steps %d: want a number >= 0", b.name, n)
	}
	b.steps = n
	return nil
}

// LearningRate implements [Optimizer].
func (b *base) LearningRate() float64 { return b.rate }

// SetLearningRate implements [Optimizer].
func (b *base) SetLearningRate(rate float64) error {
	if !(rate >= 0) || math.IsInf(rate, 0) {
		return fmt.Errorf("optim: %s: learning rate %v: want a finite number >= 0", b.name, rate)
	}
	b.rate = rate
	return nil
}

// State implements [Optimizer].
func (b *base) State() []State { return b.state }

// count notes a step that ended with err.
func (b *base) count(err error) error {
	if err != nil {
		return fmt.Errorf("optim: %s: step %d: %w", b.name, b.steps+1, err)
	}
	b.steps++
	return nil
}

// positive reports a configuration field that is not a finite number > 0.
func positive(op, field string, v float64) error {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("optim: %s: %s %v: want a finite number > 0", op, field, v)
	}
	return nil
}

// decay reports a configuration field that does not lie in [0,1).
func decay(op, field string, v float64) error {
	if !(v >= 0 && v < 1) {
		return fmt.Errorf("optim: %s: %s %v: want a number >= 0 and < 1", op, field, v)
	}
	return nil
}
