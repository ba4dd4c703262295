package kernels

import "ganlib/device"

// Increment adds 1 to the number t, of shape (1). Counts are exact up to 2^24.
func Increment(t *device.Tensor) error {
	const op = "increment"
	if t.Len() != 1 {
		return shapeError(op, "t", t, "want (1)")
	}
	engine, err := prepare(op, 1, t)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		device.Data[float32](t)[0]++
	case engineReference64:
		device.Data[float64](t)[0]++
	case engineCUDA:
		return incrementCUDA(t)
	}
	return nil
}
