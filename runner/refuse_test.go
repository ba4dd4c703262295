package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/runner"
	"ganlib/runs"
)

// change returns Changes that apply f.
func change(f func(*config.Config)) func(config.Config) (config.Config, error) {
	return func(c config.Config) (config.Config, error) {
		f(&c)
		return c, nil
	}
}

// TestResumeRefuses what may not change, by key, and leaves the run as it was.
func TestResumeRefuses(t *testing.T) {
	data := dataRoot(t)
	run := train(t, runner.Options{Config: small(t, "dcgan16", data), Root: t.TempDir()}, 4)
	before := files(t, run)
	cases := map[string]struct {
		o    runner.Options
		is   error
		want []string
		not  string
	}{
		"changed keys": {o: runner.Options{Resume: run, Changes: change(func(c *config.Config) { c.BatchSize, c.Seed, c.NumEpochs = 8, 9, 7 })},
			is: runner.ErrChanged, want: []string{"BATCH_SIZE: 4, now 8", "SEED: 0, now 9"}, not: "NUM_EPOCHS"},
		"another preset": {o: runner.Options{Resume: run, Changes: func(config.Config) (config.Config, error) { return small(t, "catfaces", data), nil }},
			is: runner.ErrChanged, want: []string{"PRESET: dcgan16, now catfaces", "VARIANT"}},
		"changes that fail":          {o: runner.Options{Resume: run, Changes: func(config.Config) (config.Config, error) { return config.Config{}, os.ErrInvalid }}, is: os.ErrInvalid},
		"changes out of range":       {o: runner.Options{Resume: run, Changes: change(func(c *config.Config) { c.NumEpochs = 0 })}, want: []string{"NUM_EPOCHS"}},
		"a device that is not there": {o: runner.Options{Resume: run, Device: "cuda:0"}, want: []string{"--device"}},
		"no such run":                {o: runner.Options{Resume: filepath.Join(data, "train7")}, is: os.ErrNotExist, want: []string{"train7"}},
		"not a run":                  {o: runner.Options{Resume: data}, is: runs.ErrNotRun},
		"an older checkpoint":        {o: runner.Options{Resume: filepath.Join(run, "model", "checkpoint-00000002.safetensors")}, want: []string{"checkpoint-00000004.safetensors"}},
		"another file":               {o: runner.Options{Resume: filepath.Join(run, "logs", "scalars.csv")}, want: []string{"newest checkpoint"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, open := range []func() error{
				func() error { _, err := runner.Open(t.Context(), c.o); return err },
				func() error { _, err := runner.MakePlan(t.Context(), c.o); return err },
			} {
				err := open()
				require.Error(t, err)
				if c.is != nil {
					assert.ErrorIs(t, err, c.is)
				}
				for _, text := range c.want {
					assert.ErrorContains(t, err, text)
				}
				if c.not != "" {
					assert.NotContains(t, err.Error(), c.not)
				}
			}
			assert.Equal(t, before, files(t, run))
		})
	}
	train(t, runner.Options{Resume: filepath.Join(run, "model", "checkpoint-00000004.safetensors")}, 5)
}

func TestResumeRefusesAnEditedConfiguration(t *testing.T) {
	run := train(t, runner.Options{Config: small(t, "toy-8gaussians", ""), Root: t.TempDir()}, 1)
	path := filepath.Join(run, filepath.FromSlash(runs.ConfigFile))
	text := files(t, run)[runs.ConfigFile]
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(text, "LAMBDA_GP: 0.3", "LAMBDA_GP: 5", 1)), 0o666))
	_, err := runner.Open(t.Context(), runner.Options{Resume: run})
	require.ErrorIs(t, err, runner.ErrChanged)
	assert.ErrorContains(t, err, "LAMBDA_GP: 0.3, now 5")
	assert.ErrorContains(t, err, runs.ConfigFile)
}

func TestResumeRefusesOtherData(t *testing.T) {
	data := dataRoot(t)
	run := train(t, runner.Options{Config: small(t, "dcgan16", data), Root: t.TempDir()}, 2)
	path := filepath.Join(data, "CatFaces", "class0", "nested", "00.png")
	before := files(t, run)
	for name, spoil := range map[string]func(){
		"another picture": func() { writeImage(t, path, 77) },
		"one fewer":       func() { require.NoError(t, os.Remove(path)) },
	} {
		spoil()
		_, err := runner.Open(t.Context(), runner.Options{Resume: run})
		require.ErrorIs(t, err, checkpoint.ErrMismatch, name)
		assert.ErrorContains(t, err, "the data are not those that the run was trained on", name)
		assert.Equal(t, before, files(t, run), name)
	}
	writeImage(t, path, 0)
	train(t, runner.Options{Resume: run}, 0)
}

