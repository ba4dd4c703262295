package presets

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

// resolved returns a preset with keys changed as on the command line.
func resolved(t *testing.T, preset string, sets ...string) config.Config {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets})
	require.NoError(t, err)
	return c
}

// adam returns Adam in PyTorch's convention.
func adam(rate, beta1, beta2 float64) optim.AdamConfig {
	return optim.AdamConfig{LearningRate: rate, Beta1: beta1, Beta2: beta2, Eps: 1e-8, Convention: optim.PyTorch}
}

// base are the settings that presets share.
func base(criticSteps int, o optim.Config) variants.Settings {
	return variants.Settings{
		CriticSteps: criticSteps, GeneratorOptimizer: o, CriticOptimizer: o,
		Lambda: 10, Target: 1, Targets: losses.LSGAN(),
	}
}

// What the corrected presets and the tutorials' own ways give to variant and trainer.
func TestSettings(t *testing.T) {
	keras := optim.RMSPropConfig{LearningRate: 5e-5, Rho: 0.9, Eps: 1e-7, Convention: optim.Keras}
	wgan := base(5, adam(1e-4, 0, 0.9))
	perPixel := base(5, adam(5e-5, 0.9, 0.999))
	perPixel.PerPixel = true
	reuseFake := wgan
	reuseFake.ReuseFake = true
	bce := base(1, adam(2e-4, 0.5, 0.999))
	bce.ReuseFake = true
	clamped := bce
	clamped.Probability = true
	clip := base(5, keras)
	clip.Clip = 0.01
	mse := base(1, keras)
	mse.Clip, mse.LeastSquares, mse.SplitStep, mse.EvalFakes, mse.Targets = 0.01, true, true, true, losses.MSE()

	mnist := variants.Config{Batch: 64, Epochs: 100, Shuffle: true}
	faces := variants.Config{Batch: 32, Epochs: 10, Shuffle: true, StatsEvery: 100}
	for _, test := range []struct {
		preset  string
		sets    []string
		variant string
		want    variants.Settings
		train   variants.Config
	}{
		{"mnist-mlp-wgangp", nil, "wgan-gp", wgan, mnist},
		{"mnist-mlp-wgangp", []string{"COMPAT=all"}, "wgan-gp", perPixel, variants.Config{Batch: 64, Epochs: 100, Shuffle: true, ReuseBatch: true, ReuseNoise: true}},
		{"catfaces", nil, "wgan-gp", wgan, faces},
		{"catfaces", []string{"COMPAT=all"}, "wgan-gp", reuseFake, variants.Config{Batch: 32, Epochs: 10, Shuffle: true, EveryCritic: true, ReuseBatch: true, StatsEvery: 100}},
		{"catfaces_2", nil, "wgan-gp", base(5, adam(2e-4, 0, 0.9)), variants.Config{Batch: 32, Epochs: 15, Shuffle: true, StatsEvery: 100}},
		{"catfaces_3", nil, "wgan-gp", wgan, variants.Config{Batch: 32, Epochs: 30, Shuffle: true, StatsEvery: 100}},
		{"dcgan16", nil, "gan-bce", bce, variants.Config{Batch: 64, Epochs: 200, Shuffle: true, StatsEvery: 100}},
		{"dcgan16", []string{"COMPAT=all"}, "gan-bce", clamped, variants.Config{Batch: 64, Epochs: 200, Shuffle: true, StatsEvery: 100}},
		{"mnist-mlp-bce", nil, "gan-bce", bce, variants.Config{Batch: 64, Epochs: 200, Shuffle: true}},
		{"mnist-mlp-bce", []string{"COMPAT=all"}, "gan-bce", clamped, variants.Config{Batch: 64, Epochs: 200, Shuffle: true}},
		{"keras-wgan", nil, "wgan-clip", clip, variants.Config{Batch: 64, Epochs: 200, Shuffle: true, DropLast: true}},
		{"keras-wgan", []string{"COMPAT=all"}, "wgan-clip", mse, variants.Config{Batch: 128, Epochs: 200, DropLast: true}},
	} {
		name := test.preset
		if test.sets != nil {
			name += " as in the tutorial"
		}
		t.Run(name, func(t *testing.T) {
			c := resolved(t, test.preset, test.sets...)
			got, err := settings(c)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.train, Trainer(c, 0))

			n, err := Networks(device.NewMeta(), c)
			require.NoError(t, err)
			v, err := Variant(n, c)
			require.NoError(t, err)
			assert.Equal(t, test.variant, v.Name())
			assert.Equal(t, test.want.CriticSteps, v.CriticSteps())
			generator, critic := v.Optimizers()
			assert.Equal(t, c.LearningRate, generator.LearningRate())
			assert.Equal(t, c.LearningRate, critic.LearningRate())
		})
	}
}

