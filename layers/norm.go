package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// Places in Saved.Aux of what a normalisation keeps.
const (
	auxMean = iota
	auxRoot // 1/√(variance+eps)
	auxVariance
	auxMeanDot // mean of the tangent, and its mean product with the normalised input
	auxCorr
)

// normLayer is a normalisation.
type normLayer interface {
	TangentLayer
	// kind is the normalisation in the given mode.
	kind(mode Mode) kernels.Norm
	// normalise is Forward of the given kind.
	normalise(ws *device.Workspace, s *Saved, x *device.Tensor, kind kernels.Norm) (*device.Tensor, error)
	backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want, kind kernels.Norm) (*device.Tensor, error)
	tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor, kind kernels.Norm) (*device.Tensor, error)
	tangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want, kind kernels.Norm) (*device.Tensor, error)
}

// norm is what all normalisations share: y = γ·(x−μ)/√(σ²+eps) + β, with the passes that
// [kernels.Norm] describes.
type norm struct {
	scale, shift Param // γ and β; unnamed if the layer is not affine
}

// declare describes γ and β, of the given shape.
func (n *norm) declare(kind Kind, shape device.Shape, planar bool) []*Param {
	declare(&n.scale, Param{Name: "weight", Shape: shape, Planar: planar, Role: Scale, Kind: kind})
	declare(&n.shift, Param{Name: "bias", Shape: shape, Planar: planar, Role: Shift, Kind: kind})
	return []*Param{&n.scale, &n.shift}
}

// forward normalises with x's own statistics, of the given shape, which it keeps in s, and moves running
// ones if there are any.
func (n *norm) forward(ws *device.Workspace, s *Saved, x *device.Tensor, stats device.Shape, eps float64, run kernels.NormRunning, kind kernels.Norm) (*device.Tensor, error) {
	mean, variance, r := ws.New(stats), ws.New(stats), ws.New(stats)
	s.Aux[auxMean], s.Aux[auxVariance], s.Aux[auxRoot] = mean, variance, r
	y := s.NewOutput(ws, x.Shape())
	if run.Mean == nil {
		return y, kernels.NormForward(y, mean, variance, r, x, n.scale.Value, n.shift.Value, eps, kind)
	}
	return y, kernels.NormForwardRunning(y, mean, variance, r, x, n.scale.Value, n.shift.Value, eps, run, kind)
}

func (n *norm) backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want, kind kernels.Norm) (*device.Tensor, error) {
	samples := dy.Shape()[0]
	if kind.Kind == kernels.NormBatch && !kind.Frozen {
		for _, r := range []Rows{want.Input, want.Params} {
			if err := r.whole(samples); err != nil {
				return nil, err
			}
		}
	}
	grads := n.grads(want.Params, samples)
	if lo, hi := want.Input.bounds(samples); lo < hi && hi-lo < samples {
		// Input and parameters want different samples.
		if err := kernels.NormBackward(nil, grads, dy, n.at(ws, s, All, kind), kind); err != nil {
			return nil, err
		}
		grads, dy = kernels.NormGrads{}, want.Input.Of(ws, dy)
	}
	if want.Input.Empty() {
		return nil, kernels.NormBackward(nil, grads, dy, n.at(ws, s, All, kind), kind)
	}
	dx := s.NewGradient(ws, dy.Shape())
	return dx, kernels.NormBackward(dx, grads, dy, n.at(ws, s, want.Input, kind), kind)
}

// grads are the parameter gradients of some samples, if there are parameters.
func (n *norm) grads(r Rows, samples int) kernels.NormGrads {
	lo, hi := r.bounds(samples)
	return kernels.NormGrads{Gamma: n.scale.Grad, Beta: n.shift.Grad, Lo: lo, Hi: hi}
}

// at is where some samples are differentiated. The statistics of a batch norm belong to all.
func (n *norm) at(ws *device.Workspace, s *Saved, r Rows, kind kernels.Norm) kernels.NormAt {
	stat := func(i int) *device.Tensor {
		if kind.Kind == kernels.NormBatch {
			return s.Aux[i]
		}
		return r.Of(ws, s.Aux[i])
	}
	return kernels.NormAt{X: r.Of(ws, s.X), Y: r.Of(ws, s.Y), Gamma: n.scale.Value, Mean: stat(auxMean), R: stat(auxRoot), MeanDot: stat(auxMeanDot), Corr: stat(auxCorr)}
}

func (n *norm) tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor, kind kernels.Norm) (*device.Tensor, error) {
	ydot := s.NewOutput(ws, xdot.Shape())
	s.Aux[auxMeanDot], s.Aux[auxCorr] = ws.New(s.Aux[auxMean].Shape()), ws.New(s.Aux[auxMean].Shape())
	return ydot, kernels.NormTangent(ydot, xdot, n.at(ws, s, All, kind), kind)
}

func (n *norm) tangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want, kind kernels.Norm) (*device.Tensor, error) {
	grads := n.grads(want.Params, s.X.Shape()[0])
	if want.Input.Empty() || (kind.Frozen && ybar == nil) {
		return nil, kernels.NormSecond(nil, grads, ybar, s.DY, s.XDot, n.at(ws, s, All, kind), kind)
	}
	xbar := s.NewGradient(ws, s.X.Shape())
	return xbar, kernels.NormSecond(xbar, grads, ybar, s.DY, s.XDot, n.at(ws, s, All, kind), kind)
}

// checkEps verifies a normalisation's eps.
func checkEps(l Layer, eps float64) error {
	if !(eps > 0) {
		return fmt.Errorf("%v: eps %g: want more than 0", l, eps)
	}
	return nil
}
