package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// with returns a copy of c with changes.
func with(c Config, change func(*Config)) Config {
	change(&c)
	return c
}

// wantPresets are the presets in full, written down apart from the table that makes them.
func wantPresets() map[string]Config {
	mlp := Config{
		Preset: "mnist-mlp-wgangp", Variant: "wgan-gp", NumEpochs: 100, BatchSize: 64, CriticIterations: 5, Device: "auto",
		ImageSize: 28, ChannelsImg: 1, ZDim: 100, FeaturesCritic: 256, FeaturesGen: 256, CriticNorm: "none", Init: "pytorch",
		Optimizer: "adam", OptConvention: "pytorch", LearningRate: 1e-4, LRDecay: "none", Beta1: 0, Beta2: 0.9, Rho: 0.99, OptEps: 1e-8,
		LambdaGP: 10, GPTarget: 1, GPSides: "two", GeneratorLoss: "nonsaturating", LSGANB: 1, LSGANC: 1, LSGANFactor: 0.5,
		CriticBatches: "fresh", GenNoise: "fresh", ZDist: "normal",
		DataName: "MNIST", DataRoot: "data", DataRange: "-1..1", Shuffle: true,
		LogEvery: Every{Epochs: 10}, SampleEvery: Every{Epochs: 10}, CheckpointEvery: Every{Epochs: 1},
		GridImages: 25, GridColumns: 5, GridRange: "fixed",
	}
	bce := with(mlp, func(c *Config) {
		c.Preset, c.Variant, c.NumEpochs, c.CriticIterations = "mnist-mlp-bce", "gan-bce", 200, 1
		c.LearningRate, c.Beta1, c.Beta2, c.GenNoise = 2e-4, 0.5, 0.999, "reuse-fake"
		c.LogEvery, c.SampleEvery, c.GridImages, c.GridColumns = Every{Epochs: 1}, Every{Epochs: 20}, 1, 8
	})
	keras := with(mlp, func(c *Config) {
		c.Preset, c.Variant, c.NumEpochs, c.FeaturesCritic, c.Init = "keras-wgan", "wgan-clip", 200, 64, "glorot"
		c.Optimizer, c.OptConvention, c.LearningRate, c.Rho, c.OptEps = "rmsprop", "keras", 5e-5, 0.9, 1e-7
		c.ClipValue, c.DropLast = 0.01, true
		c.LogEvery, c.SampleEvery, c.ExportEvery = Every{Epochs: 1}, Every{Epochs: 25}, Every{Epochs: 25}
		c.GridImages, c.GridColumns = 144, 12
	})
	faces := with(mlp, func(c *Config) {
		c.Preset, c.NumEpochs, c.BatchSize, c.Device = "catfaces", 10, 32, "cuda"
		c.ImageSize, c.ChannelsImg, c.FeaturesCritic, c.FeaturesGen = 64, 3, 64, 64
		c.CriticNorm, c.Init, c.DataName = "instance", "dcgan", "CatFaces"
		c.LogEvery, c.SampleEvery, c.ExportEvery = Every{Steps: 100}, Every{Steps: 100}, Every{Epochs: 1}
		c.GridImages, c.GridColumns = 32, 8
	})
	face := func(name, data string, epochs, size int, rate float64) Config {
		return with(faces, func(c *Config) {
			c.Preset, c.DataName, c.NumEpochs, c.ImageSize, c.LearningRate, c.Device = name, data, epochs, size, rate, "auto"
		})
	}
	dcgan := with(faces, func(c *Config) {
		c.Preset, c.Variant, c.NumEpochs, c.BatchSize, c.CriticIterations, c.Device = "dcgan16", "gan-bce", 200, 64, 1, "auto"
		c.ImageSize, c.CriticNorm, c.BiasBeforeNorm = 16, "batch", true
		c.LearningRate, c.Beta1, c.Beta2, c.GenNoise, c.ExportEvery = 2e-4, 0.5, 0.999, "reuse-fake", Every{}
	})
	toy := func(name, data string) Config {
		return with(mlp, func(c *Config) {
			c.Preset, c.DataName, c.NumEpochs, c.BatchSize, c.DataSize = name, data, 12, 256, 64000
			c.ImageSize, c.ChannelsImg, c.ZDim, c.FeaturesCritic, c.FeaturesGen = 0, 0, 2, 128, 128
			c.LearningRate, c.LRDecay, c.LambdaGP, c.CriticIterations = 5e-3, "linear", 0.3, 1
			c.LogEvery, c.SampleEvery, c.GridImages, c.GridColumns = Every{Steps: 100}, Every{Epochs: 1}, 32, 8
		})
	}
	return map[string]Config{
		"mnist-mlp-wgangp": mlp,
		"mnist-mlp-bce":    bce,
		"dcgan16":          dcgan,
		"keras-wgan":       keras,
		"catfaces":         faces,
		"catfaces_1":       face("catfaces_1", "CatFaces", 15, 64, 1e-4),
		"catfaces_2":       face("catfaces_2", "CatFaces", 15, 64, 2e-4),
		"catfaces_3":       face("catfaces_3", "CatFaces", 30, 64, 1e-4),
		"celeba":           face("celeba", "celeba_gan", 10, 64, 1e-4),
		"catfaces_128":     face("catfaces_128", "CatFaces", 10, 128, 1e-4),
		"celeba_128":       face("celeba_128", "celeba_gan", 10, 128, 1e-4),
		"toy-8gaussians":   toy("toy-8gaussians", "8gaussians"),
		"toy-25gaussians":  toy("toy-25gaussians", "25gaussians"),
		"toy-swissroll":    toy("toy-swissroll", "swissroll"),
	}
}

