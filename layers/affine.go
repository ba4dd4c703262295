package layers

import (
	"ganlib/device"
	"ganlib/kernels"
)

// operator is the linear part A of a layer y = A(x) + b: its three products with the weights.
type operator interface {
	// apply returns leaky(A(x) + b), in one of the unit's operands. b may be nil for no bias; slope 1 is no activation.
	apply(ws *device.Workspace, of operands, x, b *device.Tensor, slope float64) (*device.Tensor, error)
	// applyTransposed returns Aᵀ(dy); sample is the shape of one sample of x.
	applyTransposed(ws *device.Workspace, of operands, dy *device.Tensor, sample device.Shape) (*device.Tensor, error)
	// addWeightGrad adds the weights' gradient of ⟨dy, A(x)⟩.
	addWeightGrad(x, dy *device.Tensor) error
	// head reports whether the layer has one output for a batch x.
	head(x *device.Tensor) bool
}

// affine is what linear layers and convolutions share: weights, an
// optional bias, and the passes, given the operator.
type affine struct{ weight, bias Param }

// declare describes the parameters; the bias has one number for each output channel.
func (a *affine) declare(weight Param, out int, hasBias bool) []*Param {
	weight.Name, weight.Role = "weight", Weight
	declare(&a.weight, weight)
	if !hasBias {
		return []*Param{&a.weight}
	}
	declare(&a.bias, Param{Name: "bias", Shape: device.Shape{out}, Role: Bias, Kind: weight.Kind, FanIn: weight.FanIn, FanOut: weight.FanOut})
	return []*Param{&a.weight, &a.bias}
}

func (a *affine) forward(op operator, ws *device.Workspace, s *Saved, x *device.Tensor) (*device.Tensor, error) {
	return op.apply(ws, s.operands, x, a.bias.Value, 1)
}

// finish computes y = leaky(y), for operators without a bias.
func finish(y *device.Tensor, slope float64) error {
	if slope == 1 {
		return nil
	}
	return kernels.AddBiasLeakyReLU(y, nil, slope)
}

// backward computes dx = Aᵀ(dy), W̄ += dy⊗x and b̄ += Σ dy.
func (a *affine) backward(op operator, ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	if dx, ok, err := a.headBackward(op, ws, s, dy, want); ok {
		return dx, err
	}
	if a.bias.Grad != nil && !want.Params.Empty() {
		if err := kernels.BiasGrad(a.bias.Grad, want.Params.Of(ws, dy)); err != nil {
			return nil, err
		}
	}
	return a.products(op, ws, s, dy, want)
}

// products is backward without the bias.
func (a *affine) products(op operator, ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	if !want.Params.Empty() {
		if err := op.addWeightGrad(want.Params.Of(ws, s.X), want.Params.Of(ws, dy)); err != nil {
			return nil, err
		}
	}
	if want.Input.Empty() {
		return nil, nil
	}
	return op.applyTransposed(ws, s.operands, want.Input.Of(ws, dy), s.X.Shape().Sample())
}

// tangentBackward computes x̄ = Aᵀ(ȳ), W̄ += ȳ⊗x + δ⊗ẋ and b̄ += Σ ȳ. Without ȳ no product towards the
// input is needed: an affine layer has no curvature.
func (a *affine) tangentBackward(op operator, ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	if err := a.addTangentGrad(op, ws, s, s.DY, want); err != nil || ybar == nil {
		return nil, err
	}
	return a.backward(op, ws, s, ybar, want)
}

// addTangentGrad computes W̄ += δ⊗ẋ.
func (a *affine) addTangentGrad(op operator, ws *device.Workspace, s *Saved, delta *device.Tensor, want Want) error {
	if want.Params.Empty() {
		return nil
	}
	return op.addWeightGrad(want.Params.Of(ws, s.XDot), want.Params.Of(ws, delta))
}
