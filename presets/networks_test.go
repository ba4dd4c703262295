package presets_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

func TestNetworksRefuse(t *testing.T) {
	for _, test := range []struct {
		preset string
		change func(*config.Config)
		want   string
	}{
		{"catfaces", func(c *config.Config) { c.ImageSize = 48 }, "IMAGE_SIZE: got 48, want a power of two from 16"},
		{"catfaces", func(c *config.Config) { c.ImageSize = 8 }, "IMAGE_SIZE: got 8"},
		{"catfaces", func(c *config.Config) { c.ImageSize = 1 << 30 }, "IMAGE_SIZE: got 1073741824"},
		{"catfaces", func(c *config.Config) { c.ImageSize = -64 }, "IMAGE_SIZE"},
		{"catfaces", func(c *config.Config) { c.FeaturesGen = 1 << 40 }, "FEATURES_GEN"},
		{"catfaces", func(c *config.Config) { c.ChannelsImg = 2 }, "CHANNELS_IMG: got 2"},
		{"catfaces", func(c *config.Config) { c.Init = "zeros" }, "INIT"},
		{"dcgan16", func(c *config.Config) { c.ImageSize = 28 }, "IMAGE_SIZE: got 28, want 16"},
		{"mnist-mlp-wgangp", func(c *config.Config) { c.ImageSize = 32 }, "IMAGE_SIZE: got 32, want 28"},
		{"catfaces", func(c *config.Config) { c.Preset = "catface" }, `PRESET: got "catface", want`},
	} {
		c := preset(t, test.preset, test.change)
		_, err := presets.Networks(device.NewMeta(), c)
		assert.ErrorContains(t, err, "presets: networks: config: ")
		assert.ErrorContains(t, err, test.want)
	}
}

func TestVariantRefuses(t *testing.T) {
	c := preset(t, "catfaces", sized(16, 2, 3))
	n := plan(t, c)
	c.Variant = "wgan-gq"
	_, err := presets.Variant(n, c)
	assert.ErrorIs(t, err, variants.ErrUnknown)
	c.Variant, c.BatchSize = config.VariantGP, 0
	_, err = presets.Variant(n, c)
	assert.ErrorContains(t, err, "presets: variant: config: BATCH_SIZE")
}

// The configuration's seed and initialiser decide the weights, on every device.
func TestInitialisation(t *testing.T) {
	weights := func(c config.Config, dev device.Device) []float32 {
		n, err := presets.Networks(dev, c)
		require.NoError(t, err)
		values, err := n.Generator.Values().Float32s()
		require.NoError(t, err)
		return values
	}
	c := preset(t, "catfaces", sized(16, 2, 3))
	first := weights(c, device.NewCPU(1))
	assert.Equal(t, first, weights(c, device.NewCPU(3)))
	other := c
	other.Seed++
	assert.NotEqual(t, first, weights(other, device.NewCPU(1)))
	other = c
	other.Init = config.InitDCGANZero
	assert.NotEqual(t, first, weights(other, device.NewCPU(1)))
}

// Images of the wrong size are refused before any operation runs.
func TestWrongImageSize(t *testing.T) {
	dev := device.NewMeta()
	n, err := presets.Networks(dev, preset(t, "catfaces_128"))
	require.NoError(t, err)
	counter := new(device.Counter)
	dev.SetCounter(counter)
	x, err := dev.New(device.Shape{8, 64, 64, 3})
	require.NoError(t, err)
	_, err = n.Critic.Forward(new(layers.Trace), device.NewWorkspace(dev), x, layers.Train)
	assert.EqualError(t, err, "layers: network critic: input (8,64,64,3): want (N, then (128,128,3))")
	assert.Zero(t, counter.Flops(""))
	x, err = dev.New(device.Shape{8, 128, 128, 3})
	require.NoError(t, err)
	_, err = n.Critic.Forward(new(layers.Trace), device.NewWorkspace(dev), x, layers.Train)
	assert.NoError(t, err)
	assert.NotZero(t, counter.Calls("conv2d"))
}
