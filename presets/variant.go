package presets

import (
	"fmt"

	"ganlib/config"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
)

// Variant makes the variant that c names for networks n. The variant's package must be imported:
// [ganlib/variants/all] imports the library's own.
func Variant(n variants.Networks, c config.Config) (variants.Variant, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("presets: variant: %w", err)
	}
	s, err := settings(c)
	if err != nil {
		return nil, err
	}
	return variants.New(c.Variant, n, s)
}

func settings(c config.Config) (variants.Settings, error) {
	optimizer, err := optimizer(c)
	if err != nil {
		return variants.Settings{}, err
	}
	return variants.Settings{
		CriticSteps:        c.CriticIterations,
		GeneratorOptimizer: optimizer,
		CriticOptimizer:    optimizer,
		ReuseFake:          c.GenNoise == config.ReuseFake,
		EvalFakes:          c.Compat.Has(config.SwitchPredictFakes),
		Lambda:             c.LambdaGP,
		Target:             c.GPTarget,
		PenaltyEps:         c.GPEps,
		OneSided:           c.GPSides == "one",
		PerPixel:           c.Compat.Has(config.SwitchPerPixelNorm),
		ForcePenalty:       c.Force,
		Clip:               c.ClipValue,
		LeastSquares:       c.Compat.Has(config.SwitchMSELoss),
		Targets:            losses.LeastSquaresTargets{A: c.LSGANA, B: c.LSGANB, C: c.LSGANC, Factor: c.LSGANFactor},
		SplitStep:          c.Compat.Has(config.SwitchSplitCriticStep),
		Saturating:         c.GeneratorLoss == "saturating",
		Probability:        c.Compat.Has(config.SwitchSigmoidBCE),
	}, nil
}

// optimizer returns the update rule that c describes.
func optimizer(c config.Config) (optim.Config, error) {
	convention := optim.Convention(c.OptConvention)
	switch c.Optimizer {
	case config.Adam:
		return optim.AdamConfig{LearningRate: c.LearningRate, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.OptEps, Convention: convention}, nil
	case config.RMSProp:
		return optim.RMSPropConfig{LearningRate: c.LearningRate, Rho: c.Rho, Eps: c.OptEps, Convention: convention}, nil
	case config.SGD:
		return optim.SGDConfig{LearningRate: c.LearningRate, Momentum: c.Momentum}, nil
	}
	return nil, fmt.Errorf("presets: OPTIMIZER %q: want %s, %s or %s", c.Optimizer, config.Adam, config.RMSProp, config.SGD)
}

// Trainer returns the trainer's configuration for c; steps is the limit of generator steps, 0 for
// none.
func Trainer(c config.Config, steps int64) variants.Config {
	return variants.Config{
		Seed: c.Seed, Batch: c.BatchSize, Epochs: c.NumEpochs, Steps: steps,
		DropLast: c.DropLast, Shuffle: c.Shuffle, Flip: c.Flip,
		ReuseBatch: c.CriticBatches == config.Reuse, ReuseNoise: c.GenNoise == config.ReuseNoise,
		Uniform: c.ZDist == "uniform", LinearDecay: c.LRDecay == "linear",
		StatsEvery: c.LogEvery.Steps, EveryCritic: c.Compat.Has(config.SwitchLogAxis),
	}
}
