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

	// Tuning returns how a GPU's products are computed; nil: as is estimated.
	Tuning func(*device.CUDA) *kernels.Tuning

	MaxMemory int64 // most bytes that the process may take, or on a GPU the training of the card's; 0: what there is; [process.Unlimited]: any

	// Progress is told how many parts of the work are done. nil: nobody.
	Progress func(done, total int)

	round time.Duration                               // 0: roundTime
	open  func(device.Options) (device.Device, error) // nil: device.Open
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
	emulated   bool              // dev is the emulator
	round      time.Duration     // the least that a round lasts
	iterations int               // in a round
	planned    int64             // bytes that the process will take
	limit      int64             // as Options.MaxMemory
	products   []kernels.Product // of an iteration and of samples, on a GPU
}

// Open builds the networks of o.Config and takes the first steps, which allocate.
func Open(ctx context.Context, o Options) (*Bench, error) {
	return o.make(func(b *Bench) error { return b.warm(ctx) })
}

// make builds the networks of o.Config, and makes them ready.
func (o Options) make(ready func(*Bench) error) (*Bench, error) {
	if o.open == nil {
		o.open = device.Open
	}
	dev, err := o.open(device.Options{Name: cmp.Or(o.Device, "cpu"), Engine: o.Engine, Threads: o.Threads, Precision: o.Precision})
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	if gpu, ok := dev.(*device.CUDA); ok {
		gpu.SetGraphs(!o.NoGraph)
		if o.Tuning != nil {
			gpu.SetTuning(o.Tuning(gpu))
		}
	}
	b := &Bench{config: o.Config, dev: dev, emulated: o.Device == "ptxsim", round: o.round, limit: o.MaxMemory}
	b.cpu, _ = dev.(*device.CPU)
	if b.round == 0 {
		b.round = roundTime
	}
	if err = b.build(); err == nil {
		err = ready(b)
	}
	if err != nil {
		dev.Close()
		return nil, fmt.Errorf("bench: %w", err)
	}
	return b, nil
}

func (b *Bench) build() error {
	plan, err := b.plan()
	if err != nil {
		return err
	}
	if b.trainer, err = Trainer(b.dev, b.config); err != nil {
		return err
	}
	if w, ok := b.trainer.Variant().(interface{ Workspace() *device.Workspace }); ok {
		return w.Workspace().Reserve(int(plan.Workspace))
	}
	return nil
}

// warm takes the first steps.
func (b *Bench) warm(ctx context.Context) error {
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

// plan plans an iteration, and refuses what there is not the memory for.
func (b *Bench) plan() (*presets.StepPlan, error) {
	budget := process.BudgetOn(b.dev, b.limit, process.Available)
	sampling, _, err := sampler.Memory(b.dev, b.config, false)
	if err != nil {
		return nil, err
	}
	step := func(batch int) (p *presets.StepPlan, parts []process.Part, adds int64, err error) {
		c := b.config
		c.BatchSize = batch
		if p, err = presets.PlanStep(b.dev, c, batch); err != nil {
			return nil, nil, 0, err
		}
		parts = []process.Part{
			{Name: "the networks with their gradients and optimisers", Bytes: p.State}, {Name: "the tensors of a step", Bytes: p.Workspace},
			{Name: "the kernels' scratch memory", Bytes: kernels.Planned(p.Device)}, {Name: "the noise to train on", Bytes: int64(noiseBytes(c))},
			{Name: "the drawing of samples", Bytes: sampling},
		}
		for _, part := range parts {
			adds += part.Bytes
		}
		if b.cpu != nil {
			adds = process.Accounted(adds)
		}
		return p, parts, adds, nil
	}
	p, parts, adds, err := step(b.config.BatchSize)
	if err != nil {
		return nil, err
	}
	b.planned = adds - sampling // the iterations'
	if b.products, err = b.planProducts(p); err != nil {
		return nil, err
	}
	if b.cpu != nil {
		b.planned += process.Resident()
	}
	return p, budget.Check(fmt.Sprintf("BATCH_SIZE %d", b.config.BatchSize), adds, parts, func() string {
		fits := process.Largest(b.config.BatchSize, func(batch int) bool {
			_, _, adds, err := step(batch)
			return err == nil && adds <= budget.Free
		})
		if fits == 0 {
			return "no batch fits"
		}
		return fmt.Sprintf("the largest batch that fits is %d", fits)
	})
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
	draw, err := b.sampler()
	if err != nil {
		return 0, err
	}
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

// sampler returns one of the generator as it is.
func (b *Bench) sampler() (*sampler.Sampler, error) {
	generator, err := b.trainer.Variant().Networks().Generator.Folded() // as a sampler does that has loaded one
	if err != nil {
		return nil, err
	}
	generator.Hold()
	return sampler.New(generator, nil), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
