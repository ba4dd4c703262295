package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResolve(t *testing.T) {
	cases := map[string]struct {
		sources Sources
		preset  string
		change  func(*Config)
	}{
		"nothing":            {Sources{}, "catfaces", func(*Config) {}},
		"preset of the file": {Sources{File: []byte("PRESET: celeba")}, "celeba", func(*Config) {}},
		"preset before file": {Sources{File: []byte("PRESET: celeba"), Preset: "dcgan16"}, "dcgan16", func(*Config) {}},
		"preset by --set":    {Sources{File: []byte("PRESET: celeba"), Sets: []string{"PRESET=dcgan16"}}, "dcgan16", func(*Config) {}},
		"file before preset": {Sources{File: []byte("SEED: 1"), Preset: "celeba"}, "celeba", func(c *Config) { c.Seed = 1 }},
		"set before file":    {Sources{File: []byte("SEED: 1"), Sets: []string{"SEED=2"}}, "catfaces", func(c *Config) { c.Seed = 2 }},
		"the last set":       {Sources{Sets: []string{"SEED=1", " SEED = 2 "}}, "catfaces", func(c *Config) { c.Seed = 2 }},
		"flags after sets":   {Sources{Sets: []string{"DEVICE=cuda"}, Flags: []Flag{{"--device cpu", "DEVICE", "cpu"}}}, "catfaces", func(c *Config) { c.Device = "cpu" }},
		"a value with =":     {Sources{Sets: []string{"DATA_ROOT=a=b"}}, "catfaces", func(c *Config) { c.DataRoot = "a=b" }},
		"a set mends a file's missing part": {Sources{File: []byte("VARIANT: wgan-clip\nCLIP_VALUE: 0"), Sets: []string{"CLIP_VALUE=0.1"}}, "catfaces", func(c *Config) {
			c.Variant, c.ClipValue = "wgan-clip", 0.1
		}},
		"a variant of the program": {Sources{Sets: []string{"VARIANT=mine"}, Variants: []string{"mine"}}, "catfaces", func(c *Config) { c.Variant = "mine" }},

		"reuse, catfaces": {Sources{Sets: []string{"GEN_NOISE=reuse"}}, "catfaces", func(c *Config) { c.GenNoise = ReuseFake }},
		"reuse, mnist":    {Sources{Preset: "mnist-mlp-wgangp", Sets: []string{"GEN_NOISE=reuse"}}, "mnist-mlp-wgangp", func(c *Config) { c.GenNoise = ReuseNoise }},

		"clipping follows":   {Sources{Sets: []string{"VARIANT=wgan"}}, "catfaces", func(c *Config) { c.Variant, c.ClipValue = "wgan-clip", 0.01 }},
		"no clipping":        {Sources{Preset: "keras-wgan", Sets: []string{"VARIANT=wgan-gp"}}, "keras-wgan", func(c *Config) { c.Variant, c.ClipValue = "wgan-gp", 0 }},
		"clipping is given":  {Sources{Sets: []string{"VARIANT=wgan-clip", "CLIP_VALUE=0.1"}}, "catfaces", func(c *Config) { c.Variant, c.ClipValue = "wgan-clip", 0.1 }},
		"same variant":       {Sources{Preset: "keras-wgan", Sets: []string{"VARIANT=wgan-clip"}}, "keras-wgan", func(*Config) {}},
		"rmsprop, pytorch":   {Sources{Sets: []string{"OPTIMIZER=rmsprop"}}, "catfaces", func(c *Config) { c.Optimizer, c.Rho, c.OptEps = "rmsprop", 0.99, 1e-8 }},
		"rmsprop, tf1":       {Sources{Preset: "keras-wgan", Sets: []string{"OPT_CONVENTION=tf1"}}, "keras-wgan", func(c *Config) { c.OptConvention, c.Rho, c.OptEps = "tf1", 0.9, 1e-10 }},
		"rmsprop to pytorch": {Sources{Preset: "keras-wgan", Sets: []string{"OPT_CONVENTION=pytorch"}}, "keras-wgan", func(c *Config) { c.OptConvention, c.Rho, c.OptEps = "pytorch", 0.99, 1e-8 }},
		"rho is given":       {Sources{Preset: "keras-wgan", Sets: []string{"OPT_CONVENTION=pytorch"}, File: []byte("RHO: 0.5")}, "keras-wgan", func(c *Config) { c.OptConvention, c.Rho, c.OptEps = "pytorch", 0.5, 1e-8 }},
		"adam, keras":        {Sources{Sets: []string{"OPT_CONVENTION=keras"}}, "catfaces", func(c *Config) { c.OptConvention, c.OptEps = "keras", 1e-7 }},
		"sgd":                {Sources{Sets: []string{"OPTIMIZER=sgd", "MOMENTUM=0.9"}}, "catfaces", func(c *Config) { c.Optimizer, c.Momentum = "sgd", 0.9 }},

		"one switch": {Sources{Preset: "mnist-mlp-wgangp", Sets: []string{"COMPAT=adam-defaults"}}, "mnist-mlp-wgangp", func(c *Config) {
			c.Compat, c.LearningRate, c.Beta1, c.Beta2 = mustCompat(t, "adam-defaults"), 5e-5, 0.9, 0.999
		}},
		"a behaviour": {Sources{Preset: "mnist-mlp-wgangp", Sets: []string{"COMPAT=per-pixel-norm"}}, "mnist-mlp-wgangp", func(c *Config) {
			c.Compat = mustCompat(t, "per-pixel-norm")
		}},
		"two switches": {Sources{Preset: "mnist-mlp-wgangp", Sets: []string{"COMPAT=data-01, reuse-noise"}}, "mnist-mlp-wgangp", func(c *Config) {
			c.Compat, c.DataRange, c.GenNoise = mustCompat(t, "data-01", "reuse-noise"), RangeUnit, ReuseNoise
		}},
		"compat none": {Sources{Sets: []string{"COMPAT=none"}}, "catfaces", func(*Config) {}},
		"a given key wins in part": {Sources{Preset: "mnist-mlp-wgangp", File: []byte("LEARNING_RATE: 1e-4"), Sets: []string{"COMPAT=adam-defaults"}}, "mnist-mlp-wgangp", func(c *Config) {
			c.Compat, c.Beta1, c.Beta2 = mustCompat(t, "adam-defaults"), 0.9, 0.999
		}},
		"a given key wins, switch left out": {Sources{Preset: "mnist-mlp-wgangp", File: []byte("COMPAT: [data-01, per-pixel-norm]\nDATA_RANGE: -1..1")}, "mnist-mlp-wgangp", func(c *Config) {
			c.Compat = mustCompat(t, "per-pixel-norm")
		}},
		"a given key agrees": {Sources{Preset: "mnist-mlp-wgangp", File: []byte("COMPAT: [data-01]\nDATA_RANGE: 0..1")}, "mnist-mlp-wgangp", func(c *Config) {
			c.Compat, c.DataRange = mustCompat(t, "data-01"), RangeUnit
		}},
		"a behaviour stays though its keys are given": {Sources{Preset: "keras-wgan", File: []byte("COMPAT: mse-loss\nLSGAN_A: 0\nLSGAN_B: 2\nLSGAN_C: 2\nLSGAN_FACTOR: 0.5")}, "keras-wgan", func(c *Config) {
			c.Compat, c.LSGANB, c.LSGANC = mustCompat(t, "mse-loss"), 2, 2
		}},
		"all that fit the variant": {Sources{Preset: "mnist-mlp-bce", Sets: []string{"COMPAT=all", "VARIANT=lsgan"}}, "mnist-mlp-bce", func(c *Config) {
			c.Compat, c.Variant = mustCompat(t, "log-last-batch"), "lsgan"
		}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Resolve(tt.sources)
			require.NoError(t, err)
			assert.Equal(t, with(base(t, tt.preset), tt.change), got)
		})
	}
}

