package bench

import (
	"context"
	"fmt"
	"slices"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/process"
	"ganlib/internal/simd"
)

// Report is what was measured. Shares and ratios are fractions of 1.
type Report struct {
	Preset     string   `json:"preset"`
	Sets       []string `json:"sets"` // KEY=VALUE of the keys that differ from the preset
	Device     string   `json:"device"`
	Engine     string   `json:"engine"` // of a CPU; "cuda" of a GPU
	Precision  string   `json:"precision"`
	Tuned      int      `json:"tuned,omitempty"` // products that a GPU computes in another way than is estimated
	CPU        string   `json:"cpu"`
	Threads    int      `json:"threads"`
	Rounds     int      `json:"rounds"`
	Iterations int      `json:"iterations_per_round"`
	Batch      int      `json:"batch"`

	Milliseconds    Spread     `json:"ms"`
	PerIteration    float64    `json:"ms_per_iteration"` // the median
	Peak            Peak       `json:"peak"`
	PeakGFLOPS      float64    `json:"peak_gflops"`  // the mean of before and after
	ImagesPerSecond float64    `json:"images_per_s"` // real samples that the critic saw, at the median
	GFLOP           float64    `json:"gflop"`        // of products and convolutions in an iteration
	PeakShare       float64    `json:"peak_share"`   // of the peak, in the whole iteration
	Parts           []Part     `json:"parts"`        // of an iteration, by operation; they add up
	Layers          []Layer    `json:"layers"`
	Sampling        []Sampling `json:"sampling"`
	Memory          Memory     `json:"memory"`

	*Roofline // of a GPU; nil of a CPU
}

// Memory is what the process, or its tensors on a GPU, takes in iterations, in bytes: as planned before
// the first, and at most since it began.
type Memory struct {
	Planned int64 `json:"planned"`
	Peak    int64 `json:"peak,omitempty"` // 0 if the system does not tell
}

// Peak is the machine's multiply-add peak, with all workers, before and after the iterations.
type Peak struct {
	ISA    string  `json:"isa"` // instruction set; empty if the machine has no vector kernels
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// mean returns the peak that shares refer to.
func (p Peak) mean() float64 { return (p.Before + p.After) / 2 }

// Spread is how long rounds took, in milliseconds.
type Spread struct {
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	All    []float64 `json:"all"` // in the order in which they were taken
}

func spread(all []float64) Spread {
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1], All: all}
}

// Sampling is the drawing of samples in batches of a size.
type Sampling struct {
	Batch           int     `json:"batch"`
	Milliseconds    Spread  `json:"ms"` // for a batch
	ImagesPerSecond float64 `json:"images_per_s"`
}

// samplingBatches are the batches in which samples are drawn.
var samplingBatches = []int{1, 64}

// Run measures everything. Errors of packages presets and device are wrapped; the end of ctx ends it.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Rounds < 1 || o.Threads < 0 {
		return nil, fmt.Errorf("bench: rounds %d, threads %d: want at least 1 and 0", o.Rounds, o.Threads)
	}
	done, total := 0, 2+o.Rounds*(1+len(samplingBatches))
	tick := func() {
		if done++; o.Progress != nil {
			o.Progress(done, total)
		}
	}
	b, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	tick()
	r := &Report{
		Preset: o.Config.Preset, Sets: sets(o.Config), Device: b.dev.String(), CPU: CPU(), Threads: b.threads(), Engine: b.engine(), Precision: b.precision(), Tuned: b.deviations(),
		Rounds: o.Rounds, Iterations: b.iterations, Batch: o.Config.BatchSize,
	}
	if b.cpu != nil {
		if isa := peakISA(b.cpu.Engine()); isa != simd.Go {
			r.Peak.ISA = isa.String()
		}
	}
	r.Peak.Before = b.Peak()
	if r.Milliseconds, err = rounds(o.Rounds, tick, func() (float64, error) { return b.Round(ctx) }); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	p, err := b.profile(ctx)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	tick()
	r.Peak.After = b.Peak()
	r.take(b, p)
	r.Memory.Planned = b.planned
	if gpu, ok := b.dev.(*device.CUDA); ok {
		r.Memory.Peak = int64(gpu.Peak())
	} else {
		r.Memory.Peak, _ = process.Peak()
	}
	if r.Roofline, err = b.roofline(ctx, r.PerIteration); err != nil { // peaks take memory too
		return nil, fmt.Errorf("bench: %w", err)
	}
	for _, n := range samplingBatches {
		s, err := rounds(o.Rounds, tick, func() (float64, error) { return b.Sample(ctx, n) })
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		r.Sampling = append(r.Sampling, Sampling{n, s, 1000 * float64(n) / s.Median})
	}
	return r, nil
}

// engine names what computes, and threads is how many workers a CPU has.
func (b *Bench) engine() string {
	if b.cpu == nil {
		return "cuda"
	}
	return b.cpu.Engine().String()
}

// precision is that of products and convolutions.
func (b *Bench) precision() string {
	if gpu, ok := b.dev.(*device.CUDA); ok {
		return gpu.Precision().String()
	}
	return device.Float32.String()
}

func (b *Bench) threads() int {
	if b.cpu == nil {
		return 0
	}
	return b.cpu.Pool().Threads()
}

// sets returns the keys whose values are not the preset's, as --set takes them.
func sets(c config.Config) []string {
	base, err := config.Preset(c.Preset)
	if err != nil {
		return nil // a preset that does not exist was refused before
	}
	list := []string{}
	for _, d := range config.Diff(base, c) {
		list = append(list, d.Key+"="+d.B)
	}
	return list
}

// rounds repeats a measurement.
func rounds(n int, tick func(), measure func() (float64, error)) (Spread, error) {
	all := make([]float64, n)
	for i := range all {
		var err error
		if all[i], err = measure(); err != nil {
			return Spread{}, err
		}
		tick()
	}
	return spread(all), nil
}

// take fills in what follows from the times.
func (r *Report) take(b *Bench, p profile) {
	nets := b.trainer.Variant().Networks()
	r.PerIteration, r.PeakGFLOPS = r.Milliseconds.Median, r.Peak.mean()
	r.ImagesPerSecond = 1000 * float64(b.config.BatchSize*b.config.CriticIterations) / r.PerIteration
	r.GFLOP = p.flops() / 1e9
	if r.PeakGFLOPS > 0 {
		r.PeakShare = r.GFLOP / (r.PerIteration / 1000) / r.PeakGFLOPS
	}
	r.Parts, r.Layers = p.parts(), p.layers(r.PeakGFLOPS, nets.Generator, nets.Critic)
}