// Every key about the algorithm arrives where it belongs.
func TestKeysArrive(t *testing.T) {
	get := func(preset string, sets ...string) variants.Settings {
		s, err := settings(resolved(t, preset, sets...))
		require.NoError(t, err)
		return s
	}
	s := get("catfaces", "LAMBDA_GP=3", "GP_TARGET=0.5", "GP_SIDES=one", "GP_EPS=1e-6", "CRITIC_ITERATIONS=2")
	assert.Equal(t, [4]float64{3, 0.5, 1e-6, 2}, [4]float64{s.Lambda, s.Target, s.PenaltyEps, float64(s.CriticSteps)})
	assert.True(t, s.OneSided)
	assert.True(t, get("catfaces", "CRITIC_NORM=batch", "FORCE=true").ForcePenalty)
	assert.True(t, get("dcgan16", "GENERATOR_LOSS=saturating").Saturating)
	assert.Equal(t, 0.02, get("keras-wgan", "CLIP_VALUE=0.02").Clip)
	assert.Equal(t, losses.LeastSquaresTargets{A: -1, B: 2, C: 3, Factor: 4}, get("catfaces", "VARIANT=lsgan", "LSGAN_A=-1", "LSGAN_B=2", "LSGAN_C=3", "LSGAN_FACTOR=4").Targets)
	assert.False(t, get("dcgan16", "GEN_NOISE=fresh").ReuseFake)

	for sets, want := range map[string]optim.Config{
		"OPTIMIZER=sgd":        optim.SGDConfig{LearningRate: 1e-4, Momentum: 0.5},
		"OPTIMIZER=rmsprop":    optim.RMSPropConfig{LearningRate: 1e-4, Rho: 0.99, Eps: 1e-8, Convention: optim.PyTorch},
		"OPT_CONVENTION=tf1":   optim.AdamConfig{LearningRate: 1e-4, Beta2: 0.9, Eps: 1e-8, Convention: optim.TF1},
		"OPT_CONVENTION=keras": optim.AdamConfig{LearningRate: 1e-4, Beta2: 0.9, Eps: 1e-7, Convention: optim.Keras},
		"LEARNING_RATE=0.5":    adam(0.5, 0, 0.9),
		"BETA1=0.1":            adam(1e-4, 0.1, 0.9),
		"BETA2=0.2":            adam(1e-4, 0, 0.2),
		"OPT_EPS=0.25":         optim.AdamConfig{LearningRate: 1e-4, Beta2: 0.9, Eps: 0.25, Convention: optim.PyTorch},
	} {
		got := get("catfaces", sets, "MOMENTUM=0.5")
		assert.Equal(t, want, got.CriticOptimizer, sets)
		assert.Equal(t, want, got.GeneratorOptimizer, sets)
	}

	c := resolved(t, "toy-swissroll", "SEED=5", "Z_DIST=uniform", "LR_DECAY=linear", "DROP_LAST=true", "SHUFFLE=false", "LOG_EVERY=7", "GEN_NOISE=reuse")
	want := variants.Config{
		Seed: 5, Batch: c.BatchSize, Epochs: c.NumEpochs, Steps: 33, DropLast: true, ReuseNoise: true, Uniform: true, LinearDecay: true, StatsEvery: 7,
	}
	assert.Equal(t, want, Trainer(c, 33))
	assert.True(t, Trainer(resolved(t, "catfaces", "FLIP=true"), 0).Flip)
}

func TestUnknownOptimizer(t *testing.T) {
	c := resolved(t, "catfaces")
	c.Optimizer = "adagrad"
	_, err := optimizer(c)
	assert.ErrorContains(t, err, `presets: OPTIMIZER "adagrad": want adam, rmsprop or sgd`)
}
