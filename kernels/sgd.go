package kernels

import "ganlib/device"

// SGDStep holds the numbers of one step of stochastic gradient descent.
type SGDStep struct {
	Rate     float64 // learning rate
	Momentum float64 // μ, decay of the buffer
	Nesterov bool    // look ahead along the buffer
}

// SGD updates param, and the momentum buffer b, from grad, element by element, in PyTorch's
// convention:
//
//	b ← μ·b + g,  θ ← θ − rate·b    or, Nesterov,    θ ← θ − rate·(g + μ·b)
//
// All three have one shape. Without momentum b is nil and θ ← θ − rate·g.
func SGD(param, grad, b *device.Tensor, s SGDStep) error {
	const op = "sgd"
	if err := sameShape(op, "param", param, "grad", grad); err != nil {
		return err
	}
	if b != nil {
		if err := sameShape(op, "param", param, "b", b); err != nil {
			return err
		}
	}
	engine, err := prepare(op, 4*int64(param.Len()), param, grad, b)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(param, param.Len(), elementGrain, sgd[float32]{device.Data[float32](param), device.Data[float32](grad), optional[float32](b), s})
	case engineFast:
		launch(param, param.Len(), elementGrain, sgdFast{device.Data[float32](param), device.Data[float32](grad), optional[float32](b), s, isaOf(param)})
	case engineReference64:
		launch(param, param.Len(), elementGrain, sgd[float64]{device.Data[float64](param), device.Data[float64](grad), optional[float64](b), s})
	case engineCUDA:
		return thenRound(sgdCUDA(param, grad, b, s), b)
	}
	return nil
}
