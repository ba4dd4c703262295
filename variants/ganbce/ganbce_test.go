package ganbce_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/variants/ganbce"
	"ganlib/variants/varianttest"
)

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(*variants.Settings){
		"defaults":                    func(*variants.Settings) {},
		"one step of each":            func(s *variants.Settings) { s.CriticSteps, s.ReuseFake = 1, true },
		"saturating":                  func(s *variants.Settings) { s.Saturating = true },
		"logarithms of probabilities": func(s *variants.Settings) { s.Probability, s.ReuseFake = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			varianttest.Run(t, func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
				change(&s)
				return variants.New(ganbce.Name, n, s)
			})
		})
	}
}

// Defaults are those of Radford, Metz and Chintala 2016.
func TestDefaults(t *testing.T) {
	c := ganbce.Defaults()
	adam := optim.AdamConfig{LearningRate: 2e-4, Beta1: 0.5, Beta2: 0.999, Eps: 1e-8, Convention: optim.PyTorch}
	assert.Equal(t, ganbce.Config{NCritic: 1, Generator: adam, Critic: adam, ReuseFake: true}, c)
}

func TestRefusals(t *testing.T) {
	for name, change := range map[string]func(*ganbce.Config){
		"critic steps 0":                func(c *ganbce.Config) { c.NCritic = 0 },
		"want an optimiser":             func(c *ganbce.Config) { c.Critic = nil },
		"generator: optim: adam: Beta1": func(c *ganbce.Config) { c.Generator = optim.AdamConfig{LearningRate: 1, Beta1: 1, Eps: 1} },
	} {
		c := ganbce.Defaults()
		change(&c)
		_, err := ganbce.New(networks(t), c)
		assert.ErrorContains(t, err, name)
	}
}

func networks(t *testing.T) (n variants.Networks) {
	dev := device.NewCPU(1)
	var err error
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{2}, &layers.Linear{In: 2, Out: 3}, &layers.Tanh{})
	require.NoError(t, err)
	n.Critic, err = layers.NewNetwork(dev, "critic", device.Shape{3}, &layers.Linear{In: 3, Out: 1})
	require.NoError(t, err)
	return n
}
