package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// Linear is y = x·Wᵀ + b on vectors (N,In), with W of shape (Out,In).
type Linear struct {
	In, Out int
	Bias    bool

	weight, bias Param
}

func (l *Linear) String() string {
	return fmt.Sprintf("Linear(%d→%d%s)", l.In, l.Out, noBias(l.Bias))
}

// Output implements [Layer].
func (l *Linear) Output(in device.Shape) (device.Shape, error) {
	if l.In < 1 || l.Out < 1 {
		return device.Shape{}, fmt.Errorf("%v: want at least 1 input and 1 output", l)
	}
	if in != (device.Shape{l.In}) {
		return device.Shape{}, inputError(l, in, "want (%d), as in weight (%d,%d)", l.In, l.Out, l.In)
	}
	return device.Shape{l.Out}, nil
}

// Params implements [Parametric].
func (l *Linear) Params() []*Param {
	declare(&l.weight, Param{Name: "weight", Shape: device.Shape{l.Out, l.In}, Role: Weight, Kind: LinearKind, FanIn: l.In, FanOut: l.Out})
	if !l.Bias {
		return []*Param{&l.weight}
	}
	declare(&l.bias, Param{Name: "bias", Shape: device.Shape{l.Out}, Role: Bias, Kind: LinearKind, FanIn: l.In, FanOut: l.Out})
	return []*Param{&l.weight, &l.bias}
}

// Forward implements [Layer].
func (l *Linear) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	y, err := l.multiply(ws, x)
	if err == nil && l.Bias {
		err = kernels.AddBias(y, l.bias.Value)
	}
	return y, err
}

// multiply returns x·Wᵀ.
func (l *Linear) multiply(ws *device.Workspace, x *device.Tensor) (*device.Tensor, error) {
	y := ws.New(device.Shape{x.Shape()[0], l.Out})
	return y, kernels.Gemm(y, x, l.weight.Value, kernels.NoTrans, kernels.Transp, false)
}

// Backward implements [Layer]: dx = dy·W, dW += dyᵀ·x, db += Σ dy.
func (l *Linear) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	if !want.Params.Empty() {
		rows := want.Params.Of(ws, dy)
		if err := l.addGrad(want.Params.Of(ws, s.X), rows); err != nil {
			return nil, err
		}
		if l.Bias {
			if err := kernels.BiasGrad(l.bias.Grad, rows); err != nil {
				return nil, err
			}
		}
	}
	if want.Input.Empty() {
		return nil, nil
	}
	dy = want.Input.Of(ws, dy)
	dx := ws.New(device.Shape{dy.Shape()[0], l.In})
	return dx, kernels.Gemm(dx, dy, l.weight.Value, kernels.NoTrans, kernels.NoTrans, false)
}

// addGrad adds dyᵀ·x to the weight's gradient.
func (l *Linear) addGrad(x, dy *device.Tensor) error {
	return kernels.Gemm(l.weight.Grad, dy, x, kernels.Transp, kernels.NoTrans, true)
}

// Tangent implements [TangentLayer]: ẏ = ẋ·Wᵀ.
func (l *Linear) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.multiply(ws, xdot)
}

// TangentBackward implements [TangentLayer]: x̄ = ȳ·W, W̄ += ȳᵀ·x + δᵀ·ẋ, b̄ += Σ ȳ.
func (l *Linear) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	if !want.Params.Empty() {
		if err := l.addGrad(s.XDot, s.DY); err != nil {
			return nil, err
		}
	}
	if ybar == nil {
		return nil, nil
	}
	return l.Backward(ws, s, ybar, want)
}

// declare describes a parameter once; a second call changes nothing.
func declare(p *Param, as Param) {
	if p.Name == "" {
		*p = as
	}
}

func noBias(bias bool) string {
	if bias {
		return ""
	}
	return ", no bias"
}
