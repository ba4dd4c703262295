package variants_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/variants"
)

// Statistics come once each, in order, whatever the interval and however often they are asked for.
func TestStats(t *testing.T) {
	for _, every := range []int{0, 1, 2, 3, 7, 1000} {
		for _, flush := range []bool{false, true} {
			t.Run(fmt.Sprint(every, flush), func(t *testing.T) {
				var rows []variants.Stats
				hook := variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
					require.NotEmpty(t, s)
					rows = append(rows, s...)
					return nil
				}}
				if flush {
					hook.Step = func(tr *variants.Trainer) error { return tr.Flush() }
				}
				_, tr := record(t, 17, 2, variants.Config{Batch: 4, Epochs: 3, Steps: 13, StatsEvery: every}, hook)
				run(t, tr)
				require.Len(t, rows, 13)
				for i, row := range rows {
					last := float32(2*i + 1) // the critic step before generator step i
					assert.Equal(t, variants.Stats{Step: int64(i), Epoch: i / 5, Batch: i % 5, CriticLoss: last, Penalty: last + 0.5, GeneratorLoss: -float32(i)}, row)
					assert.Equal(t, 2*last+0.5, row.CriticLossGP())
				}
			})
		}
	}
}

// Statistics are read at multiples of StatsEvery within an epoch, and at its end.
func TestStatsEvery(t *testing.T) {
	var sizes []int
	_, tr := record(t, 10, 1, variants.Config{Batch: 1, Epochs: 2, StatsEvery: 4}, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
		sizes = append(sizes, len(s))
		return nil
	}})
	run(t, tr)
	assert.Equal(t, []int{1, 4, 4, 1, 1, 4, 4, 1}, sizes, "steps 0, 4, 8 and 9 of each epoch")
}

// With EveryCritic all critic steps are told of, and the rest is as without.
func TestStatsOfEveryCriticStep(t *testing.T) {
	var rows []variants.Stats
	_, tr := record(t, 10, 3, variants.Config{Batch: 2, Epochs: 2, EveryCritic: true}, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
		for _, row := range s {
			row.Critic = slices.Clone(row.Critic)
			rows = append(rows, row)
		}
		return nil
	}})
	run(t, tr)
	require.Len(t, rows, 10)
	for i, row := range rows {
		first := float32(3 * i)
		assert.Equal(t, []float32{first, first + 0.5, first + 1, first + 1.5, first + 2, first + 2.5}, row.Critic)
		assert.Equal(t, variants.Stats{
			Step: int64(i), Epoch: i / 5, Batch: i % 5, CriticLoss: first + 2, Penalty: first + 2.5, GeneratorLoss: -float32(i), Critic: row.Critic,
		}, row)
	}
}

// A training continued in mid-epoch reports the rest.
func TestStatsAfterSetProgress(t *testing.T) {
	var first int64 = -1
	_, tr := record(t, 10, 1, variants.Config{Batch: 2, Epochs: 1}, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
		if first < 0 {
			first = s[0].Step
		}
		return nil
	}})
	require.NoError(t, tr.Step())
	p := tr.Progress()
	require.NoError(t, tr.Step())
	require.NoError(t, tr.SetProgress(p), "what waits is dropped")
	run(t, tr)
	assert.EqualValues(t, 1, first)
}

// logged returns a hook that writes down which of its functions ran, and fails where told.
func logged(log *[]string, name, failAt string, err error) variants.Hook {
	note := func(what string) func(*variants.Trainer) error {
		return func(tr *variants.Trainer) error {
			entry := fmt.Sprintf("%s %s %d", name, what, tr.Progress().GeneratorSteps)
			*log = append(*log, entry)
			if entry == failAt {
				return err
			}
			return nil
		}
	}
	stats := note("stats")
	return variants.Hook{
		Name:  name,
		Stats: func(tr *variants.Trainer, _ []variants.Stats) error { return stats(tr) },
		Step:  note("step"), Epoch: note("epoch"), End: note("end"),
	}
}

func TestHookOrder(t *testing.T) {
	var log []string
	_, tr := record(t, 4, 1, variants.Config{Batch: 2, Epochs: 1}, logged(&log, "a", "", nil), variants.Hook{}, logged(&log, "b", "", nil))
	run(t, tr)
	assert.Equal(t, []string{
		"a stats 1", "b stats 1", "a step 1", "b step 1",
		"a stats 2", "b stats 2", "a step 2", "b step 2",
		"a epoch 2", "b epoch 2", "a end 2", "b end 2",
	}, log)
}

func TestHookErrors(t *testing.T) {
	failure := errors.New("disk full")
	for failAt, want := range map[string][]string{
		"a stats 2": {"a stats 1", "b stats 1", "a step 1", "b step 1", "a stats 2", "a end 2", "b end 2"},
		"a step 1":  {"a stats 1", "b stats 1", "a step 1", "a end 1", "b end 1"},
		"b step 1":  {"a stats 1", "b stats 1", "a step 1", "b step 1", "a end 1", "b end 1"},
		"a epoch 2": {"a stats 1", "b stats 1", "a step 1", "b step 1", "a stats 2", "b stats 2", "a step 2", "b step 2", "a epoch 2", "a end 2", "b end 2"},
		"a end 2":   {"a stats 1", "b stats 1", "a step 1", "b step 1", "a stats 2", "b stats 2", "a step 2", "b step 2", "a epoch 2", "b epoch 2", "a end 2", "b end 2"},
	} {
		t.Run(failAt, func(t *testing.T) {
			var log []string
			_, tr := record(t, 4, 1, variants.Config{Batch: 2, Epochs: 1}, logged(&log, "a", failAt, failure), logged(&log, "b", failAt, failure))
			err := tr.Run(context.Background())
			require.ErrorIs(t, err, failure)
			assert.ErrorContains(t, err, "variants: hook "+failAt[:1]+": disk full")
			assert.Equal(t, want, log)
		})
	}
}

// Several errors are all reported, with what waits given to the hooks before the end.
func TestEndAfterErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	failure := errors.New("disk full")
	seen := 0
	var before int
	hook := variants.Hook{
		Name:  "saver",
		Stats: func(_ *variants.Trainer, s []variants.Stats) error { seen += len(s); return nil },
		Step: func(tr *variants.Trainer) error {
			if tr.Progress().GeneratorSteps == 3 {
				cancel()
			}
			return nil
		},
		End: func(*variants.Trainer) error { before = seen; return failure },
	}
	_, tr := record(t, 10, 1, variants.Config{Batch: 1, Epochs: 1}, hook)
	err := tr.Run(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, failure)
	assert.Equal(t, 3, before)
}

// The error of a cancelled training is the context's own, and Run goes on from there.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("cause"))
	r, tr := record(t, 10, 1, variants.Config{Batch: 2, Epochs: 1})
	assert.Equal(t, context.Canceled, tr.Run(ctx))
	assert.Empty(t, r.made)
	run(t, tr)
	assert.Len(t, r.made, 5)
	run(t, tr)
	assert.Len(t, r.made, 5, "nothing is left to do")
}
