package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// LayerNorm normalises each sample over all its elements, with the biased variance (Ba, Kiros and
// Hinton 2016, https://arxiv.org/abs/1607.06450). γ and β have one number for each element, as in
// PyTorch, or one for each channel, as in the code of the WGAN-GP authors.
type LayerNorm struct {
	Shape      device.Shape // of one sample: (features) or (height,width,channels)
	PerChannel bool
	Eps        float64 // PyTorch 1e-5

	norm
}

func (l *LayerNorm) String() string { return fmt.Sprintf("LayerNorm(%v)", l.Shape) }

// Output implements [Layer].
func (l *LayerNorm) Output(in device.Shape) (device.Shape, error) {
	if err := checkEps(l, l.Eps); err != nil {
		return device.Shape{}, err
	}
	if in != l.Shape {
		return device.Shape{}, inputError(l, in, "want %v", l.Shape)
	}
	if in.Len() == 1 {
		return device.Shape{}, inputError(l, in, "want more than one element to take statistics of")
	}
	return in, nil
}

// Params implements [Parametric].
func (l *LayerNorm) Params() []*Param {
	if l.PerChannel {
		return l.declare(NormKind, device.Shape{l.Shape.Last()}, false)
	}
	return l.declare(NormKind, l.Shape, l.Shape.Rank() == 3)
}

func (l *LayerNorm) kind(Mode) kernels.Norm { return kernels.Norm{Kind: kernels.NormLayer} }

// Forward implements [Layer].
func (l *LayerNorm) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, mode Mode) (*device.Tensor, error) {
	return l.normalise(ws, s, x, l.kind(mode))
}

func (l *LayerNorm) normalise(ws *device.Workspace, s *Saved, x *device.Tensor, kind kernels.Norm) (*device.Tensor, error) {
	return l.forward(ws, s, x, device.Shape{x.Shape()[0]}, l.Eps, kernels.NormRunning{}, kind)
}

// Backward implements [Layer].
func (l *LayerNorm) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(ws, s, dy, want, l.kind(s.Mode))
}

// Tangent implements [TangentLayer].
func (l *LayerNorm) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.tangent(ws, s, xdot, l.kind(s.Mode))
}

// TangentBackward implements [TangentLayer].
func (l *LayerNorm) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(ws, s, ybar, want, l.kind(s.Mode))
}
