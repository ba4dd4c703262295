package replay_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/replay"
	"ganlib/runner"
	"ganlib/runs"
)

func bisect(t *testing.T, a, b string) *replay.Bisection {
	t.Helper()
	x, err := replay.Bisect(t.Context(), a, b, replay.Options{Threads: 1})
	require.NoError(t, err)
	t.Log(x.Conclusion)
	return x
}

// copied copies a run's folder.
func copied(t *testing.T, run string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "train0")
	require.NoError(t, os.CopyFS(to, os.DirFS(run)))
	return to
}

func TestBisectNothing(t *testing.T) {
	run, root := fresh(t)
	elsewhere := t.TempDir()
	require.NoError(t, os.CopyFS(elsewhere, os.DirFS(root)))
	x := bisect(t, run, train(t, runner.Options{Config: tiny(t, elsewhere), Root: root}, 0))
	assert.Equal(t, replay.Same, x.State)
	assert.Empty(t, x.Made)
	assert.EqualValues(t, 6, x.Rows)
	assert.Equal(t, []int64{2, 4, 6}, x.Checkpoints)
	assert.Nil(t, x.Step)
}

func TestBisectSeed(t *testing.T) {
	run, root := fresh(t)
	x := bisect(t, run, train(t, runner.Options{Config: tiny(t, root, "SEED=4"), Root: root}, 0))
	assert.Equal(t, replay.Differs, x.State)
	assert.Equal(t, []string{"SEED: 3 and 4"}, x.Made)
	assert.EqualValues(t, 0, x.Row.Step)
	assert.EqualValues(t, 2, *x.FirstOther)
	assert.Nil(t, x.LastSame)
	assert.Equal(t, &replay.StepParting{Step: -1, Tensor: "critic.disc.0.weight"}, x.Step)
}

// A setting of the generator's step alone parts there, and its loss tells only one step later.
func TestBisectUpdate(t *testing.T) {
	run, root := fresh(t)
	x := bisect(t, run, train(t, runner.Options{Config: tiny(t, root, "LEARNING_RATE=0.0002"), Root: root}, 0))
	assert.Equal(t, []string{"LEARNING_RATE: 0.0001 and 0.0002"}, x.Made)
	assert.Equal(t, &replay.StepParting{Step: 0, Update: "critic step 1 of 2", Tensor: "critic.disc.0.weight"}, x.Step)
	x = bisect(t, run, train(t, runner.Options{Config: tiny(t, root, "GEN_NOISE=reuse-noise"), Root: root}, 0))
	assert.Equal(t, &replay.StepParting{Step: 0, Update: "the generator's step", Tensor: "generator.gen.0.0.weight"}, x.Step)
}

// Two runs go on from one checkpoint, one of them to another end of its falling learning rates.
func TestBisectLearningRateFromAStepOn(t *testing.T) {
	root := t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	a := train(t, runner.Options{Config: tiny(t, root, "LR_DECAY=linear", "NUM_EPOCHS=3"), Root: root, Keep: 9}, 4)
	b := copied(t, a)
	train(t, runner.Options{Resume: a, Keep: 9}, 0)
	train(t, runner.Options{Resume: b, Keep: 9, Changes: func(c config.Config) (config.Config, error) { c.NumEpochs = 4; return c, nil }}, 0)
	x := bisect(t, a, b)
	assert.Equal(t, []string{"from step 4 on, NUM_EPOCHS: 3 and 4"}, x.Made)
	assert.EqualValues(t, 4, x.Row.Step)
	assert.EqualValues(t, 4, *x.LastSame)
	assert.EqualValues(t, 6, *x.FirstOther)
	assert.Equal(t, &replay.StepParting{Step: 4, Update: "critic step 1 of 2", Tensor: "critic.disc.0.weight"}, x.Step)

	for _, run := range []string{a, b} { // each is what it should be, before and after that step
		for from := range int64(5) {
			r := verify(t, run, replay.Options{From: &from})
			assert.NotEqual(t, replay.Differs, r.State, states(r, replay.Differs))
		}
		require.NoError(t, os.Remove(filepath.Join(run, "model", "checkpoint-00000004.safetensors")))
	}
	x = bisect(t, a, b)
	assert.EqualValues(t, 2, *x.LastSame)
	assert.EqualValues(t, 4, x.Step.Step)
	assert.Contains(t, x.Conclusion, "the learning rates fall to another end")
}

