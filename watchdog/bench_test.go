package watchdog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/presets"
	"ganlib/watchdog"
)

// BenchmarkWatch compares what the watch costs with an iteration of the training: looks at weights and
// gradients as often as a run takes them, and one at samples in a hundred iterations.
func BenchmarkWatch(b *testing.B) {
	for _, test := range []struct {
		preset   string
		features int // 0: the preset's
	}{{"catfaces", 0}, {"catfaces", 16}, {"catfaces", 8}, {"mnist-mlp-wgangp", 0}, {"mnist-mlp-bce", 0}, {"dcgan16", 0}, {"keras-wgan", 0}, {"toy-8gaussians", 0}} {
		b.Run(fmt.Sprintf("%s/features=%d", test.preset, test.features), func(b *testing.B) {
			c, err := config.Preset(test.preset)
			require.NoError(b, err)
			if test.features > 0 {
				c.FeaturesGen, c.FeaturesCritic = test.features, test.features
			}
			dev := device.NewCPU(0)
			defer dev.Close()
			p, err := presets.PlanStep(dev, c, c.BatchSize)
			require.NoError(b, err)
			t, err := bench.Trainer(dev, c)
			require.NoError(b, err)
			timed := func(times int, do func() error) float64 {
				require.NoError(b, do()) // takes the memory
				start := time.Now()
				for range times {
					require.NoError(b, do())
				}
				return 1000 * time.Since(start).Seconds() / float64(times)
			}
			iteration := timed(3, t.Step)
			looks, samples := watchdog.New(watchdog.Options{}), watchdog.New(watchdog.Options{Every: 1 << 30, SampleEvery: 1})
			sample := timed(5, func() error { return samples.Hook().Step(t) })
			for b.Loop() {
				require.NoError(b, looks.Start(t))
			}
			look := 1000 * b.Elapsed().Seconds() / float64(b.N)
			every := watchdog.EveryFor(p.Generator.Params+p.Critic.Params, p.Flops)
			b.ReportMetric(iteration, "ms/iteration")
			b.ReportMetric(look, "ms/look")
			b.ReportMetric(float64(every), "iterations/look")
			b.ReportMetric(sample, "ms/samples")
			b.ReportMetric(100*(look/float64(every)+sample/100)/iteration, "%")
			b.ReportMetric(0, "ns/op")
		})
	}
}
