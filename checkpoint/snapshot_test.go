package checkpoint_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/variants"
)

// take makes a snapshot of a training's state now.
func take(t *testing.T, s *checkpoint.Snapshot, trainer *variants.Trainer, fixed *device.Tensor) {
	t.Helper()
	require.NoError(t, s.Take(trainer, map[string]string{"PRESET": "catfaces", "Z_DIM": "6"}, fixed))
}

// TestSnapshotIsTheState goes on training before a snapshot is written: the bytes are those that Write would
// have written when it was taken.
func TestSnapshotIsTheState(t *testing.T) {
	trainer := training(t)
	fixed, err := checkpoint.FixedNoise(trainer, 3)
	require.NoError(t, err)
	s, err := checkpoint.NewSnapshot(trainer.Variant())
	require.NoError(t, err)
	for range 3 {
		steps(t, trainer, 1)
		var want, got bytes.Buffer
		require.NoError(t, checkpoint.Write(&want, trainer, map[string]string{"PRESET": "catfaces", "Z_DIM": "6"}, fixed))
		take(t, s, trainer, fixed)
		steps(t, trainer, 1)
		done, err := s.Fetch(0)
		require.NoError(t, err)
		require.True(t, done)
		rests := 0
		require.NoError(t, s.Write(&got, func() { rests++ }))
		assert.True(t, bytes.Equal(want.Bytes(), got.Bytes()))
		assert.Greater(t, rests, 2*40, "for checksums and for writing")
	}
	assert.ErrorContains(t, s.Write(failingWriter{}, func() {}), "disk full")
}

// TestSnapshotOfAGPU is fetched piece by piece, between steps.
func TestSnapshotOfAGPU(t *testing.T) {
	enginetest.Emulated(t)
	dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	// The generator's values, and their moments, take two pieces each.
	trainer := trainingOn(t, dev, "BATCH_SIZE=4", "FEATURES_GEN=24", "CRITIC_ITERATIONS=1")
	require.Greater(t, trainer.Variant().Networks().Generator.Values().Len(), 64<<10)
	s, err := checkpoint.NewSnapshot(trainer.Variant())
	require.NoError(t, err)
	steps(t, trainer, 1)
	want := state(t, trainer)
	take(t, s, trainer, nil)
	require.ErrorContains(t, s.Write(io.Discard, func() {}), "parts were fetched")
	pieces := 0
	for done := false; !done; pieces++ {
		if pieces < 2 {
			steps(t, trainer, 1)
		}
		done, err = s.Fetch(0)
		require.NoError(t, err)
	}
	assert.Greater(t, pieces, 4)
	var got bytes.Buffer
	require.NoError(t, s.Write(&got, func() {}))
	assert.True(t, bytes.Equal(want, got.Bytes()))
	require.NotEqual(t, want, state(t, trainer))
}
