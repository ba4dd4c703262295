package layers

import (
	"ganlib/device"
	"ganlib/kernels"
)

// unit is what a network's passes run as one: a layer, or a layer and the leaky ReLU after it. Such a pair
// passes over memory once where the layers alone pass twice, and keeps no numbers between the two: the
// activation's output tells its slopes.
type unit struct {
	Layer
	first, last int // the layers that it stands for
	operands    operands
}

// units groups layers.
func units(list []Layer) (u []unit) {
	for i := 0; i < len(list); i++ {
		if i+1 < len(list) {
			if pair := fuse(list[i], list[i+1]); pair != nil {
				u = append(u, unit{Layer: pair, first: i, last: i + 1})
				i++
				continue
			}
		}
		u = append(u, unit{Layer: list[i], first: i, last: i})
	}
	return u
}

// fuse returns two layers as one, or nil. A leaky ReLU of negative slope stays alone: the sign of its
// output is not that of its input.
func fuse(l, next Layer) Layer {
	leaky, ok := next.(*LeakyReLU)
	if !ok || !(leaky.Slope >= 0) {
		return nil
	}
	switch l := l.(type) {
	case *Conv2D:
		return &affineLeaky{l, l, &l.affine, leaky}
	case *ConvTranspose2D:
		return &affineLeaky{l, l, &l.affine, leaky}
	case *Linear:
		return &affineLeaky{l, l, &l.affine, leaky}
	case *BatchNorm:
		return &normLeaky{l, leaky}
	case *InstanceNorm:
		return &normLeaky{l, leaky}
	case *LayerNorm:
		return &normLeaky{l, leaky}
	}
	return nil
}

// auxDelta is the place in Saved.Aux of δ at the output of an affine layer before its leaky ReLU.
const auxDelta = 0

// affineLeaky is y = leaky(A(x) + b).
type affineLeaky struct {
	Layer  // A
	op     operator
	affine *affine
	leaky  *LeakyReLU
}

// Forward implements [Layer].
func (l *affineLeaky) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	return l.op.apply(ws, s.operands, x, l.affine.bias.Value, l.leaky.Slope)
}

// mask returns v, a gradient behind the leaky ReLU, as it is before, and adds the bias's gradient.
func (l *affineLeaky) mask(ws *device.Workspace, s *Saved, v *device.Tensor, want Want) (*device.Tensor, error) {
	masked := newTensor(ws, v.Shape(), s.operands.delta)
	if db := l.affine.bias.Grad; db != nil && !want.Params.Empty() {
		return masked, kernels.LeakyReLUMaskBias(masked, s.Y, v, l.leaky.Slope, db, want.Params.Of(ws, masked))
	}
	return masked, kernels.LeakyReLUMask(masked, s.Y, v, l.leaky.Slope)
}

// Backward implements [Layer].
func (l *affineLeaky) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (_ *device.Tensor, err error) {
	if s.Aux[auxDelta], err = l.mask(ws, s, dy, want); err != nil {
		return nil, err
	}
	return l.affine.products(l.op, ws, s, s.Aux[auxDelta], want)
}

// Tangent implements [TangentLayer].
func (l *affineLeaky) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	ydot, err := l.op.apply(ws, s.operands, xdot, nil, 1)
	if err != nil {
		return nil, err
	}
	return ydot, kernels.LeakyReLUMask(ydot, s.Y, ydot, l.leaky.Slope)
}

// TangentBackward implements [TangentLayer].
func (l *affineLeaky) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (_ *device.Tensor, err error) {
	if err := l.affine.addTangentGrad(l.op, ws, s, s.Aux[auxDelta], want); err != nil || ybar == nil {
		return nil, err
	}
	if ybar, err = l.mask(ws, s, ybar, want); err != nil {
		return nil, err
	}
	return l.affine.products(l.op, ws, s, ybar, want)
}

// normLeaky is y = leaky(γ·x' + β), one operation in all passes.
type normLeaky struct {
	normLayer
	leaky *LeakyReLU
}

// kind is the normalisation in the given mode, with the leaky ReLU.
func (l *normLeaky) kind(mode Mode) kernels.Norm {
	kind := l.normLayer.kind(mode)
	kind.Leaky, kind.Slope = true, l.leaky.Slope
	return kind
}

// Forward implements [Layer].
func (l *normLeaky) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, mode Mode) (*device.Tensor, error) {
	return l.normalise(ws, s, x, l.kind(mode))
}

// Backward implements [Layer].
func (l *normLeaky) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(ws, s, dy, want, l.kind(s.Mode))
}

// Tangent implements [TangentLayer].
func (l *normLeaky) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.tangent(ws, s, xdot, l.kind(s.Mode))
}

// TangentBackward implements [TangentLayer].
func (l *normLeaky) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(ws, s, ybar, want, l.kind(s.Mode))
}
