package runner

import (
	"slices"
	"testing"
	"time"

	"ganlib/config"
)

// BenchmarkStepsBesideACheckpoint times generator steps alone, and while a checkpoint is written beside them, in
// turns of at least five steps of either kind. It reports the median of the first, by how many percent that of
// the second is longer, and how long it takes to take the snapshot, in percent of a step.
//
//	go test ./runner -run '^$' -bench StepsBeside -benchtime 3x
func BenchmarkStepsBesideACheckpoint(b *testing.B) {
	for _, system := range []struct {
		name   string
		preset string
		sets   []string
	}{
		{"catfaces features 64", "catfaces", nil},
		{"catfaces features 16", "catfaces", []string{"FEATURES_GEN=16", "FEATURES_CRITIC=16"}},
		{"dcgan16", "dcgan16", nil},
		{"toy-8gaussians", "toy-8gaussians", nil},
	} {
		b.Run(system.name, func(b *testing.B) {
			sets := append([]string{"DATA_ROOT=" + b.TempDir(), "DATA_SIZE=256", "DEVICE=cpu", "NUM_EPOCHS=1000000", "CHECKPOINT_EVERY=1s", "SAMPLE_EVERY=never", "EXPORT_EVERY=never", "LOG_EVERY=never"}, system.sets...)
			c, err := config.Resolve(config.Sources{Preset: system.preset, Sets: sets})
			if err != nil {
				b.Fatal(err)
			}
			benchmarkSteps(b, c)
		})
	}
}

func benchmarkSteps(b *testing.B, c config.Config) {
	const turn = 5 // steps
	now := time.Unix(1e9, 0)
	r, err := Open(b.Context(), Options{Config: c, Root: b.TempDir(), Keep: 1, NoEvents: true, clock: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	r.meter = newMeter(r.now, 0)
	step := func() (all, saving time.Duration) {
		start := time.Now()
		if err := r.trainer.Step(); err != nil {
			b.Fatal(err)
		}
		stepped := time.Now()
		if err := r.checkpointStep(r.trainer); err != nil {
			b.Fatal(err)
		}
		return time.Since(start), time.Since(stepped)
	}
	for range 2 {
		step()
	}
	var alone, beside, taking []time.Duration
	for b.Loop() {
		for range turn {
			took, _ := step()
			alone = append(alone, took)
		}
		now = now.Add(2 * time.Second)
		_, took := step()
		taking = append(taking, took)
		for n := 0; n < turn || r.saver.busy(); n++ {
			took, _ := step()
			beside = append(beside, took)
		}
	}
	b.StopTimer()
	if err := r.saver.wait(); err != nil {
		b.Fatal(err)
	}
	plain, longer, snapshot := median(alone), median(beside), median(taking)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(plain*1e3, "ms/step")
	b.ReportMetric(100*(longer/plain-1), "%longer-beside")
	b.ReportMetric(100*snapshot/plain, "%snapshot")
	b.ReportMetric(float64(len(beside))/float64(len(taking)), "steps-beside")
}

// median returns the median in seconds.
func median(d []time.Duration) float64 {
	slices.Sort(d)
	return d[len(d)/2].Seconds()
}
