package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// ConvTranspose2D is the adjoint of a convolution: it takes images (N,H,W,In) to larger ones of Out
// channels, with weights (In,KH,KW,Out):
//
//	out = (in−1)·stride − padding before − padding after + kernel + output padding
//
// OutputPadding, of rows and of columns, is below the stride and says which of the sizes that the
// convolution would shrink to in is meant. The three passes are those of [kernels.Conv2D] with the
// roles of input and output exchanged.
type ConvTranspose2D struct {
	In, Out       int
	Window        kernels.Window
	OutputPadding [2]int
	Bias          bool

	affine
}

func (l *ConvTranspose2D) String() string {
	padding := ""
	if l.OutputPadding != [2]int{} {
		padding = fmt.Sprintf(", output padding %d,%d", l.OutputPadding[0], l.OutputPadding[1])
	}
	return fmt.Sprintf("ConvTranspose2D(%d→%d, %s%s%s)", l.In, l.Out, windowString(l.Window), padding, noBias(l.Bias))
}

func (l *ConvTranspose2D) size(h, w int) (oh, ow int) {
	g := l.Window
	return (h-1)*g.StrideH - g.Top - g.Bottom + g.KernelH + l.OutputPadding[0],
		(w-1)*g.StrideW - g.Left - g.Right + g.KernelW + l.OutputPadding[1]
}

// Output implements [Layer].
func (l *ConvTranspose2D) Output(in device.Shape) (device.Shape, error) {
	if err := checkConv(l, l.In, l.Out, l.Window, in, device.Shape{l.In, l.Window.KernelH, l.Window.KernelW, l.Out}); err != nil {
		return device.Shape{}, err
	}
	for i, stride := range []int{l.Window.StrideH, l.Window.StrideW} {
		if p := l.OutputPadding[i]; p < 0 || p >= stride {
			return device.Shape{}, fmt.Errorf("%v: output padding %d: want at least 0 and less than the stride %d", l, p, stride)
		}
	}
	oh, ow := l.size(in[0], in[1])
	if oh < 1 || ow < 1 {
		return device.Shape{}, inputError(l, in, "want an image large enough for the padding: the output would be %d×%d", oh, ow)
	}
	return device.Shape{oh, ow, l.Out}, nil
}

// Params implements [Parametric]. As in PyTorch, the fan in is taken from the second dimension of
// (In,Out,KH,KW).
func (l *ConvTranspose2D) Params() []*Param {
	area := l.Window.KernelH * l.Window.KernelW
	return l.declare(Param{
		Shape: device.Shape{l.In, l.Window.KernelH, l.Window.KernelW, l.Out}, Planar: true,
		Kind: ConvKind, FanIn: l.Out * area, FanOut: l.In * area,
	}, l.Out, l.Bias)
}

// Forward implements [Layer].
func (l *ConvTranspose2D) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	return l.forward(l, ws, s, x)
}

// Backward implements [Layer].
func (l *ConvTranspose2D) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(l, ws, s, dy, want)
}

// Tangent implements [TangentLayer].
func (l *ConvTranspose2D) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.apply(ws, s.operands, xdot, nil, 1)
}

// TangentBackward implements [TangentLayer].
func (l *ConvTranspose2D) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(l, ws, s, ybar, want)
}

func (l *ConvTranspose2D) apply(ws *device.Workspace, of operands, x, b *device.Tensor, slope float64) (*device.Tensor, error) {
	s := x.Shape()
	oh, ow := l.size(s[1], s[2])
	y := newTensor(ws, device.Shape{s[0], oh, ow, l.Out}, of.output)
	if b != nil {
		return y, kernels.Conv2DInputBias(y, x, l.weight.Value, b, slope, l.Window)
	}
	if err := kernels.Conv2DInput(y, x, l.weight.Value, l.Window); err != nil {
		return nil, err
	}
	return y, finish(y, slope)
}

func (l *ConvTranspose2D) applyTransposed(ws *device.Workspace, of operands, dy *device.Tensor, sample device.Shape) (*device.Tensor, error) {
	dx := newTensor(ws, sample.Batch(dy.Shape()[0]), of.gradient)
	return dx, kernels.Conv2D(dx, dy, l.weight.Value, l.Window)
}

func (l *ConvTranspose2D) addWeightGrad(x, dy *device.Tensor) error {
	return kernels.Conv2DWeight(l.weight.Grad, dy, x, l.Window)
}
