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
		MemoryBytes: p.measured.need(p.source.Bytes() - p.source.Held()), TensorBytes: p.measured.tensors(), ParameterBytes: p.measured.params,
		KernelBytes: p.measured.kernels, DataBytes: p.source.Bytes(), FlopsPerStep: p.measured.flops,
		Mistakes: p.mistakes,
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
	measured   measured
	mistakes   []string // in the configuration, that it is accepted with
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
	if err := checkMemory(p, p.budget(o), planErr); err != nil {
		return err
	}
	return checkLastBatch(p.dev, c, count)
}

// checkLastBatch refuses a last batch of a pass over count samples that cannot be trained on: batch
// norm of vectors needs two.
func checkLastBatch(dev device.Device, c config.Config, count int) error {
	last := count % c.BatchSize
	if last == 0 || c.DropLast || last == count {
		return nil
	}
	if _, err := measure(dev, c, last); err != nil {
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

// measured is what a step on a device without memory shows, in bytes and operations.
type measured struct {
	state    int64 // tensors that stay: parameters, gradients, buffers, optimisers, their snapshot, fixed noise
	step     int64 // tensors of a step
	sampling int64 // tensors of pictures' samples
	kernels  int64 // what the device's kernels take beside tensors
	passing  int64 // what pictures and files take for a moment
	gpu      bool  // all that lies on a GPU, but for passing
	params   int64 // both networks' parameters
	flops    int64

	generator, critic layers.Summary
}

// measure plans a generator step of n samples on dev, and the pictures that are drawn between steps.
func measure(dev device.Device, c config.Config, n int) (m measured, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("runner: %w", err)
		}
	}()
	p, err := presets.PlanStep(dev, c, n)
	if err != nil {
		return m, err
	}
	if savesBeside(c) {
		before := p.Device.Allocated()
		if _, err := checkpoint.NewSnapshot(p.Variant); err != nil {
			return m, err
		}
		p.State += int64(p.Device.Allocated() - before)
	}
	ws := device.NewWorkspace(p.Device)
	if err := planPictures(p.Networks, ws, c); err != nil {
		return m, err
	}
	noise := p.Networks.Generator.Input().Batch(c.BatchSize)
	m = measured{
		state: p.State + 4*int64(noise.Len()), step: p.Workspace, sampling: int64(ws.Peak()),
		kernels: kernels.Planned(p.Device), params: p.Generator.ParBytes + p.Critic.ParBytes, flops: p.Flops,
		generator: p.Generator, critic: p.Critic,
	}
	_, m.gpu = dev.(*device.CUDA)
	m.passing = pictureBytes(c, p.Networks.Generator.Output()) + max(largestParameter(p.Networks.Generator), largestParameter(p.Networks.Critic))
	if exportsTorch(c) {
		m.passing += 2 * largestParameter(p.Networks.Generator) // as interchange.WriteTraining says
	}
	return m, nil
}

// planPictures draws the samples of pictures without memory.
func planPictures(nets variants.Networks, ws *device.Workspace, c config.Config) error {
	shown, final := gridSize(c), finalSamples(c)
	if c.Compat.Has(config.SwitchGridTrainMode) {
		shown = c.BatchSize
	}
	for _, p := range []struct {
		net     *layers.Network
		inputs  int // that lie in the workspace
		samples int // that are made at a time
	}{
		{nets.Generator, 2 * shown, shown},
		{nets.Generator, final, min(final, c.BatchSize)},
		{nets.Critic, min(final, c.BatchSize), min(final, c.BatchSize)}, // which keras-wgan scores
	} {
		ws.Reset()
		x := ws.New(p.net.Input().Batch(p.inputs))
		if _, err := variants.Generate(p.net, ws, ws.Rows(x, 0, p.samples)); err != nil {
			return err
		}
	}
	return nil
}

// pictureBytes is what the grids of a step take, their samples as numbers and their pixels, or the final one.
func pictureBytes(c config.Config, sample device.Shape) int64 {
	if sample.Rank() != 3 { // points, drawn into a picture of fixed size
		return 6 << 20
	}
	numbers, pixels := 4*int64(sample.Len()), 4*int64((sample[0]+2)*(sample[1]+2))
	return max(int64(gridSize(c))*(2*numbers+2*pixels), int64(finalSamples(c))*(numbers+pixels))
}

// largestParameter is what a tensor of a network takes on its way to a file, beside the training.
func largestParameter(net *layers.Network) (bytes int64) {
	for _, p := range net.Params() {
		bytes = max(bytes, 4*int64(p.Shape.Len()))
	}
	return bytes
}
