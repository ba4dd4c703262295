package kernels

import "ganlib/device"

// AdamStep holds the numbers of one step of Adam. The caller works bias correction and convention into
// Rate and Root (package ganlib/optim).
type AdamStep struct {
	Rate  float64 // what m is multiplied by
	Beta1 float64 // decay of m
	Beta2 float64 // decay of v
	Root  float64 // what √v is divided by
	Eps   float64 // added to the quotient
}

// Adam updates param, m and v from grad, element by element (Kingma and Ba 2015, "Adam: a method for
// stochastic optimization", algorithm 1):
//
//	m ← β₁·m + (1−β₁)·g,  v ← β₂·v + (1−β₂)·g²,  θ ← θ − rate·m / (√v/root + eps)
//
// All four have one shape. It computes in the tensors' own precision, as PyTorch does.
func Adam(param, grad, m, v *device.Tensor, s AdamStep) error {
	const op = "adam"
	if err := sameShape(op, "param", param, "grad", grad); err != nil {
		return err
	}
	if err := sameShape(op, "param", param, "m", m); err != nil {
		return err
	}
	if err := sameShape(op, "param", param, "v", v); err != nil {
		return err
	}
	engine, err := prepare(op, 12*int64(param.Len()), param, grad, m, v)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(param, param.Len(), elementGrain, adam[float32]{device.Data[float32](param), device.Data[float32](grad), device.Data[float32](m), device.Data[float32](v), s})
	case engineFast:
		launch(param, param.Len(), elementGrain, adamFast{device.Data[float32](param), device.Data[float32](grad), device.Data[float32](m), device.Data[float32](v), s, isaOf(param)})
	case engineReference64:
		launch(param, param.Len(), elementGrain, adam[float64]{device.Data[float64](param), device.Data[float64](grad), device.Data[float64](m), device.Data[float64](v), s})
	case engineCUDA:
		return thenRound(adamCUDA(param, grad, m, v, s), m, v)
	}
	return nil
}
