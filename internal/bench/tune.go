package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
)

// ErrNoGPU is wrapped by the error of [Tune] for a device that has nothing to be tuned.
var ErrNoGPU = errors.New("want a GPU, on which there are several ways to compute a product")

// Tuned is what [Tune] has found out.
type Tuned struct {
	Choices  []kernels.Choice // of all products of the configuration, those that were known before included
	Measured []kernels.Choice // of these, with all ways that were tried
}

// Tune measures on a GPU how the products of an iteration and of samples are computed the fastest, but for those that
// o.Tuning knows; with again, all of them. measured, if it is not nil, is told how many are done. When ctx ends, what
// was measured is returned beside the error.
func Tune(ctx context.Context, o Options, again bool, measured func(done, total int)) (t Tuned, err error) {
	known := new(kernels.Tuning)
	b, err := o.make(func(b *Bench) error {
		gpu, ok := b.dev.(*device.CUDA)
		if !ok {
			return fmt.Errorf("%v: %w", b.dev, ErrNoGPU)
		}
		if before, ok := gpu.Tuning().(*kernels.Tuning); ok && before != nil && !again {
			known = before.Only(b.products)
		}
		total := len(known.Missing(b.products))
		if total == 0 {
			return nil
		}
		return known.Tune(ctx, gpu, func() error { return b.once(ctx) }, func(c kernels.Choice) {
			t.Measured = append(t.Measured, c)
			if measured != nil {
				measured(len(t.Measured), max(total, len(t.Measured)))
			}
		})
	})
	t.Choices = known.Choices()
	if err != nil {
		return t, err
	}
	return t, b.Close()
}

// once does everything once that a bench times.
func (b *Bench) once(ctx context.Context) error {
	if err := b.steps(ctx, 1); err != nil {
		return err
	}
	draw, err := b.sampler()
	if err != nil {
		return err
	}
	for _, n := range samplingBatches {
		if _, err := draw.Sample(1, 0, n); err != nil {
			return err
		}
	}
	return b.dev.Sync()
}

// planProducts returns the products of an iteration and of samples.
func (b *Bench) planProducts(p *presets.StepPlan) ([]kernels.Product, error) {
	meta := device.NewMetaFor(b.dev)
	nets, err := presets.Networks(meta, b.config)
	if err != nil {
		return nil, err
	}
	generator, err := nets.Generator.Folded()
	if err != nil {
		return nil, err
	}
	ws := device.NewWorkspace(meta)
	for _, n := range samplingBatches {
		var tr layers.Trace
		ws.Reset()
		if _, err := generator.Forward(&tr, ws, ws.New(generator.Input().Batch(n)), layers.Eval); err != nil {
			return nil, err
		}
	}
	list := append(kernels.Products(p.Device), kernels.Products(meta)...)
	slices.SortFunc(list, kernels.Product.Compare)
	return slices.Compact(list), nil
}

// deviations returns how many products are computed in another way than is estimated.
func (b *Bench) deviations() int {
	if gpu, ok := b.dev.(*device.CUDA); ok {
		if t, ok := gpu.Tuning().(*kernels.Tuning); ok && t != nil {
			return len(t.Only(b.products).Deviations())
		}
	}
	return 0
}
