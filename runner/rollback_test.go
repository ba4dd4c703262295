package runner_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/watchdog"
)

// spoiler makes a weight of the generator NaN after a step, so many times.
func spoiler(t *testing.T, step int64, times int) variants.Hook {
	return variants.Hook{Name: "spoiler", Step: func(tr *variants.Trainer) error {
		if tr.Progress().GeneratorSteps != step || times == 0 {
			return nil
		}
		times--
		value := tr.Variant().Networks().Generator.Params()[0].Value
		values, err := value.Float32s()
		require.NoError(t, err)
		values[1] = float32(math.NaN())
		return value.CopyFrom(values)
	}}
}

// spoilt returns options of a run that is spoilt after its third step; its checkpoints are of steps 2, 4 and 6.
func spoilt(t *testing.T, c config.Config, onNaN runner.OnNaN, times int) runner.Options {
	return runner.Options{Config: c, Root: t.TempDir(), OnNaN: onNaN, Threads: 1, Hooks: []variants.Hook{spoiler(t, 3, times)}}
}

// rollbacks reads what a run says of its returns: pairs of steps, to which and from which.
func rollbacks(t *testing.T, run string) (list [][2]int64) {
	text, err := os.ReadFile(filepath.Join(run, "layout", "rollbacks.json"))
	require.NoError(t, err)
	var all []struct {
		Step, From int64
		Reason     string
	}
	require.NoError(t, json.Unmarshal(text, &all))
	for _, b := range all {
		assert.Contains(t, b.Reason, watchdog.NotFinite)
		list = append(list, [2]int64{b.Step, b.From})
	}
	return list
}

// checkpoints are the steps of a run's checkpoints.
func checkpoints(t *testing.T, run string) (steps []int64) {
	r, err := runs.Open(run)
	require.NoError(t, err)
	list, err := r.Checkpoints()
	require.NoError(t, err)
	for _, c := range list {
		steps = append(steps, c.Step)
	}
	return steps
}

// fails runs a training that ends because of its numbers, and returns its folder and the error.
func fails(t *testing.T, o runner.Options) (run string, err error) {
	r, err := runner.Open(t.Context(), o)
	require.NoError(t, err)
	err = r.Run(t.Context())
	require.ErrorIs(t, err, watchdog.ErrNotFinite)
	assert.False(t, r.Finished())
	require.NoError(t, r.Close())
	return r.Folder(), err
}

// A training that is spoilt ends, and goes on from its last checkpoint: nothing that is not finite is saved.
func TestStopOnNaN(t *testing.T) {
	c := small(t, "dcgan16", dataRoot(t))
	want := artefacts(t, train(t, runner.Options{Config: c, Root: t.TempDir()}, 0))
	for _, onNaN := range []runner.OnNaN{"", runner.StopOnNaN} {
		var out console
		o := spoilt(t, c, onNaN, 1)
		o.Console = &out
		run, err := fails(t, o)
		assert.ErrorContains(t, err, "step 3: not-finite in the generator's forward pass")
		assert.Equal(t, []int64{2}, checkpoints(t, run))
		text := strings.Join(out.lines(), "\n")
		assert.Contains(t, text, "Watchdog: step 3: not-finite")
		assert.Contains(t, text, "--on-nan rollback")

		events, err := os.ReadFile(filepath.Join(run, "logs", "watchdog.jsonl"))
		require.NoError(t, err)
		var e watchdog.Event
		require.NoError(t, json.Unmarshal(events, &e), "one line")
		assert.Equal(t, watchdog.NotFinite, e.Name)
		assert.EqualValues(t, 3, e.Step)
		assert.Contains(t, logged(t, run), ". watchdog")

		train(t, runner.Options{Resume: run}, 0)
		got := artefacts(t, run)
		delete(got, "logs/watchdog.jsonl")
		assert.Equal(t, want, got, "as if nothing had happened")
	}
}

// Nor is it saved when that is when it is found: by a checkpoint that is due, or by an interrupt.
func TestNothingSpoiltIsSaved(t *testing.T) {
	c := small(t, "dcgan16", dataRoot(t))
	o := spoilt(t, c, runner.StopOnNaN, 0)
	o.Hooks = []variants.Hook{spoiler(t, 1, 1)}
	run, err := fails(t, o)
	assert.ErrorContains(t, err, "hook checkpoints")
	assert.Empty(t, checkpoints(t, run))

	c.LogEvery = config.EverySteps(100)
	o = spoilt(t, c, runner.StopOnNaN, 0)
	o.Hooks = []variants.Hook{spoiler(t, 4, 1)}
	run = train(t, o, 5)
	assert.Equal(t, []int64{2, 4}, checkpoints(t, run))
}

func TestWarnOnNaN(t *testing.T) {
	run := train(t, spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.WarnOnNaN, 1), 0)
	assert.Equal(t, []int64{2, 4, 6}, checkpoints(t, run))
	text := files(t, run)["logs/console.log"]
	assert.Equal(t, 1, strings.Count(text, "Watchdog: "))
}