func TestPresets(t *testing.T) {
	want := wantPresets()
	assert.Len(t, Presets(), len(want))
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			got, err := Preset(name)
			require.NoError(t, err)
			assert.Equal(t, want[name], got)
			assert.NoError(t, got.Validate())
			resolved, err := Resolve(Sources{Preset: name})
			require.NoError(t, err)
			assert.Equal(t, got, resolved)
		})
	}
}

// The compat settings of the presets: everything that the tutorials do otherwise.
func TestCompatAll(t *testing.T) {
	mlp := func(c *Config) {
		c.Compat = mustCompat(t, "per-pixel-norm", "adam-defaults", "data-01", "reuse-batch", "reuse-noise")
		c.LearningRate, c.Beta1, c.Beta2 = 5e-5, 0.9, 0.999
		c.DataRange, c.CriticBatches, c.GenNoise = "0..1", "reuse", "reuse-noise"
	}
	bce := func(c *Config) { c.Compat = mustCompat(t, "sigmoid-bce", "log-last-batch") }
	dcgan := func(c *Config) { c.Compat, c.Init = mustCompat(t, "sigmoid-bce", "init-pytorch"), "pytorch" }
	keras := func(c *Config) {
		c.Compat = mustCompat(t, "data-01", "mse-loss", "single-critic-step", "split-critic-step", "predict-fakes", "file-order", "score-rescaled")
		c.DataRange, c.CriticIterations, c.BatchSize, c.Shuffle, c.DropLast = "0..1", 1, 128, false, true
		c.LSGANA, c.LSGANB, c.LSGANC, c.LSGANFactor = -1, 1, 1, 1
	}
	faces := func(c *Config) {
		c.Compat = mustCompat(t, "reuse-batch", "reuse-fake", "init-dcgan-zero", "checkpoint-start", "log-folders", "log-axis", "grid-train-mode", "grid-minmax")
		c.CriticBatches, c.GenNoise, c.Init, c.GridRange = "reuse", "reuse-fake", "dcgan-zero", "minmax"
	}
	cases := map[string]func(*Config){
		"mnist-mlp-wgangp": mlp, "mnist-mlp-bce": bce, "dcgan16": dcgan, "keras-wgan": keras,
		"catfaces": faces, "catfaces_1": faces, "catfaces_2": faces, "catfaces_3": faces, "celeba": faces,
		"catfaces_128": faces, "celeba_128": faces,
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Resolve(Sources{Preset: name, Sets: []string{"COMPAT=all"}})
			require.NoError(t, err)
			assert.Equal(t, with(base(t, name), change), got)
			assert.Equal(t, got.Compat.Switches(), Switches(name))
		})
	}
	for _, name := range []string{"toy-8gaussians", "toy-25gaussians", "toy-swissroll"} {
		_, err := Resolve(Sources{Preset: name, Sets: []string{"COMPAT=all"}})
		assert.Equal(t, []string{"--set COMPAT=all: COMPAT: got all, but " + name + " reproduces no tutorial and has no switches"}, problems(t, err))
		_, err = Resolve(Sources{Preset: name, Sets: []string{"COMPAT=data-01"}})
		assert.Equal(t, []string{`--set COMPAT=data-01: COMPAT: got "data-01", want none: ` + name + " reproduces no tutorial and has no switches"}, problems(t, err))
	}
	assert.Nil(t, Switches("no such preset"))
}

func TestUnknownPreset(t *testing.T) {
	want := []string{`PRESET: got "dcgan", want ` + list(Presets()) + "; did you mean dcgan16?"}
	_, err := Preset("dcgan")
	assert.Equal(t, want, problems(t, err))
	_, err = Describe("dcgan")
	assert.Equal(t, want, problems(t, err))
}

func TestDescribe(t *testing.T) {
	cases := map[string]string{
		"mnist-mlp-wgangp": "mnist-mlp-wgangp: MNIST MLP WGAN-GP, wgan-gp, 1×28×28, MNIST in data/MNIST",
		"dcgan16":          "dcgan16: DCGAN 16, gan-bce, 3×16×16, image folder data/CatFaces",
		"celeba_128":       "celeba_128: CatFaces WGAN-GP on CelebA, 128 pixels, wgan-gp, 3×128×128, image folder data/celeba_gan",
		"toy-swissroll":    "toy-swissroll: a spiral, wgan-gp, points (x,y), drawn points",
	}
	for name, want := range cases {
		info, err := Describe(name)
		require.NoError(t, err)
		assert.Equal(t, want, info.String())
	}
	info, err := Describe("keras-wgan")
	require.NoError(t, err)
	assert.Equal(t, Info{
		Name: "keras-wgan", System: "Keras-style WGAN", Networks: NetKeras, Source: DataMNIST,
		Variant: "wgan-clip", Image: "1×28×28", Dataset: "MNIST in data/MNIST",
	}, info)
}
