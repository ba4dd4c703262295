package kernels

import "ganlib/device"

// Copy copies the elements of src to dst in row-major order. Both have the same number of elements,
// in whatever shapes.
func Copy(dst, src *device.Tensor) error {
	const op = "copy"
	if dst.Len() != src.Len() {
		return shapeError(op, "dst", dst, "want %d elements, as in src %v", src.Len(), src.Shape())
	}
	engine, err := prepare(op, 0, dst, src)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		launch(dst, dst.Len(), elementGrain, copyTo[float32]{device.Data[float32](dst), device.Data[float32](src)})
	case engineReference64:
		launch(dst, dst.Len(), elementGrain, copyTo[float64]{device.Data[float64](dst), device.Data[float64](src)})
	case engineCUDA:
		return copyCUDA(dst, src)
	}
	return nil
}
