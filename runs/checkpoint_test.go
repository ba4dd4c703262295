package runs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
)

func TestCheckpoints(t *testing.T) {
	r := create(t, t.TempDir(), "train")
	list, err := r.Checkpoints()
	require.NoError(t, err)
	assert.Empty(t, list)
	_, err = r.Latest()
	require.ErrorIs(t, err, runs.ErrNoCheckpoint)
	assert.ErrorContains(t, err, r.Path())

	assert.Equal(t, filepath.Join(r.Path(), "model", "checkpoint-00000042.safetensors"), r.CheckpointPath(42))
	steps := []int64{0, 7, 500, 99_999_999, 100_000_000, 12_345_678_901}
	for _, i := range []int{3, 5, 0, 4, 1, 2} {
		require.NoError(t, runs.WriteFile(r.CheckpointPath(steps[i]), text("x")))
	}
	for _, name := range []string{
		"catfaces_checkpoint.pth.tar", "checkpoint-8.safetensors", "checkpoint-00000008.safetensors.bak",
		"checkpoint-000000008.safetensors", "checkpoint--0000008.safetensors", "xcheckpoint-00000008.safetensors",
		".checkpoint-00000009.safetensors.tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "checkpoint-9999999999999999999.safetensors",
	} {
		require.NoError(t, os.WriteFile(r.Join(runs.ModelFolder, name), nil, 0o666))
	}
	require.NoError(t, os.Mkdir(r.CheckpointPath(8), 0o777))

	list, err = r.Checkpoints()
	require.NoError(t, err)
	var got []int64
	for _, c := range list {
		got = append(got, c.Step)
		assert.Equal(t, r.CheckpointPath(c.Step), c.Path)
		assert.FileExists(t, c.Path)
	}
	assert.Equal(t, steps, got)
	latest, err := r.Latest()
	require.NoError(t, err)
	assert.Equal(t, list[5], latest)
}

func TestPrune(t *testing.T) {
	r := create(t, t.TempDir(), "train")
	require.NoError(t, r.Prune(1), "nothing to remove")
	for step := range int64(5) {
		require.NoError(t, runs.WriteFile(r.CheckpointPath(step), text("x")))
	}
	other := r.Join(runs.TorchFile)
	require.NoError(t, os.WriteFile(other, nil, 0o666))
	steps := func() (s []int64) {
		list, err := r.Checkpoints()
		require.NoError(t, err)
		for _, c := range list {
			s = append(s, c.Step)
		}
		return s
	}
	require.NoError(t, r.Prune(9))
	assert.Equal(t, []int64{0, 1, 2, 3, 4}, steps())
	require.NoError(t, r.Prune(2))
	assert.Equal(t, []int64{3, 4}, steps())
	require.ErrorContains(t, r.Prune(0), "keep 0: want at least 1")
	require.NoError(t, r.Prune(1))
	assert.Equal(t, []int64{4}, steps())
	assert.FileExists(t, other)
}

func TestCheckpointsErrors(t *testing.T) {
	r := create(t, t.TempDir(), "train")
	require.NoError(t, os.RemoveAll(r.Join(runs.ModelFolder)))
	_, err := r.Checkpoints()
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "runs: checkpoints of "+r.Path())
	_, err = r.Latest()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorIs(t, r.Prune(1), os.ErrNotExist)
}

func TestCheckpointAt(t *testing.T) {
	r := create(t, t.TempDir(), "train")
	_, err := runs.CheckpointAt(r.Path())
	require.ErrorIs(t, err, runs.ErrNoCheckpoint)
	for _, step := range []int64{3, 12} {
		require.NoError(t, runs.WriteFile(r.CheckpointPath(step), text("x")))
	}
	for path, want := range map[string]string{
		r.Path():            r.CheckpointPath(12),
		r.CheckpointPath(3): r.CheckpointPath(3),
		r.Path() + "/":      r.CheckpointPath(12),
	} {
		got, err := runs.CheckpointAt(path)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err = runs.CheckpointAt(filepath.Join(r.Path(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = runs.CheckpointAt(t.TempDir())
	assert.ErrorIs(t, err, runs.ErrNotRun)
}

func TestSetAside(t *testing.T) {
	r := create(t, t.TempDir(), "train")
	for step := range int64(3) {
		require.NoError(t, runs.WriteFile(r.CheckpointPath(step), text("x")))
	}
	latest, err := r.Latest()
	require.NoError(t, err)
	for range 2 { // the second time over the first
		to, err := r.SetAside(latest)
		require.NoError(t, err)
		assert.Equal(t, r.CheckpointPath(2)+".damaged", to)
		assert.FileExists(t, to)
		now, err := r.Latest()
		require.NoError(t, err)
		assert.Equal(t, int64(1), now.Step, "it counts as none")
		require.NoError(t, r.Prune(2))
		assert.FileExists(t, r.CheckpointPath(0))
		require.NoError(t, runs.WriteFile(r.CheckpointPath(2), text("y")))
	}
	require.NoError(t, os.Remove(latest.Path))
	_, err = r.SetAside(latest)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
