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

// forward normalises with x's own statistics, of the given shape, which it keeps in s.
func (n *norm) forward(ws *device.Workspace, s *Saved, x *device.Tensor, stats device.Shape, eps float64, kind kernels.Norm) (*device.Tensor, error) {
	s.Aux[auxMean], s.Aux[auxVariance], s.Aux[auxRoot] = ws.New(stats), ws.New(stats), ws.New(stats)
	y := ws.New(x.Shape())
	return y, kernels.NormForward(y, s.Aux[auxMean], s.Aux[auxVariance], s.Aux[auxRoot], x, n.scale.Value, n.shift.Value, eps, kind)
}

func (n *norm) backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want, kind kernels.Norm) (*device.Tensor, error) {
	mean, root := s.Aux[auxMean], s.Aux[auxRoot]
	if n.scale.Value != nil && !want.Params.Empty() {
		err := kernels.NormParamGrad(n.scale.Grad, n.shift.Grad, want.Params.Of(ws, dy), want.Params.Of(ws, s.X), n.rows(ws, want.Params, mean, kind), n.rows(ws, want.Params, root, kind), kind)
		if err != nil {
			return nil, err
		}
	}
	if want.Input.Empty() {
		return nil, nil
	}
	dy = want.Input.Of(ws, dy)
	dx := ws.New(dy.Shape())
	return dx, kernels.NormBackward(dx, dy, want.Input.Of(ws, s.X), n.rows(ws, want.Input, mean, kind), n.rows(ws, want.Input, root, kind), n.scale.Value, kind)
}

// rows returns the statistics of some samples; those of a batch norm belong to all.
func (n *norm) rows(ws *device.Workspace, r Rows, stat *device.Tensor, kind kernels.Norm) *device.Tensor {
	if kind.Kind == kernels.NormBatch {
		return stat
	}
	return r.Of(ws, stat)
}

func (n *norm) tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor, kind kernels.Norm) (*device.Tensor, error) {
	ydot := ws.New(xdot.Shape())
	s.Aux[auxMeanDot], s.Aux[auxCorr] = ws.New(s.Aux[auxMean].Shape()), ws.New(s.Aux[auxMean].Shape())
	return ydot, kernels.NormTangent(ydot, s.Aux[auxMeanDot], s.Aux[auxCorr], xdot, s.X, s.Aux[auxMean], s.Aux[auxRoot], n.scale.Value, kind)
}

func (n *norm) tangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want, kind kernels.Norm) (*device.Tensor, error) {
	a := s.Aux
	if n.scale.Value != nil && !want.Params.Empty() {
		if err := kernels.NormTangentParamGrad(n.scale.Grad, s.DY, s.XDot, s.X, a[auxMean], a[auxRoot], a[auxMeanDot], a[auxCorr], kind); err != nil {
			return nil, err
		}
		if ybar != nil {
			if err := kernels.NormParamGrad(n.scale.Grad, n.shift.Grad, ybar, s.X, a[auxMean], a[auxRoot], kind); err != nil {
				return nil, err
			}
		}
	}
	if want.Input.Empty() || (kind.Frozen && ybar == nil) {
		return nil, nil
	}
	xbar := ws.New(s.X.Shape())
	return xbar, kernels.NormSecond(xbar, ybar, s.DY, s.XDot, s.X, a[auxMean], a[auxRoot], a[auxMeanDot], a[auxCorr], n.scale.Value, kind)
}

// checkEps verifies a normalisation's eps.
func checkEps(l Layer, eps float64) error {
	if !(eps > 0) {
		return fmt.Errorf("%v: eps %g: want more than 0", l, eps)
	}
	return nil
}
