package kernels

import (
	"fmt"

	"ganlib/device"
)

// Clip limits every element of t to [−c, c] in place: t = min(max(t, −c), c). NaN stays NaN. It is
// the weight clipping of Arjovsky, Chintala and Bottou 2017, "Wasserstein GAN", algorithm 1. c must
// not be negative.
func Clip(t *device.Tensor, c float64) error {
	const op = "clip"
	if !(c >= 0) {
		return fmt.Errorf("kernels: %s: limit %v: want a number >= 0", op, c)
	}
	engine, err := prepare(op, 2*int64(t.Len()), t)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(t, t.Len(), elementGrain, clip[float32]{device.Data[float32](t), float32(c)})
	case engineFast:
		launch(t, t.Len(), elementGrain, clipFast{device.Data[float32](t), float32(c), isaOf(t)})
	case engineReference64:
		launch(t, t.Len(), elementGrain, clip[float64]{device.Data[float64](t), c})
	case engineCUDA:
		return clipCUDA(t, c)
	}
	return nil
}
