package kernels

import "ganlib/device"

// Tanh computes y = tanh x. x and y have the same shape and may be the same tensor.
func Tanh(y, x *device.Tensor) error { return curve("tanh", y, x, tanhCurve) }

// TanhSlope computes dst = (1−y²)·v, where y is the output of Tanh: both its tangent and its
// transposed Jacobian. All shapes are equal; dst may be v.
func TanhSlope(dst, y, v *device.Tensor) error { return slope("tanh slope", dst, y, v, tanhCurve) }

// TanhSecond computes the adjoint of Tanh's input when value and tangent are differentiated
// together:
//
//	x̄ = (1−y²)·ȳ − 2y(1−y²)·ẋ·δ
//
// y is the output, ȳ the adjoint of the value (nil for zero), ẋ the input's tangent and δ the adjoint
// of the tangent. All shapes are equal.
func TanhSecond(xbar, y, ybar, xdot, delta *device.Tensor) error {
	return second("tanh second", xbar, y, ybar, xdot, delta, tanhCurve)
}

// Sigmoid computes y = σ(x) = 1/(1+exp(−x)). x and y have the same shape and may be the same tensor.
func Sigmoid(y, x *device.Tensor) error { return curve("sigmoid", y, x, sigmoidCurve) }

// SigmoidSlope computes dst = y(1−y)·v, where y is the output of Sigmoid: both its tangent and its
// transposed Jacobian. All shapes are equal; dst may be v.
func SigmoidSlope(dst, y, v *device.Tensor) error {
	return slope("sigmoid slope", dst, y, v, sigmoidCurve)
}

// SigmoidSecond is to Sigmoid what TanhSecond is to Tanh:
//
//	x̄ = y(1−y)·[ȳ + (1−2y)·ẋ·δ]
func SigmoidSecond(xbar, y, ybar, xdot, delta *device.Tensor) error {
	return second("sigmoid second", xbar, y, ybar, xdot, delta, sigmoidCurve)
}

// curveKind is a smooth activation whose derivatives are functions of its output.
type curveKind int

const (
	tanhCurve curveKind = iota
	sigmoidCurve
)

func curve(op string, y, x *device.Tensor, kind curveKind) error {
	if err := sameShape(op, "x", x, "y", y); err != nil {
		return err
	}
	engine, err := prepare(op, int64(x.Len()), y, x)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(y, x.Len(), elementGrain/8, curveValue[float32]{device.Data[float32](y), device.Data[float32](x), kind})
	case engineFast:
		launch(y, x.Len(), elementGrain, curveValueFast{device.Data[float32](y), device.Data[float32](x), kind, isaOf(y)})
	case engineReference64:
		launch(y, x.Len(), elementGrain/8, curveValue[float64]{device.Data[float64](y), device.Data[float64](x), kind})
	case engineCUDA:
		return curveCUDA(y, x, kind)
	}
	return nil
}

func slope(op string, dst, y, v *device.Tensor, kind curveKind) error {
	if err := sameShape(op, "y", y, "v", v); err != nil {
		return err
	}
	if err := sameShape(op, "y", y, "dst", dst); err != nil {
		return err
	}
	engine, err := prepare(op, int64(y.Len()), dst, y, v)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(dst, y.Len(), elementGrain, curveSlope[float32]{device.Data[float32](dst), device.Data[float32](y), device.Data[float32](v), kind})
	case engineFast:
		launch(dst, y.Len(), elementGrain, curveSlopeFast{device.Data[float32](dst), device.Data[float32](y), device.Data[float32](v), kind, isaOf(dst)})
	case engineReference64:
		launch(dst, y.Len(), elementGrain, curveSlope[float64]{device.Data[float64](dst), device.Data[float64](y), device.Data[float64](v), kind})
	case engineCUDA:
		return slopeCUDA(dst, y, v, kind)
	}
	return nil
}

func second(op string, xbar, y, ybar, xdot, delta *device.Tensor, kind curveKind) error {
	for _, t := range [...]struct {
		name string
		t    *device.Tensor
	}{{"xbar", xbar}, {"ybar", ybar}, {"xdot", xdot}, {"delta", delta}} {
		if t.t == nil {
			continue
		}
		if err := sameShape(op, "y", y, t.name, t.t); err != nil {
			return err
		}
	}
	engine, err := prepare(op, int64(y.Len()), xbar, y, ybar, xdot, delta)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(xbar, y.Len(), elementGrain, curveSecond[float32]{device.Data[float32](xbar), device.Data[float32](y), optional[float32](ybar), device.Data[float32](xdot), device.Data[float32](delta), kind})
	case engineFast:
		launch(xbar, y.Len(), elementGrain, curveSecondFast{device.Data[float32](xbar), device.Data[float32](y), optional[float32](ybar), device.Data[float32](xdot), device.Data[float32](delta), kind, isaOf(xbar)})
	case engineReference64:
		launch(xbar, y.Len(), elementGrain, curveSecond[float64]{device.Data[float64](xbar), device.Data[float64](y), optional[float64](ybar), device.Data[float64](xdot), device.Data[float64](delta), kind})
	case engineCUDA:
		return secondCUDA(xbar, y, ybar, xdot, delta, kind)
	}
	return nil
}

// optional returns the elements of t, or nil if there is no t.
func optional[T device.Float](t *device.Tensor) []T {
	if t == nil {
		return nil
	}
	return device.Data[T](t)
}