// A training that goes back takes another way, the same each time, and leaves the tables of one that never
// went wrong. A run that is stopped after that, or killed, goes on on that way.
func TestRollBackOnNaN(t *testing.T) {
	data := dataRoot(t)
	for _, preset := range []string{"dcgan16", "catfaces_1", "mnist-mlp-wgangp"} {
		t.Run(preset, func(t *testing.T) {
			c := small(t, preset, data)
			straight := artefacts(t, train(t, runner.Options{Config: c, Root: t.TempDir()}, 0))

			killed := filepath.Join(t.TempDir(), "train0")
			o := spoilt(t, c, runner.RollBackOnNaN, 1)
			thirds := 0
			o.Progress = func(p runner.Progress) {
				if p.Phase == runner.PhaseTrain && p.Done == 3 {
					if thirds++; thirds == 2 { // the first step after the return
						copyLive(t, killed, filepath.Join(o.Root, "train0"))
					}
				}
			}
			run := train(t, o, 0)
			want := artefacts(t, run)
			assert.Equal(t, [][2]int64{{2, 4}}, rollbacks(t, run))
			assert.NotEqual(t, straight["newest checkpoint"], want["newest checkpoint"], "another way")
			assert.Equal(t, strings.Count(straight["logs/scalars.csv"], "\n"), strings.Count(want["logs/scalars.csv"], "\n"), "a row for each step")
			assert.NotContains(t, want["logs/scalars.csv"], "NaN")
			console := files(t, run)["logs/console.log"]
			assert.Contains(t, console, "Watchdog: back to the checkpoint of step 2, with other random numbers; try 1 of 3\n")

			assert.Equal(t, want, artefacts(t, train(t, spoilt(t, c, runner.RollBackOnNaN, 1), 0)), "the same way again")

			stopped := train(t, spoilt(t, c, runner.RollBackOnNaN, 1), 5)
			train(t, runner.Options{Resume: stopped}, 0)
			assert.Equal(t, want, artefacts(t, stopped), "stopped")
			train(t, runner.Options{Resume: killed}, 0)
			assert.Equal(t, want, artefacts(t, killed), "killed")
		})
	}
}

// Before the first checkpoint a run goes back to its start.
func TestRollBackToTheStart(t *testing.T) {
	o := spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.RollBackOnNaN, 0)
	o.Hooks = []variants.Hook{spoiler(t, 1, 1)}
	run := train(t, o, 0)
	assert.Equal(t, [][2]int64{{0, 2}}, rollbacks(t, run))
	assert.Equal(t, []int64{2, 4, 6}, checkpoints(t, run), "the start's is not among the newest")
}

// After so many tries from one checkpoint it ends. Hooks of a program's own end once.
func TestRollBackGivesUp(t *testing.T) {
	ends := 0
	o := spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.RollBackOnNaN, 100)
	o.OnNaNTries = 2
	o.Hooks = append(o.Hooks, variants.Hook{Name: "guest", End: func(*variants.Trainer) error { ends++; return nil }})
	run, err := fails(t, o)
	assert.ErrorContains(t, err, "that is how 2 tries from the checkpoint of step 2 have ended")
	assert.Equal(t, [][2]int64{{2, 4}, {2, 4}}, rollbacks(t, run))
	assert.Equal(t, []int64{0, 2}, checkpoints(t, run))
	assert.Equal(t, 1, ends)

	_, err = fails(t, runner.Options{Resume: run, OnNaN: runner.RollBackOnNaN, OnNaNTries: 2, Threads: 1, Hooks: []variants.Hook{spoiler(t, 3, 1)}})
	assert.ErrorContains(t, err, "2 tries", "a resumed run knows")
	train(t, runner.Options{Resume: run, OnNaN: runner.RollBackOnNaN, OnNaNTries: 3, Hooks: []variants.Hook{spoiler(t, 3, 1)}}, 0)
	assert.Len(t, rollbacks(t, run), 3)
}

// A checkpoint saved after a return counts anew.
func TestRollBackCountsAnew(t *testing.T) {
	o := spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.RollBackOnNaN, 1)
	o.OnNaNTries = 1
	o.Hooks = append(o.Hooks, spoiler(t, 5, 1))
	run := train(t, o, 0)
	assert.Equal(t, [][2]int64{{2, 4}, {4, 6}}, rollbacks(t, run))
}

// Checkpoints that are not finite, of a run that only warned, are no place to go back to.
func TestRollBackPastSpoiltCheckpoints(t *testing.T) {
	run := train(t, spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.WarnOnNaN, 1), 4)
	require.Equal(t, []int64{2, 4}, checkpoints(t, run))
	train(t, runner.Options{Resume: run, OnNaN: runner.RollBackOnNaN}, 0)
	assert.Equal(t, [][2]int64{{2, 4}}, rollbacks(t, run))
	assert.Equal(t, []int64{2, 4, 6}, checkpoints(t, run))
	assert.Contains(t, names(t, run, runs.ModelFolder), "checkpoint-00000004.safetensors.damaged")

	spoiltRun := train(t, spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.WarnOnNaN, 1), 4)
	require.NoError(t, os.Remove(filepath.Join(spoiltRun, runs.ModelFolder, "checkpoint-00000002.safetensors")))
	_, err := fails(t, runner.Options{Resume: spoiltRun, OnNaN: runner.RollBackOnNaN})
	assert.ErrorIs(t, err, runs.ErrNoCheckpoint)
}

func TestRollbackFileIsChecked(t *testing.T) {
	run := train(t, spoilt(t, small(t, "dcgan16", dataRoot(t)), runner.RollBackOnNaN, 1), 5)
	path := filepath.Join(run, "layout", "rollbacks.json")
	require.NoError(t, os.WriteFile(path, []byte(`[{"step": "x"`), 0o666))
	_, err := runner.Open(t.Context(), runner.Options{Resume: run})
	assert.ErrorContains(t, err, path)
}

func TestOnNaNIsChecked(t *testing.T) {
	c := small(t, "dcgan16", dataRoot(t))
	_, err := runner.Open(t.Context(), runner.Options{Config: c, Root: t.TempDir(), OnNaN: "pray"})
	assert.ErrorContains(t, err, `on NaN "pray": want stop, rollback or warn`)
	_, err = runner.Open(t.Context(), runner.Options{Config: c, Root: t.TempDir(), OnNaNTries: -1})
	assert.ErrorContains(t, err, "tries -1")
}
