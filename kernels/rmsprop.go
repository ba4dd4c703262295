package kernels

import "ganlib/device"

// RMSPropStep holds the numbers of one step of RMSProp.
type RMSPropStep struct {
	Rate      float64 // learning rate
	Rho       float64 // decay of the mean square
	Eps       float64
	EpsInside bool // eps is added under the root, not to it
}

// RMSProp updates param and the mean square s from grad, element by element (Tieleman and Hinton 2012,
// "Lecture 6.5: rmsprop"):
//
//	s ← ρ·s + (1−ρ)·g²,  θ ← θ − rate·g / (√s + eps)    or, eps inside,    θ ← θ − rate·g / √(s + eps)
//
// All three have one shape. It computes in the tensors' own precision, as PyTorch does.
func RMSProp(param, grad, s *device.Tensor, step RMSPropStep) error {
	const op = "rmsprop"
	if err := sameShape(op, "param", param, "grad", grad); err != nil {
		return err
	}
	if err := sameShape(op, "param", param, "s", s); err != nil {
		return err
	}
	engine, err := prepare(op, 9*int64(param.Len()), param, grad, s)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(param, param.Len(), elementGrain, rmsProp[float32]{device.Data[float32](param), device.Data[float32](grad), device.Data[float32](s), step})
	case engineFast:
		launch(param, param.Len(), elementGrain, rmsPropFast{device.Data[float32](param), device.Data[float32](grad), device.Data[float32](s), step, isaOf(param)})
	case engineReference64:
		launch(param, param.Len(), elementGrain, rmsProp[float64]{device.Data[float64](param), device.Data[float64](grad), device.Data[float64](s), step})
	case engineCUDA:
		return thenRound(rmsPropCUDA(param, grad, s, step), s)
	}
	return nil
}
