package runner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/presets"
	"ganlib/variants"
)

// TestSchedule walks over two epochs of three steps, a second each.
func TestSchedule(t *testing.T) {
	for text, want := range map[string][]bool{
		"never":    {false, false, false, false, false, false},
		"1":        {true, true, true, true, true, true},
		"2":        {true, false, true, true, false, true},
		"100":      {true, false, false, true, false, false},
		"epoch":    {false, false, true, false, false, true},
		"2 epochs": {false, false, true, false, false, false},
		"2s":       {false, true, false, true, false, true},
	} {
		every, err := config.ParseEvery(text)
		require.NoError(t, err)
		now := time.Unix(0, 0)
		s := newSchedule(every, func() time.Time { return now })
		trainer := idleTrainer(t)
		var got []bool
		for step := range int64(6) {
			now = now.Add(time.Second)
			require.NoError(t, trainer.SetProgress(variants.Progress{GeneratorSteps: step + 1, CriticSteps: 5 * (step + 1), Data: datasets.Cursor{}}))
			got = append(got, s.due(trainer))
		}
		assert.Equal(t, want, got, text)
	}
}

// TestImages counts what the critic has seen of 3 batches of 256, fresh ones or each for five steps.
func TestImages(t *testing.T) {
	trainer := idleTrainer(t)
	r := &Runner{config: config.Config{BatchSize: 256, CriticIterations: 5}}
	require.NoError(t, trainer.SetProgress(variants.Progress{GeneratorSteps: 1, CriticSteps: 5, Data: datasets.Cursor{Pass: 1, Position: 512}}))
	assert.Equal(t, int64(5*256), r.images(trainer))
	r.config.CriticBatches = config.Reuse
	require.NoError(t, trainer.SetProgress(variants.Progress{GeneratorSteps: 2, CriticSteps: 10, Data: datasets.Cursor{Position: 512}}))
	assert.Equal(t, int64(2*5*256), r.images(trainer))
}

// idleTrainer returns a trainer of three steps an epoch that never steps.
func idleTrainer(t *testing.T) *variants.Trainer {
	t.Helper()
	c, err := config.Preset("toy-swissroll")
	require.NoError(t, err)
	c.CriticIterations = 5
	meta := device.NewMeta()
	nets, err := presets.Networks(meta, c)
	require.NoError(t, err)
	v, err := presets.Variant(nets, c)
	require.NoError(t, err)
	trainer, err := variants.NewTrainer(v, unread{nets.Generator.Output(), 3 * c.BatchSize}, presets.Trainer(c, 0))
	require.NoError(t, err)
	return trainer
}

// unread are samples that nobody draws from memory.
type unread struct {
	shape device.Shape
	n     int
}

func (s unread) Len() int            { return s.n }
func (s unread) Shape() device.Shape { return s.shape }
func (s unread) Fingerprint() string { return "" }

func (s unread) Gather(dst *device.Tensor, _ device.Permutation, _ int, _ *device.Random) error {
	return kernels.Fill(dst, 0)
}
