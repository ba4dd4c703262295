package lint_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/lint"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

// resolve returns a preset's configuration with the given settings, valid or not.
func resolve(t testing.TB, preset string, sets ...string) config.Config {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets, Unchecked: true})
	require.NoError(t, err)
	return c
}

// names are the rules of findings.
func names(all []lint.Finding) (list []string) {
	for _, f := range all {
		list = append(list, f.Rule)
	}
	return list
}

func TestPresetsAreClean(t *testing.T) {
	for _, name := range config.Presets() {
		c, err := config.Preset(name)
		require.NoError(t, err)
		assert.Empty(t, lint.Check(c, lint.Facts{}), name)
		assert.Empty(t, lint.Check(c, lint.Facts{Images: 10_000}), name)
	}
}

// Every variant is clean on the networks that take any, and has no error where it is allowed.
func TestVariantsAreClean(t *testing.T) {
	for _, variant := range variants.Names() {
		for _, preset := range []string{"catfaces", "celeba_128"} {
			assert.Empty(t, lint.Check(resolve(t, preset, "VARIANT="+variant), lint.Facts{}), "%s, %s", variant, preset)
		}
		for _, preset := range config.Presets() {
			if c := resolve(t, preset, "VARIANT="+variant); c.Validate() == nil {
				assert.Empty(t, lint.Errors(lint.Check(c, lint.Facts{})), "%s, %s", variant, preset)
			}
		}
	}
}

// TestBroken has every mistake as somebody makes it by hand: the rule, its severity, and no other finding.
func TestBroken(t *testing.T) {
	for _, test := range []struct {
		rule     string
		severity lint.Severity
		preset   string
		sets     []string
		images   int
	}{
		{"batch-norm-penalty", lint.Error, "catfaces", []string{"CRITIC_NORM=batch"}, 0},
		{"sigmoid-wasserstein", lint.Error, "mnist-mlp-bce", []string{"VARIANT=wgan-gp", "COMPAT=sigmoid-bce", "GEN_NOISE=fresh", "CRITIC_ITERATIONS=5"}, 0},
		{"clipping-and-penalty", lint.Error, "catfaces", []string{"CLIP_VALUE=0.01"}, 0},
		{"no-constraint", lint.Error, "catfaces", []string{"LAMBDA_GP=0"}, 0},
		{"penalty-momentum", lint.Warning, "catfaces", []string{"BETA1=0.9"}, 0},
		{"clipping-momentum", lint.Warning, "catfaces", []string{"VARIANT=wgan-clip", "BETA1=0.5"}, 0},
		{"clipping-momentum", lint.Warning, "keras-wgan", []string{"OPTIMIZER=sgd", "MOMENTUM=0.9"}, 0},
		{"learning-rate", lint.Warning, "catfaces", []string{"LEARNING_RATE=0.001"}, 0},
		{"learning-rate", lint.Warning, "dcgan16", []string{"LEARNING_RATE=2e-5"}, 0},
		{"learning-rate", lint.Warning, "toy-8gaussians", []string{"LEARNING_RATE=1e-4"}, 0},
		{"clip-bound", lint.Warning, "keras-wgan", []string{"CLIP_VALUE=1"}, 0},
		{"few-critic-steps", lint.Warning, "catfaces", []string{"CRITIC_ITERATIONS=1"}, 0},
		{"saturating-loss", lint.Warning, "dcgan16", []string{"GENERATOR_LOSS=saturating"}, 0},
		{"fake-not-fresh", lint.Warning, "catfaces", []string{"GEN_NOISE=reuse-fake"}, 0},
		{"fake-not-fresh", lint.Warning, "mnist-mlp-wgangp", []string{"GEN_NOISE=reuse-noise"}, 0},
		{"real-not-fresh", lint.Warning, "catfaces", []string{"CRITIC_BATCHES=reuse"}, 0},
		{"image-size", lint.Error, "catfaces", []string{"IMAGE_SIZE=96"}, 0},
		{"image-size", lint.Error, "dcgan16", []string{"IMAGE_SIZE=64"}, 0},
		{"data-range", lint.Error, "catfaces", []string{"DATA_RANGE=0..1"}, 0},
		{"batch-of-one", lint.Error, "catfaces", []string{"BATCH_SIZE=1"}, 0},
		{"batch-of-one", lint.Error, "keras-wgan", []string{"BATCH_SIZE=1"}, 0},
		{"no-batch", lint.Error, "catfaces", []string{"DROP_LAST=true"}, 31},
		{"no-batch", lint.Error, "catfaces", []string{"DROP_LAST=true", "DATA_SIZE=31"}, 0},
		{"data-below-batch", lint.Warning, "catfaces", nil, 31},
		{"file-order", lint.Warning, "keras-wgan", []string{"SHUFFLE=false"}, 0},
		{"zero-scale-init", lint.Warning, "catfaces", []string{"INIT=dcgan-zero"}, 0},
		{"plain-init", lint.Warning, "dcgan16", []string{"INIT=pytorch"}, 0},
		{"grid-minmax", lint.Warning, "catfaces", []string{"GRID_RANGE=minmax"}, 0},
		{lint.NotValid, lint.Error, "mnist-mlp-wgangp", []string{"CHANNELS_IMG=3"}, 0},
	} {
		found := lint.Check(resolve(t, test.preset, test.sets...), lint.Facts{Images: test.images})
		if test.rule == "sigmoid-wasserstein" { // the switch is a mistake of its own
			require.Equal(t, "sigmoid-bce", found[len(found)-1].Rule)
			found = found[:len(found)-1]
		}
		if !assert.Equal(t, []string{test.rule}, names(found), "%v", found) {
			continue
		}
		f := found[0]
		assert.Equal(t, test.severity, f.Severity, test.rule)
		assert.Empty(t, f.AskedBy)
		assert.NotEmpty(t, f.Settings)
		assert.NotEmpty(t, f.Instead)
		for _, s := range f.Settings {
			assert.NotEmpty(t, s.Value, s.Key)
		}
	}
}

