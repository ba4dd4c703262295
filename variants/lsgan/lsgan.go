// Package lsgan is the least-squares GAN of Mao, Li, Xie, Lau, Wang and Smolley 2017, "Least squares
// generative adversarial networks" (https://arxiv.org/abs/1611.04076). The critic minimises
//
//	½ mean (f(x) − b)² + ½ mean (f(x̃) − a)²
//
// and the generator ½ mean (f(x̃) − c)².
package lsgan

import (
	"fmt"

	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
)

// Name is the name that the variant is registered under.
const Name = "lsgan"

func init() { variants.Register(Name, open) }

// Config are the algorithm's settings.
type Config struct {
	Targets   losses.LeastSquaresTargets // a, b, c and the factor before each mean
	NCritic   int                        // critic steps before each generator step, at least 1
	Generator optim.Config               // the generator's optimiser
	Critic    optim.Config               // the critic's
	ReuseFake bool                       // the generator step takes the last critic step's fakes
}

// Defaults returns the paper's 0-1 coding, one step of each network, and Adam with rate 1e-3 and
// betas 0.5, 0.999.
func Defaults() Config {
	adam := optim.AdamDefaults(optim.PyTorch)
	adam.LearningRate, adam.Beta1 = 1e-3, 0.5
	return Config{Targets: losses.LSGAN(), NCritic: 1, Generator: adam, Critic: adam}
}

// Variant is the algorithm for one pair of networks.
type Variant struct{ *variants.Adversaries }

// New returns the algorithm for networks n.
func New(n variants.Networks, c Config) (*Variant, error) {
	objective, err := losses.LeastSquaresObjective(c.Targets)
	if err != nil {
		return nil, fmt.Errorf("lsgan: %w", err)
	}
	a, err := variants.NewAdversaries(Name, n, variants.Play{
		CriticSteps: c.NCritic, GeneratorOptimizer: c.Generator, CriticOptimizer: c.Critic,
		Objective: objective, ReuseFake: c.ReuseFake,
	})
	if err != nil {
		return nil, err
	}
	return &Variant{a}, nil
}

func open(n variants.Networks, s variants.Settings) (variants.Variant, error) {
	return New(n, Config{Targets: s.Targets, NCritic: s.CriticSteps, Generator: s.GeneratorOptimizer, Critic: s.CriticOptimizer, ReuseFake: s.ReuseFake})
}
