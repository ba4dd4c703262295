package conformance_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/datasets/drawn"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/presets"
	"ganlib/variants"
)

// trainEightGaussians trains the preset of eight Gaussians for some steps, with keys changed, and
// returns how many modes 10,000 samples cover, and the share of samples within 3σ of a centre.
func trainEightGaussians(t *testing.T, steps int64, sets ...string) (modes int, share float64) {
	t.Helper()
	ctx := context.Background()
	dev := device.NewCPU(2)
	defer dev.Close()
	c, err := config.Resolve(config.Sources{Preset: "toy-8gaussians", Sets: sets})
	require.NoError(t, err)
	data, err := presets.OpenData(ctx, c, presets.DataOptions{})
	require.NoError(t, err)
	samples, err := data.Samples(dev)
	require.NoError(t, err)
	v := variantOf(t, dev, c)
	tr, err := variants.NewTrainer(v, samples, presets.Trainer(c, steps))
	require.NoError(t, err)
	start := time.Now()
	require.NoError(t, tr.Run(ctx))
	took := time.Since(start)

	ws := device.NewWorkspace(dev)
	z := ws.New(v.Networks().Generator.Input().Batch(10_000))
	require.NoError(t, kernels.Normal(z, 0, 1, device.Random{Seed: 77, Stream: device.Stream("checks: samples")}))
	points, err := variants.Generate(v.Networks().Generator, ws, z)
	require.NoError(t, err)
	modes, share = datasets.Modes(values(t, points), *data.Points)
	t.Logf("%s: %d steps in %.1f s cover %d of 8 modes, %.1f %% of samples within 3 sigma", c.Variant, steps, took.Seconds(), modes, 100*share)
	return modes, share
}

// 20: WGAN-GP covers eight Gaussians with most of its samples near a centre. The preset itself trains
// for 3,000 steps and reaches 97 %. A quarter of them gave 88 % with seed 0, and 83 to 89 % with four
// seeds; the floor leaves room for an engine that rounds in another way.
func TestCheck20EightGaussians(t *testing.T) {
	if raceDetector {
		trainEightGaussians(t, 10) // only that it runs
		return
	}
	modes, share := trainEightGaussians(t, 750)
	assert.Equal(t, 8, modes)
	assert.Greater(t, share, 0.75)
}

// 20: the other variants on the same set, for comparison: how well they do is their algorithms' matter.
func TestCheck20OtherVariants(t *testing.T) {
	steps := int64(200)
	if raceDetector {
		steps = 5
	}
	for _, name := range []string{config.VariantBCE, config.VariantClip, config.VariantLSGAN} {
		_, share := trainEightGaussians(t, steps, "VARIANT="+name)
		assert.False(t, math.IsNaN(share))
	}
}

// 21: a healthy training: finite losses, a critic loss that is negative after the first steps, largest
// early and then rising towards zero, and a critic whose gradient has a norm near 1.
func TestCheck21HealthyTraining(t *testing.T) {
	steps := int64(150)
	if raceDetector {
		steps = 15 // the beginning of the curve
	}
	ctx := context.Background()
	dev := device.NewCPU(2)
	defer dev.Close()
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{
		"IMAGE_SIZE=16", "FEATURES_GEN=8", "FEATURES_CRITIC=8", "Z_DIM=16", "BATCH_SIZE=16", "LEARNING_RATE=1e-3", "NUM_EPOCHS=1000",
	}})
	require.NoError(t, err)
	faces, err := drawn.New(1, 128, c.ImageSize, c.ChannelsImg)
	require.NoError(t, err)
	set, err := datasets.Load(ctx, faces, datasets.LoadOptions{})
	require.NoError(t, err)
	data, err := variants.Images(dev, set, -1, 1)
	require.NoError(t, err)
	var rows []variants.Stats
	tr, err := variants.NewTrainer(variantOf(t, dev, c), data, presets.Trainer(c, steps), variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
		rows = append(rows, s...)
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, tr.Run(ctx))

	lowest := 0
	for i, row := range rows {
		for _, loss := range []float32{row.CriticLoss, row.Penalty, row.GeneratorLoss} {
			require.False(t, math.IsNaN(float64(loss)) || math.IsInf(float64(loss), 0), "step %d", i)
		}
		if i >= 5 {
			assert.Negative(t, row.CriticLoss, "step %d", i)
		}
		if row.CriticLoss < rows[lowest].CriticLoss {
			lowest = i
		}
	}
	if raceDetector {
		return
	}
	early, late := rows[5:35], rows[len(rows)-30:]
	critic := func(s variants.Stats) float32 { return s.CriticLoss }
	t.Logf("critic loss %.2f at its lowest, in step %d; then %.2f; at the end %.2f", rows[lowest].CriticLoss, lowest, meanOf(early, critic), meanOf(late, critic))
	assert.Less(t, lowest, 35)
	assert.Greater(t, meanOf(late, critic), 0.4*meanOf(early, critic), "towards zero")
	off := math.Sqrt(meanOf(late, func(s variants.Stats) float32 { return s.Penalty }) / 10)
	t.Logf("the critic's gradient norms are within %.2f of 1, in the root mean square", off)
	assert.Less(t, off, 0.2)
}

// meanOf returns the mean of some figure over rows.
func meanOf(rows []variants.Stats, figure func(variants.Stats) float32) (mean float64) {
	for _, r := range rows {
		mean += float64(figure(r)) / float64(len(rows))
	}
	return mean
}
