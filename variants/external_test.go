package variants_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/losses"
	"ganlib/variants"
	"ganlib/variants/varianttest"
)

// hingeGAN is a variant as a program outside of the library would write it: the hinge loss of Lim and
// Ye 2017, "Geometric GAN" (https://arxiv.org/abs/1705.02894).
type hingeGAN struct{ *variants.Adversaries }

func init() {
	variants.Register("test-hinge", func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
		a, err := variants.NewAdversaries("test-hinge", n, variants.Play{
			CriticSteps: s.CriticSteps, GeneratorOptimizer: s.GeneratorOptimizer, CriticOptimizer: s.CriticOptimizer,
			Objective: losses.HingeObjective(), ReuseFake: s.ReuseFake,
		})
		if err != nil {
			return nil, err
		}
		return hingeGAN{a}, nil
	})
}

func TestExternalVariant(t *testing.T) {
	assert.Contains(t, variants.Names(), "test-hinge")
	varianttest.Run(t, func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
		return variants.New("test-hinge", n, s)
	})
}

// The hinge loss of a new critic is near 2, since its scores are near 0, and falls as it learns.
func TestExternalVariantLearns(t *testing.T) {
	n := smallNetworks(t, device.NewCPU(1))
	v, err := variants.New("test-hinge", n, varianttest.Settings())
	require.NoError(t, err)
	var rows []variants.Stats
	tr, err := variants.NewTrainer(v, drawnImages(t, n.Critic.Device()), variants.Config{Batch: 8, Epochs: 60}, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
		rows = append(rows, s...)
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, tr.Run(context.Background()))
	first, last := rows[0].CriticLoss, rows[len(rows)-1].CriticLoss
	assert.InDelta(t, 2, first, 0.6)
	assert.Less(t, last, 0.8*first)
	assert.Zero(t, rows[0].Penalty)
}
