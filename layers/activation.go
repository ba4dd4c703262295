package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// LeakyReLU is y = x where x > 0 and y = Slope·x elsewhere. ReLU is LeakyReLU with slope 0.
type LeakyReLU struct{ Slope float64 }

// ReLU returns y = max(x, 0).
func ReLU() *LeakyReLU { return &LeakyReLU{} }

func (l *LeakyReLU) String() string {
	if l.Slope == 0 {
		return "ReLU"
	}
	return fmt.Sprintf("LeakyReLU(%g)", l.Slope)
}

// Output implements [Layer].
func (l *LeakyReLU) Output(in device.Shape) (device.Shape, error) { return in, nil }

// Forward implements [Layer].
func (l *LeakyReLU) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	y := s.NewOutput(ws, x.Shape())
	return y, kernels.LeakyReLU(y, x, l.Slope)
}

// Backward implements [Layer].
func (l *LeakyReLU) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	dy = want.Input.Of(ws, dy)
	dx := s.NewGradient(ws, dy.Shape())
	return dx, kernels.LeakyReLUMask(dx, want.Input.Of(ws, s.X), dy, l.Slope)
}

// Tangent implements [TangentLayer].
func (l *LeakyReLU) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	ydot := s.NewOutput(ws, xdot.Shape())
	return ydot, kernels.LeakyReLUMask(ydot, s.X, xdot, l.Slope)
}

// TangentBackward implements [TangentLayer].
func (l *LeakyReLU) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	if ybar == nil {
		return nil, nil
	}
	return l.Backward(ws, s, ybar, want)
}

// Tanh is y = tanh x, with values in (−1,1).
type Tanh struct{}

func (*Tanh) String() string { return "Tanh" }

// Output implements [Layer].
func (*Tanh) Output(in device.Shape) (device.Shape, error) { return in, nil }

// Forward implements [Layer].
func (*Tanh) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	y := s.NewOutput(ws, x.Shape())
	return y, kernels.Tanh(y, x)
}

// Backward implements [Layer].
func (*Tanh) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	dy = want.Input.Of(ws, dy)
	dx := s.NewGradient(ws, dy.Shape())
	return dx, kernels.TanhSlope(dx, want.Input.Of(ws, s.Y), dy)
}

// Tangent implements [TangentLayer].
func (*Tanh) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	ydot := s.NewOutput(ws, xdot.Shape())
	return ydot, kernels.TanhSlope(ydot, s.Y, xdot)
}

// TangentBackward implements [TangentLayer].
func (*Tanh) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	xbar := s.NewGradient(ws, s.Y.Shape())
	return xbar, kernels.TanhSecond(xbar, s.Y, ybar, s.XDot, s.DY)
}

// Sigmoid is y = 1/(1+exp(−x)), with values in (0,1).
type Sigmoid struct{}

func (*Sigmoid) String() string { return "Sigmoid" }

// Output implements [Layer].
func (*Sigmoid) Output(in device.Shape) (device.Shape, error) { return in, nil }

// Forward implements [Layer].
func (*Sigmoid) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	y := s.NewOutput(ws, x.Shape())
	return y, kernels.Sigmoid(y, x)
}

// Backward implements [Layer].
func (*Sigmoid) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	dy = want.Input.Of(ws, dy)
	dx := s.NewGradient(ws, dy.Shape())
	return dx, kernels.SigmoidSlope(dx, want.Input.Of(ws, s.Y), dy)
}

// Tangent implements [TangentLayer].
func (*Sigmoid) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	ydot := s.NewOutput(ws, xdot.Shape())
	return ydot, kernels.SigmoidSlope(ydot, s.Y, xdot)
}

// TangentBackward implements [TangentLayer].
func (*Sigmoid) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	if want.Input.Empty() {
		return nil, nil
	}
	xbar := s.NewGradient(ws, s.Y.Shape())
	return xbar, kernels.SigmoidSecond(xbar, s.Y, ybar, s.XDot, s.DY)
}