// What lies beside a mistake is none.
func TestAllowed(t *testing.T) {
	for _, test := range []struct {
		preset string
		sets   []string
		images int
	}{
		{"catfaces", []string{"CRITIC_NORM=batch", "VARIANT=gan-bce"}, 0},
		{"catfaces", []string{"BETA1=0.5"}, 0},
		{"catfaces", []string{"BETA1=0.9", "VARIANT=gan-bce"}, 0},
		{"catfaces", []string{"LEARNING_RATE=9e-4"}, 0},
		{"catfaces", []string{"LEARNING_RATE=1", "OPTIMIZER=sgd"}, 0},
		{"catfaces", []string{"CRITIC_ITERATIONS=2"}, 0},
		{"catfaces", []string{"CRITIC_ITERATIONS=1", "VARIANT=lsgan"}, 0},
		{"catfaces", []string{"CRITIC_ITERATIONS=1", "VARIANT=lsgan", "CRITIC_BATCHES=reuse"}, 0},
		{"dcgan16", []string{"GEN_NOISE=reuse-fake"}, 0},
		{"keras-wgan", []string{"CLIP_VALUE=0.05"}, 0},
		{"mnist-mlp-wgangp", []string{"BATCH_SIZE=1"}, 0},
		{"toy-8gaussians", []string{"DATA_RANGE=0..1"}, 0},
		{"catfaces", []string{"IMAGE_SIZE=16", "BATCH_SIZE=2"}, 2},
		{"catfaces", []string{"Z_DIST=uniform"}, 0},
	} {
		assert.Empty(t, lint.Check(resolve(t, test.preset, test.sets...), lint.Facts{Images: test.images}), "%s %v", test.preset, test.sets)
	}
}

// Every switch of COMPAT is found, by name, as a warning: somebody means it.
func TestSwitches(t *testing.T) {
	seen := map[config.Switch]bool{}
	for _, preset := range config.Presets() {
		for _, s := range config.Switches(preset) {
			seen[s] = true
			c, err := config.Resolve(config.Sources{Preset: preset, Sets: []string{"COMPAT=" + string(s)}})
			require.NoError(t, err)
			found := lint.Check(c, lint.Facts{})
			if assert.NotEmpty(t, found, "%s: %s", preset, s) {
				assert.Equal(t, "COMPAT "+string(s), found[0].AskedBy)
				assert.Empty(t, lint.Errors(found), "%s: %s", preset, s)
			}
		}
	}
	assert.Len(t, seen, len(config.AllSwitches()))
}

// A tutorial with all of its errors can be reproduced.
func TestAllSwitchesAtOnce(t *testing.T) {
	for _, preset := range config.Presets() {
		if len(config.Switches(preset)) == 0 {
			continue
		}
		found := lint.Check(resolve(t, preset, "COMPAT=all"), lint.Facts{})
		assert.Empty(t, lint.Errors(found), preset)
		assert.GreaterOrEqual(t, len(found), len(config.Switches(preset))-2, preset) // two rules have two switches
	}
}

// FORCE asks for batch norm under a penalty, and for nothing else.
func TestForce(t *testing.T) {
	found := lint.Check(resolve(t, "catfaces", "CRITIC_NORM=batch", "FORCE=true"), lint.Facts{})
	require.Equal(t, []string{"batch-norm-penalty"}, names(found))
	assert.Equal(t, lint.Warning, found[0].Severity)
	assert.Equal(t, "FORCE true", found[0].AskedBy)
	assert.Empty(t, lint.Check(resolve(t, "catfaces", "FORCE=true"), lint.Facts{}), "there is nothing to force")
	assert.Len(t, lint.Errors(lint.Check(resolve(t, "catfaces", "DATA_RANGE=0..1", "FORCE=true"), lint.Facts{})), 1)
}