func TestResolveErrors(t *testing.T) {
	presets := list(Presets())
	cases := map[string]struct {
		sources Sources
		want    []string
	}{
		"set without =":     {Sources{Sets: []string{"SEED"}}, []string{"--set SEED: want KEY=VALUE"}},
		"unknown key":       {Sources{Sets: []string{"SEDE=1"}}, []string{"--set SEDE=1: SEDE: unknown key; did you mean SEED?"}},
		"value":             {Sources{Sets: []string{"BATCH_SIZE=0"}}, []string{`--set BATCH_SIZE=0: BATCH_SIZE: got "0", want an integer from 1 to 65536`}},
		"empty value":       {Sources{Sets: []string{"BATCH_SIZE="}}, []string{`--set BATCH_SIZE=: BATCH_SIZE: got "", want an integer from 1 to 65536`}},
		"flag":              {Sources{Flags: []Flag{{"--device gpu", "DEVICE", "gpu"}}}, []string{`--device gpu: DEVICE: got "gpu", want auto, cpu, cuda, cuda:N or ptxsim`}},
		"odd argument":      {Sources{Sets: []string{"A\x1b=1"}}, []string{`--set "A\x1b=1": "A\x1b": unknown key; did you mean RHO?`}},
		"file without name": {Sources{File: []byte("FLIP: 1")}, []string{`file:1:7: FLIP: got "1", want true or false`}},
		"switch":            {Sources{Sets: []string{"COMPAT=all,log-axis"}}, []string{`--set COMPAT=all,log-axis: COMPAT: got "all", want all, none or a list of compat switches; did you mean data-01?`}},
		"--preset":          {Sources{Preset: "celeb"}, []string{`--preset celeb: PRESET: got "celeb", want ` + presets + "; did you mean celeba?"}},
		"PRESET":            {Sources{Sets: []string{"PRESET=celeb"}}, []string{`--set PRESET=celeb: PRESET: got "celeb", want ` + presets + "; did you mean celeba?"}},
		"an overruled one":  {Sources{File: []byte("PRESET: celeb"), Filename: "f", Preset: "celeba"}, []string{`f:1:9: PRESET: got "celeb", want ` + presets + "; did you mean celeba?"}},
		"across the layers": {Sources{Filename: "f", File: []byte("SEED: x\nIMAGE_SIZE: 60"), Sets: []string{"ZDIM=1", "VARIANT=wgan-clip", "CLIP_VALUE=0"}}, []string{`f:1:7: SEED: got "x", want an integer from 0 to 9223372036854775807`, "f:2:13: IMAGE_SIZE: got 60, want a power of two from 16 to 1024", "--set ZDIM=1: ZDIM: unknown key; did you mean Z_DIM?", "--set CLIP_VALUE=0: CLIP_VALUE: got 0, want a number above 0: wgan-clip clips the critic's parameters to it"}},
		"the cause elsewhere": {Sources{Preset: "keras-wgan", Sets: []string{"COMPAT=mse-loss", "VARIANT=wgan-gp"}},
			[]string{`--set COMPAT=mse-loss: COMPAT: got "mse-loss", which applies to VARIANT wgan-clip, not to wgan-gp`}},
		"the preset is the cause": {Sources{Filename: "f", File: []byte("PRESET: dcgan16\nVARIANT: wgan-gp")},
			[]string{`f:2:10: CRITIC_NORM: got "batch", want instance, layer, layer-channel or none: with batch norm a sample's score depends on its batch, and the gradient penalty is no longer the paper's (FORCE: true accepts it)`}},
		"unknown preset and others": {Sources{Preset: "x", Sets: []string{"IMAGE_SIZE=60", "SEED=y"}}, []string{`--preset x: PRESET: got "x", want ` + presets + "; did you mean celeba?", `--set SEED=y: SEED: got "y", want an integer from 0 to 9223372036854775807`}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Resolve(tt.sources)
			assert.Zero(t, got)
			assert.Equal(t, tt.want, problems(t, err))
		})
	}
}

func TestResolveLastCounts(t *testing.T) {
	_, err := Resolve(Sources{Sets: []string{"SEED=x", "SEED=1"}})
	assert.Equal(t, []string{`--set SEED=x: SEED: got "x", want an integer from 0 to 9223372036854775807`}, problems(t, err), "every value is checked")
	_, err = Resolve(Sources{Sets: []string{"VARIANT=x", "VARIANT=wgan-clip", "CLIP_VALUE=0"}})
	assert.Len(t, problems(t, err), 2, "the last variant takes part in the check of the whole")
}

// Unchecked leaves the values as they are, though they do not go together, but no value that is none.
func TestResolveUnchecked(t *testing.T) {
	s := Sources{Preset: "catfaces", Sets: []string{"CRITIC_NORM=batch", "VARIANT=wgan-gp"}}
	_, err := Resolve(s)
	require.Error(t, err)
	s.Unchecked = true
	c, err := Resolve(s)
	require.NoError(t, err)
	assert.Equal(t, NormBatch, c.CriticNorm)
	s.Sets = append(s.Sets, "BATCH_SIZE=none")
	_, err = Resolve(s)
	assert.ErrorContains(t, err, "BATCH_SIZE")
}
