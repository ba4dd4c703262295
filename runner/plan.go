package runner

import (
	"context"
	"errors"
	"fmt"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

// Plan is what a run would be.
type Plan struct {
	Config            config.Config
	Device, Data      string // one line each
	Images            int    // or points
	Generator, Critic layers.Summary
	StepsPerEpoch     int   // generator steps
	TotalSteps        int64 // generator steps at the run's end
	TensorBytes       int64 // tensors: networks, gradients, optimisers, and the largest step
	ParameterBytes    int64 // of these, both networks' parameters
	DataBytes         int64
	FlopsPerStep      int64 // floating-point operations of a generator step with its critic steps
}

// MakePlan checks everything that [Open] checks before it makes a run folder, except that of the data
// only one image is decoded, and returns what it found. Nothing is written. Of a run to resume, the
// saved configuration is taken, with Changes.
func MakePlan(ctx context.Context, o Options) (*Plan, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	c, err := plannedConfig(o)
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
		Config: c, Device: p.deviceLine, Data: p.source.Description, Images: p.source.Len(),
		Generator: p.measured.generator, Critic: p.measured.critic,
		StepsPerEpoch: batches, TotalSteps: totalSteps(c, batches, o.Steps),
		TensorBytes: p.measured.state + p.measured.step, ParameterBytes: p.measured.params,
		DataBytes: p.source.Bytes(), FlopsPerStep: p.measured.flops,
	}, nil
}

// plannedConfig returns the configuration that the options mean.
func plannedConfig(o Options) (config.Config, error) {
	if o.Resume != "" {
		s, err := findSaved(o)
		if err != nil {
			return config.Config{}, err
		}
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
	maxBytes   int64 // most memory for the data, once compared with the machine's; 0: a default
	measured   measured
}

func prepare(o Options, c config.Config) (*prepared, error) {
	p := &prepared{config: c}
	var err error
	if p.dev, p.deviceLine, err = openDevice(o, c); err != nil {
		return nil, err
	}
	if err := p.accept(o); err != nil {
		return nil, errors.Join(err, p.dev.Close())
	}
	return p, nil
}

// accept finds the data, and checks that every batch can be trained on and that the memory suffices.
func (p *prepared) accept(o Options) (err error) {
	c := p.config
	if p.source, err = presets.FindData(c, presets.DataOptions{Path: o.Data}); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	count := p.source.Len()
	if err := order(c, count).Validate(); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	var planErr error
	p.measured, planErr = measure(c, min(c.BatchSize, count))
	available, err := o.available()
	if _, host := p.dev.(*device.CPU); host && err == nil { // a GPU says itself when its memory is full
		planErr = checkMemory(p, available, planErr)
		p.maxBytes = p.source.Bytes()
	}
	if planErr != nil {
		return planErr
	}
	return checkLastBatch(c, count)
}

// checkLastBatch refuses a last batch of a pass over count samples that cannot be trained on: batch
// norm of vectors needs two.
func checkLastBatch(c config.Config, count int) error {
	last := count % c.BatchSize
	if last == 0 || c.DropLast || last == count {
		return nil
	}
	if _, err := measure(c, last); err != nil {
		return fmt.Errorf("%w (in the last batch of a pass, %d of %d samples; DROP_LAST leaves it out)", err, last, c.BatchSize)
	}
	return nil
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

// measured is what a step on a device without memory shows.
type measured struct {
	state             int64 // bytes that stay: parameters, gradients, buffers, optimisers, fixed noise
	step              int64 // bytes of the largest step and of the sample grids
	params            int64 // bytes of both networks' parameters
	flops             int64
	generator, critic layers.Summary
}

// measure takes one generator step of n samples on a meta device.
func measure(c config.Config, n int) (m measured, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("runner: plan a step of %d samples: %w", n, err)
		}
	}()
	meta, counter := device.NewMeta(), new(device.Counter)
	nets, err := presets.Networks(meta, c)
	if err != nil {
		return m, err
	}
	v, err := presets.Variant(nets, c)
	if err != nil {
		return m, err
	}
	trainer := presets.Trainer(c, 0)
	trainer.Batch = n
	t, err := variants.NewTrainer(v, imagined{nets.Generator.Output(), n}, trainer)
	if err != nil {
		return m, err
	}
	if _, err := checkpoint.FixedNoise(t, c.BatchSize); err != nil {
		return m, err
	}
	meta.SetCounter(counter)
	if err := t.Step(); err != nil {
		return m, err
	}
	m.flops = counter.Flops("")
	ws := device.NewWorkspace(meta)
	z := ws.New(nets.Generator.Input().Batch(gridSize(c)))
	if _, err := variants.Generate(nets.Generator, ws, z); err != nil {
		return m, err
	}
	m.state, m.step = int64(meta.Allocated()), int64(v.Memory())+int64(ws.Peak())
	if sample := nets.Generator.Output(); sample.Rank() == 3 { // the final grid, as numbers and as RGBA
		m.step += int64(c.GridImages) * 4 * int64(sample.Len()+sample[0]*sample[1])
	}
	m.generator, m.critic = nets.Generator.Summarise(c.BatchSize), nets.Critic.Summarise(c.BatchSize)
	m.params = m.generator.ParBytes + m.critic.ParBytes
	return m, nil
}

// imagined are samples of a meta device: they have a shape and a number.
type imagined struct {
	shape device.Shape
	n     int
}

func (s imagined) Len() int            { return s.n }
func (s imagined) Shape() device.Shape { return s.shape }
func (s imagined) Fingerprint() string { return "" }

func (s imagined) Gather(dst *device.Tensor, _ device.Permutation, _ int, _ *device.Random) error {
	return kernels.Fill(dst, 0)
}
