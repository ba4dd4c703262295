package variants

import (
	"fmt"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/optim"
)

// Networks are the two players: a generator that makes samples of noise, and a critic (the
// discriminator, where a paper says so) that gives each sample one score.
type Networks struct{ Generator, Critic *layers.Network }

// Validate reports networks that do not fit each other.
func (n Networks) Validate() error {
	switch {
	case n.Generator == nil || n.Critic == nil:
		return fmt.Errorf("variants: networks: want a generator and a critic")
	case n.Generator == n.Critic:
		return fmt.Errorf("variants: networks: generator and critic are the same network %s", n.Generator.Name())
	case n.Generator.Device() != n.Critic.Device():
		return fmt.Errorf("variants: networks: critic is on device %v, want %v as the generator", n.Critic.Device(), n.Generator.Device())
	case n.Generator.Values() == nil || n.Critic.Values() == nil:
		return fmt.Errorf("variants: networks: want parameters to train in both networks")
	case n.Critic.Input() != n.Generator.Output():
		return &device.ShapeError{Op: "variants: networks", Arg: "critic input", Got: n.Critic.Input(), Want: fmt.Sprintf("want the generator's output %v", n.Generator.Output())}
	case n.Critic.Output().Len() != 1:
		return &device.ShapeError{Op: "variants: networks", Arg: "critic output", Got: n.Critic.Output(), Want: "want one score a sample"}
	}
	return nil
}

// Variant is a training algorithm for a pair of networks. It keeps what its steps need from one to
// the next in memory of its own, and is used by one goroutine.
type Variant interface {
	// Name is the name it is registered under: "wgan-gp".
	Name() string
	// Networks returns the networks it trains.
	Networks() Networks
	// Optimizers returns the optimisers of the generator and of the critic.
	Optimizers() (generator, critic optim.Optimizer)
	// CriticSteps is the number of critic steps before each generator step, n_critic.
	CriticSteps() int
	// CriticStep updates the critic once on s.N samples and writes s.Loss, the loss without any
	// penalty, and s.Penalty.
	CriticStep(s *Step) error
	// GeneratorStep updates the generator once on s.N samples and writes s.Loss.
	GeneratorStep(s *Step) error
	// Memory returns the most bytes that the tensors of a step have taken so far.
	Memory() int
}

// Step is one update: how many samples, where they come from, and where its results go.
type Step struct {
	N       int            // samples in this batch; the last batch of a pass may be smaller than the others
	Source                 // real samples and random numbers
	Loss    *device.Tensor // (1)
	Penalty *device.Tensor // (1); a generator step has none
}

// Source gives a step its real samples and random numbers. Trainers draw them from data and seeds;
// tests replay recorded ones.
type Source interface {
	// Real fills dst, of shape (N, sample), with the critic step's real samples.
	Real(dst *device.Tensor) error
	// Noise fills dst, of shape (N, the generator's input), with latent noise z.
	Noise(dst *device.Tensor) error
	// Alpha fills dst, of shape (N), with the places of interpolates between real and fake, uniform
	// in [0,1).
	Alpha(dst *device.Tensor) error
}
