package lsgan_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/variants"
	"ganlib/variants/lsgan"
	"ganlib/variants/varianttest"
)

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(*variants.Settings){
		"zero-one coding": func(*variants.Settings) {},
		"Pearson coding":  func(s *variants.Settings) { s.Targets, s.ReuseFake = losses.PearsonLSGAN(), true },
	} {
		t.Run(name, func(t *testing.T) {
			varianttest.Run(t, func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
				change(&s)
				return variants.New(lsgan.Name, n, s)
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	dev := device.NewCPU(1)
	var n variants.Networks
	var err error
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{2}, &layers.Linear{In: 2, Out: 3})
	require.NoError(t, err)
	n.Critic, err = layers.NewNetwork(dev, "critic", device.Shape{3}, &layers.Linear{In: 3, Out: 1})
	require.NoError(t, err)
	for want, change := range map[string]func(*lsgan.Config){
		"lsgan: losses: least squares: Factor 0": func(c *lsgan.Config) { c.Targets.Factor = 0 },
		"lsgan: losses: least squares: B NaN":    func(c *lsgan.Config) { c.Targets.B = math.NaN() },
		"critic steps -1":                        func(c *lsgan.Config) { c.NCritic = -1 },
	} {
		c := lsgan.Defaults()
		change(&c)
		_, err := lsgan.New(n, c)
		assert.ErrorContains(t, err, want)
	}
	_, err = lsgan.New(n, lsgan.Defaults())
	assert.NoError(t, err)
}
