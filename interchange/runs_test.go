package interchange_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/presets"
	"ganlib/runs"
	"ganlib/variants"
)

// small returns a preset with few features and changes as the command line has them.
func small(t testing.TB, preset string, sets ...string) config.Config {
	t.Helper()
	sets = append([]string{"FEATURES_GEN=4", "FEATURES_CRITIC=4", "BATCH_SIZE=4", "SEED=3"}, sets...)
	if p, err := config.Preset(preset); err == nil && p.ImageSize > 16 && p.ImageSize != 28 {
		sets = append([]string{"IMAGE_SIZE=16"}, sets...)
	}
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets})
	require.NoError(t, err)
	return c
}

// steps that the optimisers of makeRun have taken.
const steps = 3

// makeRun makes a run with everything that a training changes filled with random numbers.
func makeRun(t testing.TB, c config.Config) string { return makeRunAfter(t, c, steps) }

func makeRunAfter(t testing.TB, c config.Config, steps int) string {
	t.Helper()
	return runOf(t, c, trained(t, c, steps))
}

// trained makes a training with everything that it changes filled with random numbers.
func trained(t testing.TB, c config.Config, steps int) *variants.Trainer {
	t.Helper()
	dev := device.NewCPU(0)
	t.Cleanup(func() { dev.Close() })
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	v, err := presets.Variant(nets, c)
	require.NoError(t, err)
	stream := uint32(0)
	fill := func(x *device.Tensor) {
		if x == nil {
			return
		}
		stream++
		require.NoError(t, kernels.Uniform(x, 0.1, 0.9, device.Random{Seed: 9, Stream: stream}))
	}
	fill(nets.Generator.Values())
	fill(nets.Critic.Values())
	for _, net := range []interface{ Values() *device.Tensor }{nets.Generator, nets.Critic} {
		x := net.Values()
		values, err := x.Float32s()
		require.NoError(t, err)
		for i := range values { // around zero
			values[i] = 0.7 * (values[i] - 0.5)
		}
		require.NoError(t, x.CopyFrom(values))
	}
	for _, p := range append(nets.Generator.Buffers(), nets.Critic.Buffers()...) {
		if p.Shape.Len() == 1 {
			require.NoError(t, p.SetTorch([]float32{12}))
			continue
		}
		fill(p.Value)
	}
	g, d := v.Optimizers()
	for _, s := range append(g.State(), d.State()...) {
		fill(s.Tensor)
	}
	require.NoError(t, g.SetSteps(steps))
	require.NoError(t, d.SetSteps(steps))
	trainer, err := variants.NewTrainer(v, blank{nets.Generator.Output()}, presets.Trainer(c, 0))
	require.NoError(t, err)
	require.NoError(t, trainer.SetProgress(variants.Progress{GeneratorSteps: 7, CriticSteps: int64(7 * v.CriticSteps())}))
	return trainer
}

// runOf makes a run with a checkpoint of a training.
func runOf(t testing.TB, c config.Config, trainer *variants.Trainer) string {
	t.Helper()
	run, err := runs.Create(t.TempDir(), "train", map[string][]byte{runs.ConfigFile: config.Marshal(c)})
	require.NoError(t, err)
	require.NoError(t, runs.WriteFile(run.CheckpointPath(7), func(w io.Writer) error {
		return checkpoint.Write(w, trainer, config.Map(c), nil)
	}))
	require.NoError(t, run.Close())
	return run.Path()
}

// blank are samples of a shape.
type blank struct{ shape device.Shape }

func (b blank) Len() int            { return 8 }
func (b blank) Shape() device.Shape { return b.shape }
func (b blank) Fingerprint() string { return "blank" }

func (b blank) Gather(dst *device.Tensor, _ device.Permutation, _ int, _ *device.Random) error {
	return kernels.Fill(dst, 0)
}
