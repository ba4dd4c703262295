package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/report"
	"ganlib/runs"
)

// flip changes one bit of a file, so many bytes before its end.
func flip(t *testing.T, path string, fromEnd int) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)-fromEnd] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o666))
}

// stoppedRun is a run of faultRun that has checkpoints of steps 2, 3 and, if steps is that, 4.
func stoppedRun(t *testing.T, c config.Config, steps int64) *runs.Run {
	t.Helper()
	r, err := Open(t.Context(), Options{Config: c, Root: t.TempDir(), Threads: 1, Steps: 3})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	if steps > 3 {
		r, err = Open(t.Context(), Options{Resume: r.Folder(), Threads: 1, Steps: steps})
		require.NoError(t, err)
		require.NoError(t, r.Run(t.Context()))
		require.NoError(t, r.Close())
	}
	run, err := runs.Open(r.Folder())
	require.NoError(t, err)
	return run
}

// TestDamagedCheckpointsArePassedOver names what is damaged, goes on from the one before, and ends like a run
// that nothing happened to, even if only one checkpoint is kept.
func TestDamagedCheckpointsArePassedOver(t *testing.T) {
	c := faultRun(t)
	whole := t.TempDir()
	r, err := Open(t.Context(), Options{Config: c, Root: whole, Threads: 1})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	last, want := newest(t, r.Folder())

	for name, damage := range map[string]func(run *runs.Run){
		"a flipped bit": func(run *runs.Run) { flip(t, run.CheckpointPath(4), 5) },
		"half a file":   func(run *runs.Run) { require.NoError(t, os.Truncate(run.CheckpointPath(4), 5000)) },
		"an empty file": func(run *runs.Run) { require.NoError(t, os.Truncate(run.CheckpointPath(4), 0)) },
		"two of them":   func(run *runs.Run) { flip(t, run.CheckpointPath(4), 5); flip(t, run.CheckpointPath(3), 7) },
		"in the metadata": func(run *runs.Run) {
			replaceIn(t, run.CheckpointPath(4), `"progress.generator_steps":"4"`, `"progress.generator_steps":"5"`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := stoppedRun(t, c, 4)
			damage(run)
			before := treeOf(t, run.Path())
			_, err := MakePlan(t.Context(), Options{Resume: run.Path()})
			require.NoError(t, err)
			assert.Equal(t, before, treeOf(t, run.Path()), "a plan changes nothing")

			r, err := Open(t.Context(), Options{Resume: run.Path(), Threads: 1, Keep: 1})
			require.NoError(t, err)
			start := strings.Join(r.Start(), "\n")
			assert.Contains(t, start, "Warning: checkpoint: "+run.CheckpointPath(4)+": the file is damaged: ")
			assert.Contains(t, start, "it is now checkpoint-00000004.safetensors.damaged")
			if name == "a flipped bit" {
				assert.Contains(t, start, `tensor "optimizer.`)
			}
			if name == "two of them" {
				assert.Contains(t, start, "step 2 of 6")
				assert.Contains(t, start, "it is now checkpoint-00000003.safetensors.damaged")
			} else {
				assert.Contains(t, start, "step 3 of 6")
			}
			assert.FileExists(t, run.CheckpointPath(4)+".damaged")
			require.NoError(t, r.Run(t.Context()))
			require.NoError(t, r.Close())
			at, got := newest(t, run.Path())
			assert.Equal(t, last, at)
			assert.True(t, string(want) == string(got))
			assert.Equal(t, []int64{6}, checkpointSteps(t, run.Path()))
		})
	}
}

// TestAllCheckpointsDamaged is an error that names each, and changes nothing.
func TestAllCheckpointsDamaged(t *testing.T) {
	run := stoppedRun(t, faultRun(t), 3)
	flip(t, run.CheckpointPath(2), 1)
	flip(t, run.CheckpointPath(3), 1)
	before := treeOf(t, run.Path())
	_, err := Open(t.Context(), Options{Resume: run.Path()})
	require.ErrorIs(t, err, checkpoint.ErrDamaged)
	assert.ErrorContains(t, err, run.CheckpointPath(2))
	assert.ErrorContains(t, err, run.CheckpointPath(3))
	assert.Equal(t, before, treeOf(t, run.Path()))
}

// TestDamagedTableIsAWarning: the training is not lost with a log.
func TestDamagedTableIsAWarning(t *testing.T) {
	run := stoppedRun(t, faultRun(t), 3)
	path := run.Join(runs.LogFolder, "scalars.csv")
	replaceIn(t, path, "\n1,", "\nx,")
	r, err := Open(t.Context(), Options{Resume: run.Path(), Threads: 1})
	require.NoError(t, err)
	start := strings.Join(r.Start(), "\n")
	assert.Contains(t, start, "Warning: report: truncate scalars to step 3: "+path+": line 3: "+report.ErrDamaged.Error())
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 1+6, strings.Count(string(text), "\n"))
}

// replaceIn changes a text in a file.
func replaceIn(t *testing.T, path, old, now string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(data), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, now, 1)), 0o666))
}

// treeOf returns the names and contents of a run's files.
func treeOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	}))
	return all
}
