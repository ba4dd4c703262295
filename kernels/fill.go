package kernels

import "ganlib/device"

// Fill sets every element of t to v.
func Fill(t *device.Tensor, v float64) error {
	engine, err := prepare("fill", 0, t)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(t, t.Len(), elementGrain, fill[float32]{device.Data[float32](t), float32(v)})
	case engineFast:
		launch(t, t.Len(), elementGrain, fillFast{device.Data[float32](t), float32(v)})
	case engineReference64:
		launch(t, t.Len(), elementGrain, fill[float64]{device.Data[float64](t), v})
	case engineCUDA:
		return fillCUDA(t, v)
	}
	return nil
}
