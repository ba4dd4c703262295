package runner_test

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runner"
	"ganlib/variants"
)

// A program's own hooks run after the runner's, may save, and may say that the training stood still.
func TestOwnHooks(t *testing.T) {
	c := small(t, "toy-8gaussians", "")
	c.CheckpointEvery = config.Every{}
	var r *runner.Runner
	var rows int
	var waited time.Duration
	hook := variants.Hook{
		Name:  "guest",
		Stats: func(_ *variants.Trainer, s []variants.Stats) error { rows += len(s); return nil },
		Step: func(tr *variants.Trainer) error {
			if tr.Progress().GeneratorSteps != 3 {
				return nil
			}
			began := time.Now()
			time.Sleep(300 * time.Millisecond)
			waited = time.Since(began)
			r.Waited(waited)
			return r.Save()
		},
	}
	r, err := runner.Open(t.Context(), runner.Options{Config: c, Root: t.TempDir(), Threads: 1, Hooks: []variants.Hook{hook}})
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, r.Run(t.Context()))
	took := time.Since(began)
	require.NoError(t, r.Close())
	assert.Equal(t, 6, rows)
	assert.FileExists(t, filepath.Join(r.Folder(), "model", "checkpoint-00000003.safetensors"))
	file, err := os.Open(filepath.Join(r.Folder(), "logs", "scalars.csv"))
	require.NoError(t, err)
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	seconds, err := strconv.ParseFloat(table[len(table)-1][7], 64)
	require.NoError(t, err)
	assert.LessOrEqual(t, seconds, (took-waited).Seconds()+0.001, "without the wait")
}

// The error of a program's own hook ends the training, which is saved.
func TestOwnHookFails(t *testing.T) {
	c := small(t, "toy-8gaussians", "")
	c.CheckpointEvery = config.Every{}
	broken := errors.New("broken")
	fail := func(tr *variants.Trainer) error {
		if tr.Progress().GeneratorSteps == 3 {
			return broken
		}
		return nil
	}
	for name, h := range map[string]variants.Hook{
		"step": {Name: "guest", Step: fail}, "epoch": {Name: "guest", Epoch: fail},
		"stats": {Name: "guest", Stats: func(tr *variants.Trainer, _ []variants.Stats) error { return fail(tr) }},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := runner.Open(t.Context(), runner.Options{Config: c, Root: t.TempDir(), Threads: 1, Hooks: []variants.Hook{h}})
			require.NoError(t, err)
			require.ErrorIs(t, r.Run(context.Background()), broken)
			require.NoError(t, r.Close())
			assert.FileExists(t, filepath.Join(r.Folder(), "model", "checkpoint-00000003.safetensors"))
		})
	}
}
