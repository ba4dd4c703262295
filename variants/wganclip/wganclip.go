// Package wganclip is the Wasserstein GAN with weight clipping of Arjovsky, Chintala and Bottou 2017,
// "Wasserstein GAN" (https://arxiv.org/abs/1701.07875), algorithm 1. The critic minimises
//
//	mean f(x̃) − mean f(x)
//
// and after each of its steps every parameter is clipped to [−c, c]; the generator minimises
// −mean f(G(z)).
package wganclip

import (
	"fmt"
	"math"

	"ganlib/kernels"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
)

// Name is the name that the variant is registered under.
const Name = "wgan-clip"

func init() { variants.Register(Name, open) }

// Config are the algorithm's settings. The last ones serve to reproduce a tutorial.
type Config struct {
	Clip         float64      // c, more than 0
	NCritic      int          // critic steps before each generator step, at least 1
	Generator    optim.Config // the generator's optimiser
	Critic       optim.Config // the critic's
	ReuseFake    bool         // the generator step takes the last critic step's fakes
	EvalFakes    bool         // the critic's fakes come from the generator in evaluation mode
	LeastSquares bool         // mean squared errors to Targets instead, which makes it an LSGAN
	Targets      losses.LeastSquaresTargets
	SplitStep    bool // one optimiser step on the real samples, then one on the fakes
}

// Defaults returns the paper's values: c 0.01, 5 critic steps, RMSProp with rate 5e-5.
func Defaults() Config {
	rmsprop := optim.RMSPropDefaults(optim.PyTorch)
	rmsprop.LearningRate = 5e-5
	return Config{Clip: 0.01, NCritic: 5, Generator: rmsprop, Critic: rmsprop, Targets: losses.MSE()}
}

// Variant is the algorithm for one pair of networks.
type Variant struct {
	*variants.Adversaries
	clip  float64
	split bool
}

// New returns the algorithm for networks n.
func New(n variants.Networks, c Config) (*Variant, error) {
	if !(c.Clip > 0) || math.IsInf(c.Clip, 0) {
		return nil, fmt.Errorf("wganclip: Clip %v: want a finite number > 0", c.Clip)
	}
	objective := losses.WassersteinObjective()
	if c.LeastSquares {
		var err error
		if objective, err = losses.LeastSquaresObjective(c.Targets); err != nil {
			return nil, fmt.Errorf("wganclip: %w", err)
		}
	}
	a, err := variants.NewAdversaries(Name, n, variants.Play{
		CriticSteps: c.NCritic, GeneratorOptimizer: c.Generator, CriticOptimizer: c.Critic,
		Objective: objective, ReuseFake: c.ReuseFake, EvalFakes: c.EvalFakes,
	})
	if err != nil {
		return nil, err
	}
	return &Variant{a, c.Clip, c.SplitStep}, nil
}

func open(n variants.Networks, s variants.Settings) (variants.Variant, error) {
	return New(n, Config{
		Clip: s.Clip, NCritic: s.CriticSteps, Generator: s.GeneratorOptimizer, Critic: s.CriticOptimizer,
		ReuseFake: s.ReuseFake, EvalFakes: s.EvalFakes, LeastSquares: s.LeastSquares, Targets: s.Targets, SplitStep: s.SplitStep,
	})
}

// CriticStep implements [variants.Variant].
func (v *Variant) CriticStep(s *variants.Step) error {
	b, err := v.Judge(s)
	if err != nil {
		return err
	}
	if v.split {
		err = v.splitStep(s, b)
	} else if err = v.Learn(b); err == nil {
		err = v.UpdateCritic()
	}
	if err != nil {
		return err
	}
	return kernels.Clip(v.Networks().Critic.Values(), v.clip)
}

// splitStep takes one optimiser step on the real samples' term, then one on the fakes' with the
// critic that the first has left. s.Loss stays the loss before both.
func (v *Variant) splitStep(s *variants.Step, b *variants.CriticBatch) error {
	if err := v.LearnReal(b); err != nil {
		return err
	}
	if err := v.UpdateCritic(); err != nil {
		return err
	}
	if err := v.Rejudge(b, v.Workspace().New(s.Loss.Shape())); err != nil {
		return err
	}
	if err := v.LearnFake(b); err != nil {
		return err
	}
	return v.UpdateCritic()
}
