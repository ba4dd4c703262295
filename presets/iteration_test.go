package presets_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/bench"
	_ "ganlib/variants/all"
)

// BenchmarkIteration times a preset's whole iteration, its critic steps and one generator step, on
// noise. It reports milliseconds an iteration and the real images that the critic sees a second.
func BenchmarkIteration(b *testing.B) {
	for _, test := range []struct {
		name string
		sets []string
	}{
		{"catfaces", []string{"FEATURES_GEN=8", "FEATURES_CRITIC=8"}},
		{"catfaces", []string{"FEATURES_GEN=16", "FEATURES_CRITIC=16"}},
		{"mnist-mlp-wgangp", nil},
		{"mnist-mlp-bce", nil},
		{"dcgan16", nil},
		{"keras-wgan", nil},
		{"toy-8gaussians", nil},
	} {
		c, err := config.Resolve(config.Sources{Preset: test.name, Sets: test.sets})
		require.NoError(b, err)
		name := test.name
		if len(test.sets) > 0 {
			name += "/" + test.sets[0]
		}
		b.Run(name, func(b *testing.B) { benchmarkIteration(b, c) })
	}
}

func benchmarkIteration(b *testing.B, c config.Config) {
	dev := device.NewCPU(0)
	defer dev.Close()
	trainer, err := bench.Trainer(dev, c)
	require.NoError(b, err)
	require.NoError(b, trainer.Step()) // takes the memory
	for b.Loop() {
		require.NoError(b, trainer.Step())
	}
	iteration := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(1000*iteration, "ms/iteration")
	b.ReportMetric(float64(c.BatchSize*c.CriticIterations)/iteration, "images/s")
	b.ReportMetric(0, "ns/op")
}
