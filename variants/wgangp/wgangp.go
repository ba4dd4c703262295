// Package wgangp is the Wasserstein GAN with gradient penalty of Gulrajani, Ahmed, Arjovsky, Dumoulin
// and Courville 2017, "Improved training of Wasserstein GANs" (https://arxiv.org/abs/1704.00028),
// algorithm 1. The critic minimises
//
//	mean f(x̃) − mean f(x) + λ·mean (‖∇f(x̂)‖ − 1)²,   x̂ = α·x + (1−α)·x̃,   α ~ U[0,1) one a sample
//
// and the generator −mean f(G(z)). The penalty's parameter gradient is exact: [losses.GradientPenalty]
// says how.
package wgangp

import (
	"fmt"

	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
)

// Name is the name that the variant is registered under.
const Name = "wgan-gp"

func init() { variants.Register(Name, open) }

// Config are the algorithm's settings.
type Config struct {
	Penalty   losses.GradientPenalty
	NCritic   int          // critic steps before each generator step, at least 1
	Generator optim.Config // the generator's optimiser
	Critic    optim.Config // the critic's
	ReuseFake bool         // the generator step takes the last critic step's fakes
	Force     bool         // allow critics with batch norm, for which the penalty is not the paper's
}

// Defaults returns the paper's values: λ 10, 5 critic steps, Adam with rate 1e-4 and betas 0, 0.9.
func Defaults() Config {
	adam := optim.AdamDefaults(optim.PyTorch)
	adam.LearningRate, adam.Beta1, adam.Beta2 = 1e-4, 0, 0.9
	return Config{Penalty: losses.PaperPenalty(), NCritic: 5, Generator: adam, Critic: adam}
}

// Variant is the algorithm for one pair of networks.
type Variant struct {
	*variants.Adversaries
	penalty losses.GradientPenalty
}

// New returns the algorithm for networks n. It refuses, by name, a critic with a layer that has no
// passes of second order, and one that mixes samples unless forced to take it.
func New(n variants.Networks, c Config) (*Variant, error) {
	a, err := variants.NewAdversaries(Name, n, variants.Play{
		CriticSteps: c.NCritic, GeneratorOptimizer: c.Generator, CriticOptimizer: c.Critic,
		Objective: losses.WassersteinObjective(), ReuseFake: c.ReuseFake, Interpolates: true,
	})
	if err != nil {
		return nil, err
	}
	if err := c.Penalty.Validate(); err != nil {
		return nil, fmt.Errorf("wgangp: %w", err)
	}
	if err := n.Critic.CheckTangent(); err != nil {
		return nil, fmt.Errorf("wgangp: %w", err)
	}
	if n.Critic.MixesSamples() && !c.Force {
		return nil, fmt.Errorf("wgangp: critic %s mixes the samples of a batch (batch norm), so a sample's gradient norm is not defined: use instance or layer norm, or set Force", n.Critic.Name())
	}
	return &Variant{a, c.Penalty}, nil
}

func open(n variants.Networks, s variants.Settings) (variants.Variant, error) {
	return New(n, Config{
		Penalty: losses.GradientPenalty{Lambda: s.Lambda, Target: s.Target, Eps: s.PenaltyEps, OneSided: s.OneSided, PerPixel: s.PerPixel},
		NCritic: s.CriticSteps, Generator: s.GeneratorOptimizer, Critic: s.CriticOptimizer, ReuseFake: s.ReuseFake, Force: s.ForcePenalty,
	})
}

// CriticStep implements [variants.Variant].
func (v *Variant) CriticStep(s *variants.Step) error {
	b, err := v.Judge(s)
	if err != nil {
		return err
	}
	if err := v.Learn(b); err != nil {
		return err
	}
	direction := v.Workspace().New(b.Gradient.Shape())
	if err := v.penalty.Direction(direction, nil, s.Penalty, b.Gradient); err != nil {
		return err
	}
	if err := b.PointsTrace.Along(direction); err != nil {
		return err
	}
	if _, err := b.PointsTrace.TangentBackward(false); err != nil {
		return err
	}
	return v.UpdateCritic()
}
