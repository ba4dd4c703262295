// Package bench times the training of a configuration on data that are noise: whole iterations, what
// they consist of, and sampling, beside the peak of the machine's multiply-add units in the same
// process. Ratios to the peak are what can be compared from one machine and hour to another.
//
// [Run] makes a whole [Report]. [Open] gives a [Bench] whose rounds the caller orders, so that two
// programs can take turns.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/process"
	"ganlib/internal/work"
	"ganlib/kernels"
	"ganlib/presets"
	"ganlib/sampler"
	"ganlib/variants"
	_ "ganlib/variants/all" // the algorithms that VARIANT may name
)

// Options say what is timed.
type Options struct {
	Config    config.Config // resolved; DEVICE does not matter
	Device    string        // as [device.Options] has it; "": the CPU
	Engine    string        // as [device.Options] has it
	Precision string        // as [device.Options] has it
	Threads   int           // CPU workers; 0: GOMAXPROCS
	NoGraph   bool          // a GPU's kernels are launched one by one
	Rounds    int           // of each measurement, at least 1

	// Progress is told how many parts of the work are done. nil: nobody.
	Progress func(done, total int)

	round time.Duration // 0: roundTime
}

// roundTime is how long a round should last at least: long enough for the clock and the scheduler not
// to matter.
const roundTime = 250 * time.Millisecond

// Bench is a training that has been warmed up. One goroutine uses it.
type Bench struct {
	config     config.Config
	dev        device.Device
	cpu        *device.CPU // dev, or nil if that is no CPU
	trainer    *variants.Trainer
	round      time.Duration // the least that a round lasts
	iterations int           // in a round
	planned    int64         // bytes that the process will take
}

// Open builds the networks of o.Config and takes the first steps, which allocate.
func Open(ctx context.Context, o Options) (*Bench, error) {
	dev, err := device.Open(device.Options{Name: cmp.Or(o.Device, "cpu"), Engine: o.Engine, Threads: o.Threads, Precision: o.Precision})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	if gpu, ok := dev.(*device.CUDA); ok {
		gpu.SetGraphs(!o.NoGraph)
	}
	b := &Bench{config: o.Config, dev: dev, round: o.round}
	b.cpu, _ = dev.(*device.CPU)
	if b.round == 0 {
		b.round = roundTime
	}
	if err := b.build(ctx); err != nil {
		dev.Close()
		return nil, fmt.Errorf("bench: %w", err)
	}
	return b, nil
}

func (b *Bench) build(ctx context.Context) error {
	nets, err := presets.Networks(b.dev, b.config)
	if err != nil {
		return err
	}
	v, err := presets.Variant(nets, b.config)
	if err != nil {
		return err
	}
	data, err := Noise(b.dev, b.config)
	if err != nil {
		return err
	}
	plan, err := presets.PlanStep(b.dev, b.config, b.config.BatchSize)
	if err != nil {
		return err
	}
	b.planned = plan.State + plan.Workspace + kernels.Planned(plan.Device)
	if b.cpu == nil {
		b.planned += int64(noiseBytes(b.config))
	} else {
		b.planned = process.Resident() + process.Accounted(b.planned)
	}
	if w, ok := v.(interface{ Workspace() *device.Workspace }); ok {
		if err := w.Workspace().Reserve(int(plan.Workspace)); err != nil {
			return err
		}
	}
	if b.trainer, err = variants.NewTrainer(v, data, presets.Trainer(b.config, 0)); err != nil {
		return err
	}
	const warmUp = 3 // the first allocates, and the second makes a GPU's graph
	if err := b.steps(ctx, warmUp); err != nil {
		return err
	}
	start := time.Now()
	if err := b.steps(ctx, 1); err != nil {
		return err
	}
	b.iterations = b.perRound(time.Since(start))
	return nil
}

// perRound returns how many calls that take d make a round.
func (b *Bench) perRound(d time.Duration) int {
	return int(math.Ceil(float64(b.round) / float64(max(d, time.Microsecond))))
}

// Close stops the workers and lets go of their memory.
func (b *Bench) Close() error {
	work.Forget()
	return b.dev.Close()
}

// steps takes n iterations.
func (b *Bench) steps(ctx context.Context, n int) error {
	for range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.trainer.Step(); err != nil {
			return err
		}
	}
	return b.dev.Sync()
}

// Round times one round of iterations and returns the milliseconds that one took.
func (b *Bench) Round(ctx context.Context) (float64, error) {
	start := time.Now()
	err := b.steps(ctx, b.iterations)
	return milliseconds(time.Since(start)) / float64(b.iterations), err
}

// Sample times one round of drawing n samples at a time and returns the milliseconds that n took.
func (b *Bench) Sample(ctx context.Context, n int) (float64, error) {
	generator, err := b.trainer.Variant().Networks().Generator.Folded() // as a sampler does that has loaded one
	if err != nil {
		return 0, err
	}
	generator.Hold()
	draw := sampler.New(generator, nil)
	start := time.Now()
	if _, err := draw.Sample(1, 0, n); err != nil {
		return 0, err
	}
	calls := b.perRound(time.Since(start)) // the first one has allocated
	start = time.Now()
	for i := range calls {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if _, err := draw.Sample(1, i*n, n); err != nil {
			return 0, err
		}
	}
	return milliseconds(time.Since(start)) / float64(calls), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
