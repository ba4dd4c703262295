package lint

import (
	"fmt"
	"strings"

	"ganlib/config"
	"ganlib/layers"
)

// methodRules are about the algorithm: objective, constraint, optimiser, and what a step sees.
var methodRules = []Rule{
	{
		Name: "batch-norm-penalty", Severity: Error, Force: true, Keys: []string{"CRITIC_NORM", "VARIANT", "LAMBDA_GP"},
		Reason:  "with batch norm a sample's score depends on its batch: the gradient of one sample's score is not defined, and the penalty is not the paper's",
		Instead: "CRITIC_NORM: layer, as in the paper, or instance, or none",
		Source:  wgangp + ", section 4",
		found:   func(s *subject) bool { return s.penalised() && s.criticMixes() },
	},
	{
		Name: "sigmoid-wasserstein", Severity: Error, Keys: []string{"VARIANT", "COMPAT"},
		Reason:  "a Wasserstein critic's scores have no bounds; a sigmoid bounds them, and has no gradient where the critic is sure",
		Instead: "a critic that ends in a linear layer; COMPAT without sigmoid-bce",
		Source:  wgan + ", section 3",
		found: func(s *subject) bool {
			return s.wasserstein() && (ends[*layers.Sigmoid](s.nets.Critic) || s.Compat.Has(config.SwitchSigmoidBCE))
		},
	},
	{
		Name: "clipping-and-penalty", Severity: Error, Keys: []string{"CLIP_VALUE", "VARIANT", "LAMBDA_GP"},
		Reason:  "the penalty takes the place of clipping: clipped weights cannot bring the gradient's norm to one",
		Instead: "CLIP_VALUE: 0, or VARIANT: wgan-clip",
		Source:  wgangp + ", sections 3 and 4",
		found:   func(s *subject) bool { return s.Variant == config.VariantGP && s.ClipValue > 0 },
	},
	{
		Name: "no-constraint", Severity: Error, Keys: []string{"LAMBDA_GP", "VARIANT"},
		Reason:  "nothing keeps the critic's gradient bounded: its loss falls without end, and is no distance",
		Instead: "LAMBDA_GP: 10",
		Source:  wgan + ", section 3; " + wgangp + ", section 4",
		found:   func(s *subject) bool { return s.Variant == config.VariantGP && s.LambdaGP == 0 },
	},
	{
		Name: "per-pixel-norm", Switches: []config.Switch{config.SwitchPerPixelNorm}, Keys: []string{"COMPAT", "LAMBDA_GP"},
		Reason:  "the norm of each pixel's gradient is pulled to one, so that of an image goes to the root of the number of pixels, 28 for MNIST",
		Instead: "COMPAT without per-pixel-norm",
		Source:  wgangp + ", section 4; " + tutorial("MNIST WGAN-GP tutorial"),
	},
	{
		Name: "penalty-momentum", Switches: []config.Switch{config.SwitchAdamDefaults}, Keys: []string{"BETA1", "BETA2", "LEARNING_RATE", "VARIANT"},
		Reason:  "the critic's optimum moves with the generator: a mean over ten gradients points to where it was",
		Instead: "BETA1: 0.0, BETA2: 0.9, LEARNING_RATE: 1.0e-4",
		Source:  wgangp + ", algorithm 1; " + tutorial("MNIST WGAN-GP tutorial"),
		found:   func(s *subject) bool { return s.penalised() && s.Optimizer == config.Adam && s.Beta1 > 0.5 },
	},
	{
		Name: "clipping-momentum", Keys: []string{"OPTIMIZER", "BETA1", "MOMENTUM", "VARIANT"},
		Reason:  "with clipped weights training becomes unstable under momentum: the critic's loss blew up in the authors' trials",
		Instead: "OPTIMIZER: rmsprop, LEARNING_RATE: 5.0e-5",
		Source:  wgan + ", section 4",
		found: func(s *subject) bool {
			return s.Variant == config.VariantClip && (s.Optimizer == config.Adam && s.Beta1 > 0 || s.Optimizer == config.SGD && s.Momentum > 0)
		},
	},
	{
		Name: "learning-rate", Keys: []string{"LEARNING_RATE", "OPTIMIZER", "VARIANT"},
		Reason:  "the rate is ten times off the one that the method was published with, or more",
		Instead: "LEARNING_RATE: 1.0e-4 for wgan-gp with adam, 5.0e-5 for wgan-clip with rmsprop, 2.0e-4 for gan-bce and lsgan with adam; the preset's own where it has that variant",
		Source:  wgangp + ", algorithm 1; " + wgan + ", algorithm 1; " + dcgan + ", section 4; the CatFaces tutorial writes 0.001 for 1e-4",
		found:   func(s *subject) bool { return off(s.LearningRate, s.paperRate()) },
		instead: func(s *subject) string {
			return "LEARNING_RATE: " + strings.Replace(fmt.Sprintf("%.1e", s.paperRate()), "e-0", "e-", 1)
		},
	},
	{
		Name: "clip-bound", Keys: []string{"CLIP_VALUE", "VARIANT"},
		Reason:  "a large bound takes long to reach, a small one leaves gradients that vanish",
		Instead: "CLIP_VALUE: 0.01",
		Source:  wgan + ", section 3 and algorithm 1",
		found:   func(s *subject) bool { return s.Variant == config.VariantClip && off(s.ClipValue, 0.01) },
	},
	{
		Name: "few-critic-steps", Switches: []config.Switch{config.SwitchSingleCriticStep}, Keys: []string{"CRITIC_ITERATIONS", "VARIANT"},
		Reason:  "the generator follows the gradient of the Wasserstein distance only if the critic is near its optimum",
		Instead: "CRITIC_ITERATIONS: 5",
		Source:  wgan + ", section 3 and algorithm 1; " + tutorial("Keras WGAN tutorial"),
		found: func(s *subject) bool {
			meant := s.Variant == s.preset.Variant && s.CriticIterations == s.preset.CriticIterations
			return s.wasserstein() && s.CriticIterations == 1 && !meant
		},
	},
	{
		Name: "split-critic-step", Switches: []config.Switch{config.SwitchSplitCriticStep}, Keys: []string{"COMPAT"},
		Reason:  "two optimiser steps follow half of the objective each: RMSProp scales the halves apart, and their difference is lost",
		Instead: "COMPAT without split-critic-step",
		Source:  wgan + ", algorithm 1; " + tutorial("Keras WGAN tutorial"),
	},
	{
		Name: "mse-loss", Switches: []config.Switch{config.SwitchMSELoss}, Keys: []string{"COMPAT", "VARIANT"},
		Reason:  "mean squared errors to 1 and -1 are the objective of least squares GANs: nothing of it is a Wasserstein distance",
		Instead: "COMPAT without mse-loss, or VARIANT: lsgan",
		Source:  wgan + ", algorithm 1; Mao et al. 2017 (LSGAN, arXiv 1611.04076), section 3; " + tutorial("Keras WGAN tutorial"),
	},
	{
		Name: "sigmoid-bce", Switches: []config.Switch{config.SwitchSigmoidBCE}, Keys: []string{"COMPAT"},
		Reason:  "where the sigmoid rounds to 0 or 1 the logarithm is clamped, and the gradient is lost",
		Instead: "COMPAT without sigmoid-bce: the loss of logits is the same, and has it",
		Source:  tutorial("DCGAN 16 and MLP BCE tutorials"),
	},
	{
		Name: "saturating-loss", Keys: []string{"GENERATOR_LOSS", "VARIANT"},
		Reason:  "log(1-D) is flat where the discriminator tells fakes with ease, as it does at first",
		Instead: "GENERATOR_LOSS: nonsaturating",
		Source:  gan + ", section 3",
		found:   func(s *subject) bool { return s.Variant == config.VariantBCE && s.GeneratorLoss == config.Saturating },
	},
	{
		Name: "fake-not-fresh", Switches: []config.Switch{config.SwitchReuseNoise, config.SwitchReuseFake}, Keys: []string{"GEN_NOISE", "VARIANT"},
		Reason:  "the generator is judged by the noise that the critic has just been trained on",
		Instead: "GEN_NOISE: fresh",
		Source:  wgangp + ", algorithm 1; " + tutorial("MNIST WGAN-GP and CatFaces tutorials"),
		found:   func(s *subject) bool { return s.wasserstein() && s.GenNoise != config.Fresh },
	},
	{
		Name: "real-not-fresh", Switches: []config.Switch{config.SwitchReuseBatch}, Keys: []string{"CRITIC_BATCHES", "CRITIC_ITERATIONS"},
		Reason:  "all critic steps before a generator step see the same few images: the critic learns these instead of the data",
		Instead: "CRITIC_BATCHES: fresh",
		Source:  wgan + ", algorithm 1; " + tutorial("MNIST WGAN-GP and CatFaces tutorials"),
		found:   func(s *subject) bool { return s.CriticBatches == config.Reuse && s.CriticIterations > 1 },
	},
	{
		Name: "eval-fakes", Switches: []config.Switch{config.SwitchPredictFakes}, Keys: []string{"COMPAT"},
		Reason:  "the critic learns on fakes of the running averages, and judges fakes of the batch's statistics: two generators",
		Instead: "COMPAT without predict-fakes",
		Source:  tutorial("Keras WGAN tutorial"),
	},
}

// paperRate returns the learning rate that the variant was published with, the preset's own where the preset
// has that variant, and 0 if there is none to compare with.
func (s *subject) paperRate() float64 {
	switch {
	case s.Variant == s.preset.Variant && s.Optimizer == s.preset.Optimizer:
		return s.preset.LearningRate
	case s.Variant == config.VariantGP && s.Optimizer == config.Adam:
		return 1e-4
	case s.Variant == config.VariantClip && s.Optimizer == config.RMSProp:
		return 5e-5
	case (s.Variant == config.VariantBCE || s.Variant == config.VariantLSGAN) && s.Optimizer == config.Adam:
		return 2e-4
	}
	return 0
}
