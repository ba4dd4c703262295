package replay_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// edit changes the critic's first parameter in a checkpoint of a run, and writes it with the checksums of what it
// holds then.
func edit(t *testing.T, folder string, step int64, change func([]float32)) {
	t.Helper()
	run, err := runs.Open(folder)
	require.NoError(t, err)
	path := run.CheckpointPath(step)
	c, err := checkpoint.Open(path)
	require.NoError(t, err)
	cfg, err := runner.ConfigOf(run)
	require.NoError(t, err)
	dev := device.NewCPU(1)
	defer dev.Close()
	data, err := presets.OpenData(t.Context(), cfg, presets.DataOptions{})
	require.NoError(t, err)
	samples, err := data.Samples(dev)
	require.NoError(t, err)
	nets, err := presets.Networks(dev, cfg)
	require.NoError(t, err)
	v, err := presets.Variant(nets, cfg)
	require.NoError(t, err)
	trainer, err := variants.NewTrainer(v, samples, presets.Trainer(cfg, 0))
	require.NoError(t, err)
	require.NoError(t, c.Restore(trainer))
	settings := c.Config()
	require.NoError(t, c.Close())
	fixed, err := checkpoint.FixedNoise(trainer, cfg.BatchSize)
	require.NoError(t, err)
	p := nets.Critic.Params()[0]
	values, err := p.Torch()
	require.NoError(t, err)
	change(values)
	require.NoError(t, p.SetTorch(values))
	require.NoError(t, runs.WriteFile(path, func(w io.Writer) error { return checkpoint.Write(w, trainer, settings, fixed) }))
}