// Networks of a program's own are looked at instead of the preset's.
func TestNetworks(t *testing.T) {
	dev := device.NewMeta()
	network := func(name string, in device.Shape, list ...layers.Layer) *layers.Network {
		n, err := layers.NewNetwork(dev, name, in, list...)
		require.NoError(t, err)
		return n
	}
	image, flat := device.Shape{28, 28, 1}, &layers.Flatten{}
	generator := func(last layers.Layer) *layers.Network {
		return network("generator", device.Shape{100}, &layers.Linear{In: 100, Out: 784}, last, &layers.Reshape{Shape: image})
	}
	plain := network("critic", image, flat, &layers.Linear{In: 784, Out: 1})
	sigmoid := network("critic", image, &layers.Flatten{}, &layers.Linear{In: 784, Out: 1}, &layers.Sigmoid{})
	mixing := network("critic", image, &layers.Flatten{}, &layers.Linear{In: 784, Out: 8}, &layers.BatchNorm{Features: 8, Eps: 1e-5, Momentum: 0.1}, &layers.Linear{In: 8, Out: 1})
	for _, test := range []struct {
		what string
		nets variants.Networks
		sets []string
		want []string
	}{
		{"tanh", variants.Networks{Generator: generator(&layers.Tanh{}), Critic: plain}, nil, nil},
		{"sigmoid at the end of the generator", variants.Networks{Generator: generator(&layers.Sigmoid{}), Critic: plain}, nil, []string{"data-range"}},
		{"and data to match", variants.Networks{Generator: generator(&layers.Sigmoid{}), Critic: plain}, []string{"DATA_RANGE=0..1"}, nil},
		{"sigmoid at the end of the critic", variants.Networks{Generator: generator(&layers.Tanh{}), Critic: sigmoid}, nil, []string{"sigmoid-wasserstein"}},
		{"batch norm in the critic", variants.Networks{Generator: generator(&layers.Tanh{}), Critic: mixing}, nil, []string{"batch-norm-penalty"}},
		{"and a batch of one", variants.Networks{Generator: generator(&layers.Tanh{}), Critic: mixing}, []string{"BATCH_SIZE=1", "VARIANT=lsgan"}, []string{"batch-of-one"}},
	} {
		found := lint.Check(resolve(t, "mnist-mlp-wgangp", test.sets...), lint.Facts{Networks: test.nets})
		assert.Equal(t, test.want, names(found), test.what)
	}
}

// Rules are complete, and every rule is one that some test above finds.
func TestRules(t *testing.T) {
	var seen []string
	for _, r := range lint.Rules() {
		assert.NotContains(t, seen, r.Name)
		seen = append(seen, r.Name)
		for what, text := range map[string]string{"reason": r.Reason, "instead": r.Instead, "source": r.Source} {
			assert.NotEmpty(t, text, "%s: %s", r.Name, what)
			assert.NotRegexp(t, `\.$`, text, r.Name)
		}
		for _, key := range r.Keys {
			assert.True(t, slices.ContainsFunc(config.Keys(), func(k config.Key) bool { return k.Name == key }), "%s: %s", r.Name, key)
		}
	}
	assert.NotContains(t, seen, lint.NotValid)
}

// Errors come first, and the line says everything.
func TestOrderAndText(t *testing.T) {
	found := lint.Check(resolve(t, "catfaces", "BETA1=0.9", "DATA_RANGE=0..1", "COMPAT=reuse-batch"), lint.Facts{})
	assert.Equal(t, []string{"data-range", "penalty-momentum", "real-not-fresh"}, names(found))
	assert.Equal(t, "error: data-range (DATA_RANGE 0..1): the generator's last activation cannot reach all of the interval in which the data lie, or leaves it: the critic tells them apart by that alone. Instead: DATA_RANGE: -1..1 for a generator that ends in tanh, as the presets' do, 0..1 for a sigmoid", found[0].String())
	assert.Contains(t, found[2].String(), "warning: real-not-fresh (CRITIC_BATCHES reuse, CRITIC_ITERATIONS 5): ")
	assert.Contains(t, found[2].String(), ". COMPAT reuse-batch asks for it")
}

func TestSeverityText(t *testing.T) {
	for _, s := range []lint.Severity{lint.Warning, lint.Error} {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var got lint.Severity
		require.NoError(t, got.UnmarshalText(text))
		assert.Equal(t, s, got)
	}
	assert.EqualError(t, new(lint.Severity).UnmarshalText([]byte("fatal")), `lint: severity "fatal": want warning or error`)
}