// A checkpoint that was edited makes another run from there on; the step before it is no other.
func TestBisectAnEditedCheckpoint(t *testing.T) {
	root := t.TempDir()
	writeImages(t, filepath.Join(root, "faces"))
	a := train(t, runner.Options{Config: tiny(t, root), Root: root, Keep: 9}, 4)
	b := copied(t, a)
	edit(t, b, 4, func(values []float32) { values[0] += 0.01 })
	train(t, runner.Options{Resume: a, Keep: 9}, 0)
	train(t, runner.Options{Resume: b, Keep: 9}, 0)
	x := bisect(t, a, b)
	assert.Empty(t, x.Made)
	assert.EqualValues(t, 4, x.Row.Step)
	assert.EqualValues(t, 2, *x.LastSame)
	assert.EqualValues(t, 4, *x.FirstOther)
	assert.Equal(t, "critic.disc.0.weight", x.OtherTensor)
	assert.Contains(t, x.Conclusion, "both are the same until step 4")
	assert.Contains(t, x.Conclusion, filepath.Join(b, "model", "checkpoint-00000004.safetensors")+" is not what its training makes: critic.disc.0.weight: 1 of ")
	assert.NotContains(t, x.Conclusion, a)
}

// With checkpoints alone as witnesses the step is found all the same.
func TestBisectWithoutTables(t *testing.T) {
	run, root := fresh(t)
	other := train(t, runner.Options{Config: tiny(t, root, "GEN_NOISE=reuse-noise"), Root: root}, 0)
	require.NoError(t, os.Remove(filepath.Join(other, "logs", "scalars.csv")))
	x := bisect(t, run, other)
	assert.Nil(t, x.Row)
	assert.EqualValues(t, 2, *x.FirstOther)
	assert.Equal(t, &replay.StepParting{Step: 0, Update: "the generator's step", Tensor: "generator.gen.0.0.weight"}, x.Step)
}

func TestBisectATableThatWasChanged(t *testing.T) {
	run, _ := fresh(t)
	other := copied(t, run)
	setField(t, filepath.Join(other, "logs", "scalars.csv"), 5, 2, "x")
	x := bisect(t, run, other)
	assert.Equal(t, replay.Unchecked, x.State)
	assert.Contains(t, x.Conclusion, "5 rows and 3 checkpoints are the same, but not all can be read: "+other)
	setField(t, filepath.Join(other, "logs", "scalars.csv"), 5, 2, "1.5")
	x = bisect(t, run, other)
	assert.EqualValues(t, 5, x.Row.Step)
	assert.Equal(t, replay.Unchecked, x.State)
	assert.Contains(t, x.Conclusion, "a table was changed")
}

func TestBisectErrors(t *testing.T) {
	run, root := fresh(t)
	_, err := replay.Bisect(t.Context(), run, root, replay.Options{})
	require.ErrorIs(t, err, runs.ErrNotRun)
	other := train(t, runner.Options{Config: tiny(t, root, "SEED=4"), Root: root}, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = replay.Bisect(ctx, run, other, replay.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, os.RemoveAll(filepath.Join(root, "faces")))
	x, err := replay.Bisect(t.Context(), run, other, replay.Options{})
	require.NoError(t, err)
	assert.Equal(t, replay.Unchecked, x.State)
	assert.Contains(t, x.Conclusion, "They part within steps 0 to 0")
}
