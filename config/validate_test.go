package config

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestValidate(t *testing.T) {
	const every = `a number of generator steps, epoch, "N epochs", a time such as 10m (at least 1s), or never`
	cases := map[string]struct {
		preset string
		change func(*Config)
		want   string // empty if valid
	}{
		"side 16":             {"catfaces", func(c *Config) { c.ImageSize = 16 }, ""},
		"side 1024":           {"celeba_128", func(c *Config) { c.ImageSize = 1024 }, ""},
		"side 8":              {"catfaces", func(c *Config) { c.ImageSize = 8 }, "IMAGE_SIZE: got 8, want a power of two from 16 to 1024"},
		"side 2048":           {"catfaces", func(c *Config) { c.ImageSize = 2048 }, "IMAGE_SIZE: got 2048, want a power of two from 16 to 1024"},
		"side 96":             {"celeba", func(c *Config) { c.ImageSize = 96 }, "IMAGE_SIZE: got 96, want a power of two from 16 to 1024"},
		"side 0":              {"celeba", func(c *Config) { c.ImageSize = 0 }, "IMAGE_SIZE: got 0, want a power of two from 16 to 1024"},
		"side -64":            {"celeba", func(c *Config) { c.ImageSize = -64 }, `IMAGE_SIZE: got "-64", want an integer from 0 to 2147483647`},
		"side of MNIST":       {"mnist-mlp-bce", func(c *Config) { c.ImageSize = 32 }, "IMAGE_SIZE: got 32, want 28, the size of MNIST's images"},
		"side of dcgan16":     {"dcgan16", func(c *Config) { c.ImageSize = 64 }, "IMAGE_SIZE: got 64, want 16, the only size that the networks of dcgan16 fit"},
		"side of points":      {"toy-swissroll", func(c *Config) { c.ImageSize = 64 }, "IMAGE_SIZE: got 64, want 0: toy-swissroll has points instead of images"},
		"grey faces":          {"catfaces", func(c *Config) { c.ChannelsImg = 1 }, ""},
		"grey dcgan16":        {"dcgan16", func(c *Config) { c.ChannelsImg = 1 }, ""},
		"two channels":        {"dcgan16", func(c *Config) { c.ChannelsImg = 2 }, "CHANNELS_IMG: got 2, want 1 (grey) or 3 (colour)"},
		"coloured MNIST":      {"keras-wgan", func(c *Config) { c.ChannelsImg = 3 }, "CHANNELS_IMG: got 3, want 1: MNIST's images are grey"},
		"coloured points":     {"toy-8gaussians", func(c *Config) { c.ChannelsImg = 3 }, "CHANNELS_IMG: got 3, want 0: toy-8gaussians has points instead of images"},
		"layer norm":          {"catfaces", func(c *Config) { c.CriticNorm = NormLayer }, ""},
		"norm of an MLP":      {"mnist-mlp-wgangp", func(c *Config) { c.CriticNorm = NormLayer }, `CRITIC_NORM: got "layer", want none: the critic of mnist-mlp-wgangp has no place for a normalisation`},
		"bias":                {"catfaces", func(c *Config) { c.BiasBeforeNorm = true }, "BIAS_BEFORE_NORM: got true, want false: only dcgan16 has such biases"},
		"no bias":             {"dcgan16", func(c *Config) { c.BiasBeforeNorm = false }, ""},
		"batch norm, penalty": {"catfaces", func(c *Config) { c.CriticNorm = NormBatch }, `CRITIC_NORM: got "batch", want instance, layer, layer-channel or none: with batch norm a sample's score depends on its batch, and the gradient penalty is no longer the paper's (FORCE: true accepts it)`},
		"forced":              {"catfaces", func(c *Config) { c.CriticNorm, c.Force = NormBatch, true }, ""},
		"no penalty":          {"catfaces", func(c *Config) { c.CriticNorm, c.LambdaGP = NormBatch, 0 }, ""},
		"batch norm, BCE":     {"catfaces", func(c *Config) { c.CriticNorm, c.Variant = NormBatch, VariantBCE }, ""},
		"clip 0":              {"keras-wgan", func(c *Config) { c.ClipValue = 0 }, "CLIP_VALUE: got 0, want a number above 0: wgan-clip clips the critic's parameters to it"},
		"clip and penalty":    {"catfaces", func(c *Config) { c.ClipValue = 0.01 }, "CLIP_VALUE: got 0.01, want 0: wgan-gp does not clip"},
		"clip, other variant": {"catfaces", func(c *Config) { c.Variant, c.ClipValue = "mine", 0.01 }, ""},
		"saturating":          {"dcgan16", func(c *Config) { c.GeneratorLoss = "saturating" }, ""},
		"saturating, wgan-gp": {"catfaces", func(c *Config) { c.GeneratorLoss = "saturating" }, `GENERATOR_LOSS: got "saturating", want nonsaturating: wgan-gp has a single form`},
		"foreign switch":      {"dcgan16", func(c *Config) { c.Compat = mustCompat(t, SwitchLogAxis) }, `COMPAT: got "log-axis", which does not apply to dcgan16, want init-pytorch or sigmoid-bce`},
		"switch, variant":     {"dcgan16", func(c *Config) { c.Compat, c.Variant = mustCompat(t, SwitchSigmoidBCE), VariantLSGAN }, `COMPAT: got "sigmoid-bce", which applies to VARIANT gan-bce, not to lsgan`},
		"switch, values":      {"catfaces", func(c *Config) { c.Compat = mustCompat(t, SwitchReuseBatch) }, `COMPAT: got "reuse-batch", which stands for CRITIC_BATCHES reuse, but CRITIC_BATCHES is fresh`},
		"switch, its value":   {"catfaces", func(c *Config) { c.Compat, c.CriticBatches = mustCompat(t, SwitchReuseBatch), Reuse }, ""},
		"all, not resolved":   {"catfaces", func(c *Config) { c.Compat = compatAll }, `COMPAT: got "all", want all, none or a list of compat switches`},
		"batch of one":        {"keras-wgan", func(c *Config) { c.BatchSize = 1 }, "BATCH_SIZE: got 1, want at least 2: the generator's batch norms need several samples"},
		"batch of one, faces": {"catfaces", func(c *Config) { c.BatchSize = 1 }, ""},
		"no points":           {"toy-8gaussians", func(c *Config) { c.DataSize = 0 }, "DATA_SIZE: got 0, want at least 1: the points are drawn, there is no whole set"},
		"too little data":     {"keras-wgan", func(c *Config) { c.DataSize = 63 }, "DATA_SIZE: got 63, want at least BATCH_SIZE, 64, or DROP_LAST false: no batch would be left"},
		"just enough data":    {"keras-wgan", func(c *Config) { c.DataSize = 64 }, ""},
		"flipped faces":       {"catfaces", func(c *Config) { c.Flip = true }, ""},
		"flipped points":      {"toy-8gaussians", func(c *Config) { c.Flip = true }, "FLIP: got true, want false: toy-8gaussians has points instead of images"},
		"preset":              {"catfaces", func(c *Config) { c.Preset = "" }, `PRESET: got "", want ` + list(Presets())},
		"variant, no name":    {"catfaces", func(c *Config) { c.Variant = "A b" }, `VARIANT: got "A b", want gan-bce, wgan-clip, wgan-gp or lsgan`},
		"reuse":               {"catfaces", func(c *Config) { c.GenNoise = "reuse" }, `GEN_NOISE: got "reuse", want fresh, reuse-noise or reuse-fake`},
		"NaN":                 {"catfaces", func(c *Config) { c.LearningRate = math.NaN() }, `LEARNING_RATE: got "NaN", want a number above 0, at most 1000`},
		"infinity":            {"catfaces", func(c *Config) { c.LambdaGP = math.Inf(1) }, `LAMBDA_GP: got "+Inf", want a number from 0 to 1000000`},
		"seed":                {"catfaces", func(c *Config) { c.Seed = 1 << 63 }, `SEED: got "9223372036854775808", want an integer from 0 to 9223372036854775807`},
		"two intervals":       {"catfaces", func(c *Config) { c.LogEvery = Every{Steps: 1, Epochs: 1} }, `LOG_EVERY: got "1", want ` + every},
		"negative interval":   {"catfaces", func(c *Config) { c.LogEvery = EverySteps(-1) }, `LOG_EVERY: got "-1", want ` + every},
		"short interval":      {"catfaces", func(c *Config) { c.LogEvery = EveryTime(time.Millisecond) }, `LOG_EVERY: got "1ms", want ` + every},
		"folder":              {"catfaces", func(c *Config) { c.DataName = "a/b" }, `DATA_NAME: got "a/b", want a folder name, without / \ :`},
		"path":                {"catfaces", func(c *Config) { c.DataRoot = "" }, `DATA_ROOT: got "", want a path`},
		"cuda:256":            {"catfaces", func(c *Config) { c.Device = "cuda:256" }, `DEVICE: got "cuda:256", want auto, cpu, cuda, cuda:N or ptxsim`},
		"cuda:01":             {"catfaces", func(c *Config) { c.Device = "cuda:01" }, `DEVICE: got "cuda:01", want auto, cpu, cuda, cuda:N or ptxsim`},
		"cuda:0":              {"catfaces", func(c *Config) { c.Device = "cuda:0" }, ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			err := with(base(t, tt.preset), tt.change).Validate()
			if tt.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.Equal(t, []string{tt.want}, problems(t, err))
		})
	}
}

func TestValidateZero(t *testing.T) {
	lines := problems(t, Config{}.Validate())
	assert.Greater(t, len(lines), 20)
	assert.Contains(t, lines, `NUM_EPOCHS: got "0", want an integer from 1 to 2147483647`)
}
