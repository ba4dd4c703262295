package runner

import (
	"fmt"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

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
	products []kernels.Product // of a GPU

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
		kernels: kernels.Planned(p.Device), products: kernels.Products(p.Device), params: p.Generator.ParBytes + p.Critic.ParBytes, flops: p.Flops,
		generator: p.Generator, critic: p.Critic,
	}
	_, m.gpu = dev.(*device.CUDA)
	m.passing = pictureBytes(c, p.Networks.Generator.Output()) + max(largestParameter(p.Networks.Generator), largestParameter(p.Networks.Critic))
	switch {
	case exportsTorch(c):
		m.passing += 2 * largestParameter(p.Networks.Generator) // as interchange.WriteTraining says
	case c.ExportEvery != (config.Every{}):
		m.passing += 2 * backlogMost * m.params // whose buffers grow beyond what they hold
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

// pictureBytes is what the pictures of a step take that is being written and of another that waits, or the final
// one: samples as numbers, of which the real ones are made when it is their turn, pixels, and files.
func pictureBytes(c config.Config, sample device.Shape) int64 {
	if sample.Rank() != 3 { // points, drawn into a picture of fixed size
		return 6 << 20
	}
	numbers, pixels := 4*int64(sample.Len()), 4*int64((sample[0]+2)*(sample[1]+2))
	shown := int64(gridSize(c))
	drawn := shown
	if c.Compat.Has(config.SwitchGridTrainMode) {
		drawn = int64(c.BatchSize)
	}
	return max(4*drawn*numbers+shown*(numbers+4*pixels), int64(finalSamples(c))*(numbers+pixels))
}

// largestParameter is what a tensor of a network takes on its way to a file, beside the training.
func largestParameter(net *layers.Network) (bytes int64) {
	for _, p := range net.Params() {
		bytes = max(bytes, 4*int64(p.Shape.Len()))
	}
	return bytes
}
