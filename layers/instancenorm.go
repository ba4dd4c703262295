package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// InstanceNorm normalises each channel of each image over its positions, with the biased variance, in
// training and evaluation alike (Ulyanov, Vedaldi and Lempitsky 2016,
// https://arxiv.org/abs/1607.08022). Images of one pixel are an error.
type InstanceNorm struct {
	Features int
	Eps      float64 // PyTorch 1e-5
	Affine   bool    // with γ and β for each channel

	norm
}

func (l *InstanceNorm) String() string { return fmt.Sprintf("InstanceNorm(%d)", l.Features) }

// Output implements [Layer].
func (l *InstanceNorm) Output(in device.Shape) (device.Shape, error) {
	if err := checkEps(l, l.Eps); err != nil {
		return device.Shape{}, err
	}
	if l.Features < 1 || in.Rank() != 3 || in[2] != l.Features {
		return device.Shape{}, inputError(l, in, "want (height,width,%d)", l.Features)
	}
	if in[0]*in[1] == 1 {
		return device.Shape{}, inputError(l, in, "want more than one position to take statistics of")
	}
	return in, nil
}

// Params implements [Parametric].
func (l *InstanceNorm) Params() []*Param {
	if !l.Affine {
		return nil
	}
	return l.declare(NormKind, device.Shape{l.Features}, false)
}

func (l *InstanceNorm) kind(Mode) kernels.Norm { return kernels.Norm{Kind: kernels.NormInstance} }

// Forward implements [Layer].
func (l *InstanceNorm) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, mode Mode) (*device.Tensor, error) {
	return l.normalise(ws, s, x, l.kind(mode))
}

func (l *InstanceNorm) normalise(ws *device.Workspace, s *Saved, x *device.Tensor, kind kernels.Norm) (*device.Tensor, error) {
	return l.forward(ws, s, x, device.Shape{x.Shape()[0], l.Features}, l.Eps, kernels.NormRunning{}, kind)
}

// Backward implements [Layer].
func (l *InstanceNorm) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(ws, s, dy, want, l.kind(s.Mode))
}

// Tangent implements [TangentLayer].
func (l *InstanceNorm) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.tangent(ws, s, xdot, l.kind(s.Mode))
}

// TangentBackward implements [TangentLayer].
func (l *InstanceNorm) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(ws, s, ybar, want, l.kind(s.Mode))
}
