package variants_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/variants"
)

// drawnBy returns what the steps of a training with the given restarts draw: five generator steps, of two
// critic steps each.
func drawnBy(t *testing.T, restarts ...int64) (critic, generator []step) {
	r, tr := record(t, 40, 2, variants.Config{Batch: 4, Epochs: 1, Steps: 5, Shuffle: true})
	for _, step := range restarts {
		tr.Restart(step)
	}
	run(t, tr)
	return r.made, r.generated
}

// noises returns the noise and the places of interpolates of steps.
func noises(steps []step) (list [][]float32) {
	for _, s := range steps {
		list = append(list, append(s.noise, s.alpha...))
	}
	return list
}

func TestRestart(t *testing.T) {
	critic, generator := drawnBy(t)
	once, onceG := drawnBy(t, 2)
	twice, twiceG := drawnBy(t, 2, 2)
	late, lateG := drawnBy(t, 2, 3)

	for i, others := range [][]step{once, twice, late} {
		assert.Equal(t, reals(critic), reals(others), "the order of the data stays: %d", i)
		assert.Equal(t, noises(critic[:4]), noises(others[:4]), "steps before the restart: %d", i)
		for j := 4; j < len(critic); j++ {
			assert.NotEqual(t, critic[j].noise, others[j].noise, "%d", j)
			assert.NotEqual(t, critic[j].alpha, others[j].alpha, "%d", j)
		}
	}
	for i, others := range [][]step{onceG, twiceG, lateG} {
		assert.Equal(t, noises(generator[:2]), noises(others[:2]), "%d", i)
		for j := 2; j < len(generator); j++ {
			assert.NotEqual(t, generator[j].noise, others[j].noise, "%d", j)
		}
	}
	assert.NotEqual(t, onceG[2].noise, twiceG[2].noise, "a second restart at the same step")
	assert.Equal(t, onceG[2].noise, lateG[2].noise)
	assert.Equal(t, twiceG[3].noise, lateG[3].noise, "restarts are counted")
}

// A training that is continued with the same restarts draws the same numbers.
func TestRestartGoesOn(t *testing.T) {
	want, _ := drawnBy(t, 1, 3)
	r, tr := record(t, 40, 2, variants.Config{Batch: 4, Epochs: 1, Steps: 5, Shuffle: true})
	_, whole := record(t, 40, 2, variants.Config{Batch: 4, Epochs: 1, Steps: 2, Shuffle: true})
	run(t, whole)
	require.NoError(t, tr.SetProgress(whole.Progress()))
	tr.Restart(1)
	tr.Restart(3)
	run(t, tr)
	assert.Equal(t, noises(want[4:]), noises(r.made))
}

// LastNoise is the last critic step's, of before the restart too.
func TestRestartAndLastNoise(t *testing.T) {
	r, tr := record(t, 40, 2, variants.Config{Batch: 4, Epochs: 1, Steps: 2})
	tr.Restart(2)
	run(t, tr)
	z, err := device.NewCPU(1).New(device.Shape{4, 6})
	require.NoError(t, err)
	require.NoError(t, tr.LastNoise(z))
	assert.Equal(t, r.made[3].noise, r.values(z))
}

// Images are mirrored otherwise, too.
func TestRestartMirrors(t *testing.T) {
	dev := device.NewCPU(1)
	mirrored := func(restart bool) []step {
		r := newRecorder(t, dev, device.Shape{1, 4, 1}, 1)
		tr, err := variants.NewTrainer(r, ramps(t, dev, 60, 0, 255), variants.Config{Batch: 60, Epochs: 2, Flip: true})
		require.NoError(t, err)
		if restart {
			tr.Restart(1)
		}
		run(t, tr)
		return r.made
	}
	plain, other := mirrored(false), mirrored(true)
	assert.Equal(t, plain[0].real, other[0].real)
	assert.NotEqual(t, plain[1].real, other[1].real)
}