func TestResumeNamesADamagedCheckpoint(t *testing.T) {
	run := train(t, runner.Options{Config: small(t, "toy-8gaussians", ""), Root: t.TempDir()}, 2)
	path := filepath.Join(run, "model", "checkpoint-00000002.safetensors")
	require.NoError(t, os.Truncate(path, 1000))
	_, err := runner.Open(t.Context(), runner.Options{Resume: run})
	assert.ErrorContains(t, err, path)
}

// TestFinishedRunIsLeftAlone resumes a run that has reached its end.
func TestFinishedRunIsLeftAlone(t *testing.T) {
	root := t.TempDir()
	run := train(t, runner.Options{Config: small(t, "dcgan16", dataRoot(t)), Root: root, Steps: 4}, 0)
	before := files(t, run)
	for _, o := range []runner.Options{
		{Resume: run, Steps: 4},
		{Resume: run, Steps: 3},
		{Resume: run, Changes: change(func(c *config.Config) { c.NumEpochs, c.LogEvery = 1, config.EverySteps(7) })},
	} {
		r, err := runner.Open(t.Context(), o)
		require.NoError(t, err)
		assert.True(t, r.Finished())
		assert.Equal(t, run, r.Folder())
		require.Len(t, r.Start(), 1)
		assert.Contains(t, r.Start()[0], "is finished, at step 4")
		assert.NoError(t, r.Run(t.Context()))
		require.NoError(t, r.Close())
		assert.Equal(t, before, files(t, run))
	}
	train(t, runner.Options{Resume: run}, 0) // the epochs go on without the limit
	assert.Contains(t, names(t, run, runs.ModelFolder), "checkpoint-00000006.safetensors")
}

// TestResumeWithoutACheckpoint begins again, and drops what the tables had.
func TestResumeWithoutACheckpoint(t *testing.T) {
	root := t.TempDir()
	run := train(t, runner.Options{Config: small(t, "toy-8gaussians", ""), Root: root}, 2)
	require.NoError(t, os.Remove(filepath.Join(run, "model", "checkpoint-00000002.safetensors")))
	r, err := runner.Open(t.Context(), runner.Options{Resume: run})
	require.NoError(t, err)
	assert.Contains(t, strings.Join(r.Start(), "\n"), "no checkpoint yet and begins again")
	assert.Contains(t, strings.Join(r.Start(), "\n"), "step 0 of 6")
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	checkScalars(t, files(t, run), 6)
}

// TestChangesAreKept for the next resume, and warns of what they mean.
func TestChangesAreKept(t *testing.T) {
	run := train(t, runner.Options{Config: small(t, "toy-8gaussians", ""), Root: t.TempDir()}, 2)
	require.NoError(t, os.WriteFile(filepath.Join(run, "layout", "device.txt"), []byte("gpu of another kind\n"), 0o666))
	open := func(o runner.Options) string {
		o.Resume = run
		r, err := runner.Open(t.Context(), o)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		return strings.Join(r.Start(), "\n")
	}
	text := open(runner.Options{Threads: 1, Changes: change(func(c *config.Config) { c.NumEpochs = 3 })})
	assert.Contains(t, text, "Warning: the run was on gpu of another kind until now")
	assert.Contains(t, text, "LR_DECAY linear")
	assert.Contains(t, text, "step 2 of 9")
	text = open(runner.Options{Threads: 1})
	assert.NotContains(t, text, "Warning")
	assert.NotContains(t, text, "LR_DECAY")
	assert.Contains(t, text, "step 2 of 9")
	assert.Contains(t, open(runner.Options{Threads: 2}), "Warning: the run was on cpu")
	last, err := device.DefaultEngine()
	require.NoError(t, err)
	for _, e := range device.Engines() {
		text := open(runner.Options{Threads: 2, Engine: e.String()})
		assert.Contains(t, text, fmt.Sprintf("Device: cpu (%v engine", e))
		assert.Equal(t, e != last, strings.Contains(text, fmt.Sprintf("Warning: the run was on cpu (%v engine", last)))
		last = e
	}

	p, err := runner.MakePlan(t.Context(), runner.Options{Resume: run})
	require.NoError(t, err)
	assert.Equal(t, int64(9), p.TotalSteps)
}
