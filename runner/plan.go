package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
)

// Plan is what a run would be.
type Plan struct {
	Config            config.Config
	Device, Data      string   // one line each
	Tuning            []string // lines about how a GPU computes products, if it is tuned
	Images            int      // or points
	Generator, Critic layers.Summary
	StepsPerEpoch     int   // generator steps
	TotalSteps        int64 // generator steps at the run's end
	MemoryBytes       int64 // the most that the process takes
	TensorBytes       int64 // of it, tensors: networks, gradients, optimisers, their snapshot, the largest step, samples
	ParameterBytes    int64 // of these, both networks' parameters
	KernelBytes       int64 // scratch memory of the device's kernels, and weights in other layouts
	DataBytes         int64
	FlopsPerStep      int64    // floating-point operations of a generator step with its critic steps
	Mistakes          []string // in the configuration, with which it would train all the same
}

// MakePlan checks everything that [Open] checks before it makes a run folder, except that of the data
// only one image is decoded, and returns what it found. Nothing is written. Of a run to resume, the
// saved configuration is taken, with Changes.
func MakePlan(ctx context.Context, o Options) (*Plan, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	c, err := plannedConfig(&o)
	if err != nil {
		return nil, err
	}
	p, err := prepare(o, c)
	if err != nil {
		return nil, err
	}
	defer p.dev.Close() // the CPU's workers; nothing to lose
	if err := p.source.Check(ctx); err != nil {
		return nil, err
	}
	batches := order(c, p.source.Len()).Batches()
	return &Plan{
		Config: c, Device: p.deviceLine, Tuning: p.tuningLines(), Data: p.source.Description, Images: p.source.Len(),
		Generator: p.measured.generator, Critic: p.measured.critic,
		StepsPerEpoch: batches, TotalSteps: totalSteps(c, batches, o.Steps),
		MemoryBytes: p.measured.need(p.source.Bytes() - p.source.Held()), TensorBytes: p.measured.tensors(), ParameterBytes: p.measured.params,
		KernelBytes: p.measured.kernels, DataBytes: p.source.Bytes(), FlopsPerStep: p.measured.flops,
		Mistakes: p.mistakes,
	}, nil
}

// plannedConfig returns the configuration that the options mean, and notes in them what a run to resume was made on.
func plannedConfig(o *Options) (config.Config, error) {
	if o.Resume != "" {
		s, err := findSaved(*o)
		if err != nil {
			return config.Config{}, err
		}
		o.before = s.machine
		return s.config, s.close()
	}
	c, err := o.override(o.Config)
	if err != nil {
		return c, fmt.Errorf("runner: %w", err)
	}
	return c, nil
}

// prepared is a run whose configuration, device and memory are accepted, before its data are read.
type prepared struct {
	config     config.Config
	dev        device.Device
	deviceLine string
	source     *presets.Source
	measured   measured
	mistakes   []string // in the configuration, that it is accepted with

	tuningLine, tuningNote string            // "" if there is nothing to say
	products               []kernels.Product // that a GPU computes in steps and for pictures
}

func prepare(o Options, c config.Config) (*prepared, error) {
	p := &prepared{config: c}
	var err error
	if p.dev, p.deviceLine, err = openDevice(o, c); err != nil {
		return nil, err
	}
	p.tune(o)
	if err := p.accept(o); err != nil {
		return nil, errors.Join(err, p.dev.Close())
	}
	return p, nil
}

// accept finds the data, and checks that every batch can be trained on and that the memory suffices.
func (p *prepared) accept(o Options) (err error) {
	c := p.config
	if p.source, err = presets.FindData(c, p.reading(o)); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	count := p.source.Len()
	if err := order(c, count).Validate(); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	if p.mistakes, err = o.lint(c, count); err != nil {
		return err
	}
	var planErr error
	p.measured, planErr = measure(p.dev, c, min(c.BatchSize, count))
	last, lastErr := measureLastBatch(p.dev, c, count)
	p.measured.kernels = max(p.measured.kernels, last.kernels)
	if err := checkMemory(p, p.budget(o), planErr); err != nil {
		return err
	}
	if lastErr != nil {
		return lastErr
	}
	p.products = append(p.measured.products, last.products...)
	slices.SortFunc(p.products, kernels.Product.Compare)
	p.products = slices.Compact(p.products)
	p.settle(o)
	return nil
}

// measureLastBatch plans the last batch of a pass over count samples, if it has fewer than the others, and refuses
// one that cannot be trained on: batch norm of vectors needs two.
func measureLastBatch(dev device.Device, c config.Config, count int) (m measured, err error) {
	last := count % c.BatchSize
	if last == 0 || c.DropLast || last == count {
		return m, nil
	}
	if m, err = measure(dev, c, last); err != nil {
		return m, fmt.Errorf("%w (in the last batch of a pass, %d of %d samples; DROP_LAST leaves it out)", err, last, c.BatchSize)
	}
	return m, nil
}

// order returns how n samples are cut into batches.
func order(c config.Config, n int) datasets.OrderConfig {
	return datasets.OrderConfig{Seed: c.Seed, N: n, Batch: c.BatchSize, DropLast: c.DropLast, Shuffle: c.Shuffle}
}

// totalSteps returns the generator steps at a run's end, as the trainer counts them.
func totalSteps(c config.Config, perEpoch int, limit int64) int64 {
	total := int64(c.NumEpochs) * int64(perEpoch)
	if limit > 0 {
		total = min(total, limit)
	}
	return total
}
