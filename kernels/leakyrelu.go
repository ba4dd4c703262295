package kernels

import (
	"errors"

	"ganlib/device"
)

// LeakyReLU computes y = x where x > 0 and y = slope·x elsewhere, NaN included (Maas, Hannun and Ng 2013,
// "Rectifier nonlinearities improve neural network acoustic models"); slope 0 is ReLU. x and y have
// the same shape and may be the same tensor.
func LeakyReLU(y, x *device.Tensor, slope float64) error {
	const op = "leakyrelu"
	if err := sameShape(op, "x", x, "y", y); err != nil {
		return err
	}
	engine, err := prepare(op, int64(x.Len()), y, x)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(y, x.Len(), elementGrain, leakyReLU[float32]{device.Data[float32](y), device.Data[float32](x), float32(slope)})
	case engineFast:
		launch(y, x.Len(), elementGrain, leakyReLUFast{device.Data[float32](y), device.Data[float32](x), float32(slope), isaOf(y)})
	case engineReference64:
		launch(y, x.Len(), elementGrain, leakyReLU[float64]{device.Data[float64](y), device.Data[float64](x), slope})
	case engineCUDA:
		return leakyReLUCUDA(y, x, slope)
	}
	return nil
}

// LeakyReLUMask computes dst = v where x > 0 and dst = slope·v elsewhere, x being the input or, if
// slope >= 0, the output of LeakyReLU. It is both the tangent and the transposed Jacobian of LeakyReLU at x, which
// has no curvature. All shapes are equal; dst may be v.
func LeakyReLUMask(dst, x, v *device.Tensor, slope float64) error {
	const op = "leakyrelu mask"
	if err := sameShape(op, "x", x, "v", v); err != nil {
		return err
	}
	if err := sameShape(op, "x", x, "dst", dst); err != nil {
		return err
	}
	engine, err := prepare(op, int64(x.Len()), dst, x, v)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(dst, x.Len(), elementGrain, leakyReLUMask[float32]{device.Data[float32](dst), device.Data[float32](x), device.Data[float32](v), float32(slope)})
	case engineFast:
		launch(dst, x.Len(), elementGrain, leakyReLUMaskFast{device.Data[float32](dst), device.Data[float32](x), device.Data[float32](v), float32(slope), isaOf(dst)})
	case engineReference64:
		launch(dst, x.Len(), elementGrain, leakyReLUMask[float64]{device.Data[float64](dst), device.Data[float64](x), device.Data[float64](v), slope})
	case engineCUDA:
		return leakyReLUMaskCUDA(dst, x, v, slope)
	}
	return nil
}

// LeakyReLUMaskBias is [LeakyReLUMask], and then [BiasGrad] of some rows of dst, which share its memory. On a
// GPU numbers are read once for both.
func LeakyReLUMaskBias(dst, x, v *device.Tensor, slope float64, db, rows *device.Tensor) error {
	const op = "leakyrelu mask"
	if !onGPU(dst) {
		if err := LeakyReLUMask(dst, x, v, slope); err != nil {
			return err
		}
		return BiasGrad(db, rows)
	}
	if err := errors.Join(sameShape(op, "x", x, "v", v), sameShape(op, "x", x, "dst", dst)); err != nil {
		return err
	}
	if db.Len() != dst.Shape().Last() {
		return shapeError(op, "db", db, "want (%d) for dst %v", dst.Shape().Last(), dst.Shape())
	}
	if _, err := prepare(op, int64(x.Len()), dst, x, v, db, rows); err != nil {
		return err
	}
	if err := thenRound(leakyReLUMaskBiasCUDA(dst, x, v, slope, db, rows), db); err != nil {
		return err
	}
	dst.Device().Counter().Add("bias grad", int64(rows.Len()))
	return nil
}
