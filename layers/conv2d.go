package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// Conv2D is a two-dimensional convolution of images (N,H,W,In), with weights (Out,KH,KW,In); see
// [kernels.Conv2D].
type Conv2D struct {
	In, Out int
	Window  kernels.Window // kernel, stride and padding: kernels.Square(4, 2, 1)
	Bias    bool

	affine
}

func (l *Conv2D) String() string {
	return fmt.Sprintf("Conv2D(%d→%d, %s%s)", l.In, l.Out, windowString(l.Window), noBias(l.Bias))
}

func windowString(g kernels.Window) string {
	stride, padding := fmt.Sprint(g.StrideH), fmt.Sprint(g.Top)
	if g.StrideH != g.StrideW {
		stride = fmt.Sprintf("%d×%d", g.StrideH, g.StrideW)
	}
	if g.Top != g.Bottom || g.Top != g.Left || g.Top != g.Right {
		padding = fmt.Sprintf("%d,%d,%d,%d", g.Top, g.Bottom, g.Left, g.Right)
	}
	return fmt.Sprintf("%d×%d, stride %s, padding %s", g.KernelH, g.KernelW, stride, padding)
}

// Output implements [Layer].
func (l *Conv2D) Output(in device.Shape) (device.Shape, error) {
	if err := checkConv(l, l.In, l.Out, l.Window, in, device.Shape{l.Out, l.Window.KernelH, l.Window.KernelW, l.In}); err != nil {
		return device.Shape{}, err
	}
	oh, ow := l.Window.Out(in[0], in[1])
	if oh < 1 || ow < 1 {
		return device.Shape{}, inputError(l, in, "want an image that a kernel of %d×%d fits into, with its padding", l.Window.KernelH, l.Window.KernelW)
	}
	return device.Shape{oh, ow, l.Out}, nil
}

// checkConv verifies what both kinds of convolution need.
func checkConv(l Layer, channelsIn, channelsOut int, g kernels.Window, in, weight device.Shape) error {
	if channelsIn < 1 || channelsOut < 1 {
		return fmt.Errorf("%v: want at least 1 input and 1 output channel", l)
	}
	if err := g.Validate(); err != nil {
		return fmt.Errorf("%v: %w", l, err)
	}
	if in.Rank() != 3 || in[2] != channelsIn {
		return inputError(l, in, "want (height,width,%d), as in weight %v", channelsIn, weight)
	}
	return nil
}

// Params implements [Parametric].
func (l *Conv2D) Params() []*Param {
	area := l.Window.KernelH * l.Window.KernelW
	return l.declare(Param{
		Shape: device.Shape{l.Out, l.Window.KernelH, l.Window.KernelW, l.In}, Planar: true,
		Kind: ConvKind, FanIn: l.In * area, FanOut: l.Out * area,
	}, l.Out, l.Bias)
}

// Forward implements [Layer].
func (l *Conv2D) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	return l.forward(l, ws, s, x)
}

// Backward implements [Layer].
func (l *Conv2D) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(l, ws, s, dy, want)
}

// Tangent implements [TangentLayer].
func (l *Conv2D) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.apply(ws, s.operands, xdot, nil, 1)
}

// TangentBackward implements [TangentLayer].
func (l *Conv2D) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(l, ws, s, ybar, want)
}

func (l *Conv2D) apply(ws *device.Workspace, of operands, x, b *device.Tensor, slope float64) (*device.Tensor, error) {
	s := x.Shape()
	oh, ow := l.Window.Out(s[1], s[2])
	y := newTensor(ws, device.Shape{s[0], oh, ow, l.Out}, of.output)
	if b != nil {
		return y, kernels.Conv2DBias(y, x, l.weight.Value, b, slope, l.Window)
	}
	if err := kernels.Conv2D(y, x, l.weight.Value, l.Window); err != nil {
		return nil, err
	}
	return y, finish(y, slope)
}

func (l *Conv2D) applyTransposed(ws *device.Workspace, of operands, dy *device.Tensor, sample device.Shape) (*device.Tensor, error) {
	dx := newTensor(ws, sample.Batch(dy.Shape()[0]), of.gradient)
	return dx, kernels.Conv2DInput(dx, dy, l.weight.Value, l.Window)
}

func (l *Conv2D) addWeightGrad(x, dy *device.Tensor) error {
	return kernels.Conv2DWeight(l.weight.Grad, x, dy, l.Window)
}
