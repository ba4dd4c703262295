package kernels

import "ganlib/device"

// ToPlanar copies images x (N,H,W,C) to y of the same length in (N,C,H,W) order, PyTorch's.
func ToPlanar(y, x *device.Tensor) error { return transposeRows("to planar", y, x, x, false) }

// FromPlanar is the inverse of ToPlanar: it copies x in (N,C,H,W) order to the images y (N,H,W,C).
func FromPlanar(y, x *device.Tensor) error { return transposeRows("from planar", y, x, y, true) }

// transposeRows copies between the two orders; images has the shape (N,H,W,C) that rules.
func transposeRows(op string, y, x, images *device.Tensor, fromPlanar bool) error {
	s := images.Shape()
	if s.Rank() != 4 {
		return shapeError(op, "images", images, "want (N,H,W,C)")
	}
	if y.Len() != x.Len() {
		return shapeError(op, "y", y, "want as many elements as in x %v", x.Shape())
	}
	engine, err := prepare(op, 0, y, x)
	if err != nil {
		return err
	}
	rows, columns := s[1]*s[2], s[3]
	if fromPlanar {
		rows, columns = columns, rows
	}
	switch engine {
	case engineReference:
		launch(y, s[0], 1, planar[float32]{device.Data[float32](y), device.Data[float32](x), s[1] * s[2], s[3], fromPlanar})
	case engineFast:
		launch(y, s[0], 1, transposeFast{device.Data[float32](y), device.Data[float32](x), rows, columns, isaOf(y)})
	case engineReference64:
		launch(y, s[0], 1, planar[float64]{device.Data[float64](y), device.Data[float64](x), s[1] * s[2], s[3], fromPlanar})
	case engineCUDA:
		return transposeCUDA(y, x, s[0], rows, columns)
	}
	return nil
}
