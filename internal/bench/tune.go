package bench

import (
	"context"

	"ganlib/device"
	"ganlib/kernels"
)

// tune has a GPU's kernels measured on an iteration and on samples.
func (b *Bench) tune(ctx context.Context) error {
	gpu, ok := b.dev.(*device.CUDA)
	if !ok || b.tuning == nil {
		return nil
	}
	gpu.SetTuning(b.tuning)
	return b.tuning.Tune(gpu, func() error {
		if err := b.steps(ctx, 1); err != nil {
			return err
		}
		for _, n := range samplingBatches {
			if _, err := b.Sample(ctx, n); err != nil {
				return err
			}
		}
		return gpu.Sync()
	})
}

// Tune measures which of a GPU's kernels are the fastest for the products of a training, and of samples.
func Tune(ctx context.Context, o Options) (*kernels.Tuning, error) {
	o.Tuning = new(kernels.Tuning)
	b, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return o.Tuning, b.Close()
}
