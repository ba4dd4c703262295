// Package ganbce is the original GAN of Goodfellow et al. 2014, "Generative adversarial networks"
// (https://arxiv.org/abs/1406.2661), trained on binary cross entropy. The discriminator, called
// critic here as in the other variants, gives logits ℓ with D = σ(ℓ) and minimises
//
//	mean softplus(−ℓ_real) + mean softplus(ℓ_fake)
//
// the generator mean softplus(−ℓ_fake), the non-saturating form that is used in practice, or
// −mean softplus(ℓ_fake), the paper's minimax form.
package ganbce

import (
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
)

// Name is the name that the variant is registered under.
const Name = "gan-bce"

func init() { variants.Register(Name, open) }

// Config are the algorithm's settings.
type Config struct {
	NCritic     int          // discriminator steps before each generator step, at least 1
	Generator   optim.Config // the generator's optimiser
	Critic      optim.Config // the discriminator's
	ReuseFake   bool         // the generator step takes the discriminator step's fakes, as many programs do
	Saturating  bool         // the generator minimises mean log(1−D)
	Probability bool         // logarithms of D itself, clamped at −100, instead of logits
}

// Defaults returns the values of Radford, Metz and Chintala 2016 (DCGAN): one step of each network,
// Adam with rate 2e-4 and betas 0.5, 0.999.
func Defaults() Config {
	adam := optim.AdamDefaults(optim.PyTorch)
	adam.LearningRate, adam.Beta1, adam.Beta2 = 2e-4, 0.5, 0.999
	return Config{NCritic: 1, Generator: adam, Critic: adam, ReuseFake: true}
}

// Variant is the algorithm for one pair of networks.
type Variant struct{ *variants.Adversaries }

// New returns the algorithm for networks n.
func New(n variants.Networks, c Config) (*Variant, error) {
	objective := losses.BCEObjective(c.Saturating)
	if c.Probability {
		objective = losses.SigmoidBCEObjective()
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
	return New(n, Config{
		NCritic: s.CriticSteps, Generator: s.GeneratorOptimizer, Critic: s.CriticOptimizer,
		ReuseFake: s.ReuseFake, Saturating: s.Saturating, Probability: s.Probability,
	})
}
