package presets_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

// preset returns a preset with changes.
func preset(t testing.TB, name string, changes ...func(*config.Config)) config.Config {
	t.Helper()
	c, err := config.Preset(name)
	require.NoError(t, err)
	for _, change := range changes {
		change(&c)
	}
	return c
}

// plan builds the networks of a configuration without memory.
func plan(t testing.TB, c config.Config) variants.Networks {
	t.Helper()
	n, err := presets.Networks(device.NewMeta(), c)
	require.NoError(t, err)
	return n
}

// sized sets the size and widths of convolutional networks.
func sized(size, features, channels int) func(*config.Config) {
	return func(c *config.Config) {
		c.ImageSize, c.FeaturesGen, c.FeaturesCritic, c.ChannelsImg = size, features, features, channels
	}
}

func TestParameterCounts(t *testing.T) {
	type counts struct{ generator, critic int }
	check := func(name string, c config.Config, want counts) {
		t.Run(name, func(t *testing.T) {
			n := plan(t, c)
			assert.Equal(t, want, counts{n.Generator.NumParams(), n.Critic.NumParams()})
		})
	}
	for name, want := range map[string]counts{
		"mnist-mlp-wgangp": {1_486_352, 1_460_225},
		"mnist-mlp-bce":    {1_486_352, 533_505},
		"keras-wgan":       {1_487_360, 212_865},
		"dcgan16":          {339_523, 136_643},
		"catfaces":         {12_658_435, 2_765_633},
		"catfaces_1":       {12_658_435, 2_765_633},
		"catfaces_2":       {12_658_435, 2_765_633},
		"catfaces_3":       {12_658_435, 2_765_633},
		"celeba":           {12_658_435, 2_765_633},
		"catfaces_128":     {47_855_363, 11_164_481},
		"celeba_128":       {47_855_363, 11_164_481},
		"toy-8gaussians":   {33_666, 33_537},
		"toy-25gaussians":  {33_666, 33_537},
		"toy-swissroll":    {33_666, 33_537},
	} {
		check(name, preset(t, name), want)
	}
	for _, test := range []struct {
		size, features, channels int
		want                     counts
	}{
		{16, 8, 3, counts{60_259, 2_729}},
		{32, 8, 3, counts{144_355, 11_241}},
		{64, 8, 3, counts{378_083, 44_649}},
		{128, 8, 3, counts{1_107_683, 177_001}},
		{16, 64, 3, counts{940_803, 136_513}},
		{32, 64, 3, counts{3_448_579, 663_361}},
		{64, 64, 3, counts{12_658_435, 2_765_633}},
		{128, 64, 3, counts{47_855_363, 11_164_481}},
		{64, 64, 1, counts{12_654_337, 2_763_585}},
	} {
		name := fmt.Sprintf("catfaces of %d pixels, %d features, %d channels", test.size, test.features, test.channels)
		check(name, preset(t, "catfaces", sized(test.size, test.features, test.channels)), test.want)
	}
	grey := func(c *config.Config) { c.ChannelsImg = 1 }
	unbiased := func(c *config.Config) { c.BiasBeforeNorm = false }
	check("dcgan16 in grey", preset(t, "dcgan16", grey), counts{337_473, 134_595})
	check("dcgan16 without redundant biases", preset(t, "dcgan16", unbiased), counts{339_331, 136_515})
}

// Keras counts the running statistics too.
func TestKerasCountsStatistics(t *testing.T) {
	n := plan(t, preset(t, "keras-wgan"))
	all := n.Generator.NumParams()
	for _, p := range n.Generator.Buffers() {
		if p.Role == layers.Average {
			all += p.Shape.Len()
		}
	}
	assert.Equal(t, 1_490_944, all)
	assert.Empty(t, n.Critic.Buffers())
}

func TestEveryPresetBuilds(t *testing.T) {
	for _, name := range config.Presets() {
		n := plan(t, preset(t, name))
		assert.Equal(t, n.Generator.Output(), n.Critic.Input(), name)
		assert.Equal(t, 1, n.Critic.Output().Len(), name)
	}
}
