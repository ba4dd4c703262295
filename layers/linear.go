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

	affine
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
	return l.declare(Param{Shape: device.Shape{l.Out, l.In}, Kind: LinearKind, FanIn: l.In, FanOut: l.Out}, l.Out, l.Bias)
}

// Forward implements [Layer].
func (l *Linear) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	return l.forward(l, ws, s, x)
}

// Backward implements [Layer]: dx = dy·W, dW += dyᵀ·x, db += Σ dy.
func (l *Linear) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(l, ws, s, dy, want)
}

// Tangent implements [TangentLayer]: ẏ = ẋ·Wᵀ.
func (l *Linear) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.apply(ws, s.operands, xdot, nil, 1)
}

// TangentBackward implements [TangentLayer]: x̄ = ȳ·W, W̄ += ȳᵀ·x + δᵀ·ẋ, b̄ += Σ ȳ.
func (l *Linear) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(l, ws, s, ybar, want)
}

func (l *Linear) apply(ws *device.Workspace, of operands, x, b *device.Tensor, slope float64) (*device.Tensor, error) {
	y := newTensor(ws, device.Shape{x.Shape()[0], l.Out}, of.output)
	if b != nil {
		return y, kernels.GemmBias(y, x, l.weight.Value, b, slope, kernels.NoTrans, kernels.Transp)
	}
	if err := kernels.Gemm(y, x, l.weight.Value, kernels.NoTrans, kernels.Transp, false); err != nil {
		return nil, err
	}
	return y, finish(y, slope)
}

func (l *Linear) applyTransposed(ws *device.Workspace, of operands, dy *device.Tensor, sample device.Shape) (*device.Tensor, error) {
	dx := newTensor(ws, sample.Batch(dy.Shape()[0]), of.gradient)
	return dx, kernels.Gemm(dx, dy, l.weight.Value, kernels.NoTrans, kernels.NoTrans, false)
}

func (l *Linear) addWeightGrad(x, dy *device.Tensor) error {
	return kernels.Gemm(l.weight.Grad, dy, x, kernels.Transp, kernels.NoTrans, true)
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
