package runner

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/formats/torchfile"
	"ganlib/runs"
	"ganlib/variants"
)

// torchSteps returns how many steps the optimiser in the run's file for PyTorch has taken, -1 without a file.
func (r *Runner) torchSteps(t *testing.T) float32 {
	t.Helper()
	data, err := os.ReadFile(r.run.Join(runs.TorchFile))
	if err != nil {
		return -1
	}
	f, err := torchfile.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	first := f.Root().(*torchfile.Dict).Dict("optimizer").Dict("state").Dict(int64(0))
	if first == nil {
		return 0
	}
	steps, err := first.Tensor("step").Float32s()
	require.NoError(t, err)
	return steps[0]
}

// TestTorchFile is written when EXPORT_EVERY says so, at the end, and at a stop; with the tutorial's habit at the
// start of each epoch only. An epoch has three steps, and there are two.
func TestTorchFile(t *testing.T) {
	for name, c := range map[string]struct {
		set  string
		stop int64
		slow time.Duration // that the clock goes on whenever it is asked
		want []float32     // steps in the file after each step, and at the end
	}{
		"default":          {"SEED=0", 0, 0, []float32{-1, -1, 3, 3, 3, 6, 6}},
		"stop":             {"SEED=0", 2, 0, []float32{-1, -1, 2}},
		"by steps":         {"EXPORT_EVERY=2", 5, 0, []float32{1, 1, 3, 4, 4, 5}},
		"never":            {"EXPORT_EVERY=never", 0, 0, []float32{-1, -1, -1, -1, -1, -1, -1}},
		"slow disk":        {"EXPORT_EVERY=1", 0, time.Second, []float32{1, 1, 1, 1, 1, 6, 6}},
		"suspended":        {"EXPORT_EVERY=1", 0, 2 * time.Hour, []float32{1, 2, 3, 4, 5, 6, 6}},
		"checkpoint-start": {"COMPAT=checkpoint-start", 0, 0, []float32{0, 0, 3, 3, 3, 3, 3}},
		"its stop":         {"COMPAT=checkpoint-start", 2, 0, []float32{0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			resolved, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{
				"IMAGE_SIZE=16", "BATCH_SIZE=4", "FEATURES_CRITIC=4", "FEATURES_GEN=4", "NUM_EPOCHS=2", "Z_DIM=4", "CRITIC_ITERATIONS=1",
				"DATA_SIZE=12", "DATA_ROOT=" + t.TempDir(), "DEVICE=cpu", c.set,
			}})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			now := time.Unix(1e9, 0)
			var r *Runner
			var got []float32
			r, err = Open(ctx, Options{
				Config: resolved, Root: t.TempDir(), Threads: 1,
				clock: func() time.Time { now = now.Add(c.slow); return now },
				Hooks: []variants.Hook{patient(&r), {Name: "test", Step: func(tr *variants.Trainer) error {
					got = append(got, r.torchSteps(t))
					if tr.Progress().GeneratorSteps == c.stop {
						cancel()
					}
					return nil
				}}},
			})
			require.NoError(t, err)
			err = r.Run(ctx)
			if c.stop == 0 {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, context.Canceled)
			}
			assert.Equal(t, c.want, append(got, r.torchSteps(t)))
			require.NoError(t, r.Close())
		})
	}
}
