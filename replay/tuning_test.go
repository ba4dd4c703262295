package replay_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/manifest"
	"ganlib/presets"
	"ganlib/replay"
	"ganlib/runner"
	"ganlib/runs"
)

// anyTile returns choices that have a configuration's products computed by the plainest of kernels.
func anyTile(t *testing.T, c config.Config) []kernels.Choice {
	t.Helper()
	plan, err := presets.PlanStep(enginetest.Emulated(t), c, c.BatchSize)
	require.NoError(t, err)
	var all kernels.Tuning
	for _, p := range kernels.Products(plan.Device) {
		_ = all.Add(kernels.Choice{Product: p, Way: kernels.Way{Tile: "any", Slices: 1}}) // some have to be cut
	}
	require.NotEmpty(t, all.Deviations())
	return all.Deviations()
}

// changeTuning writes another tuning into a run's manifest, with a checksum that fits.
func changeTuning(t *testing.T, run string, to []kernels.Choice) {
	t.Helper()
	change(t, filepath.Join(run, runs.ManifestFile), func(text []byte) []byte {
		m, err := manifest.Decode(text)
		require.NoError(t, err)
		m.Stretches[0].Machine.Tuning = to
		text, err = manifest.Encode(*m)
		require.NoError(t, err)
		return text
	})
}

// TestVerifyTuned makes a tuned run again as its manifest says, and not byte for byte where that cannot be done.
func TestVerifyTuned(t *testing.T) {
	root := t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	c := tiny(t, root, "NUM_EPOCHS=1", "DEVICE=ptxsim")
	choices := anyTile(t, c)
	run := train(t, runner.Options{Config: c, Root: root, Tuning: choices}, 0)
	r := verify(t, run, replay.Options{})
	assert.Equal(t, replay.Same, r.State, states(r, replay.Differs)+states(r, replay.Unchecked))

	changeTuning(t, run, nil)
	r = verify(t, run, replay.Options{})
	assert.Equal(t, replay.Differs, r.State, "the run was not made as is estimated")

	impossible := choices[0]
	impossible.Slices = 1 << 20
	changeTuning(t, run, []kernels.Choice{impossible})
	r = verify(t, run, replay.Options{})
	assert.Equal(t, replay.Unchecked, r.State, states(r, replay.Differs))
	assert.Regexp(t, `tuning "[0-9a-f]{12}", here ""`, states(r, replay.Unchecked))

	other := train(t, runner.Options{Config: c, Root: root}, 0)
	assert.Regexp(t, `^tuning: [0-9a-f]{64} and nothing$`, bisect(t, run, other).Made[0])
}
