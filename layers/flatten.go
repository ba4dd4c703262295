package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// Order is the order in which an image's numbers stand in a vector.
type Order int

const (
	CHW Order = iota // channel by channel, as PyTorch flattens
	HWC              // pixel by pixel, as Keras flattens and as images lie in memory
)

func (o Order) String() string {
	if o == HWC {
		return "HWC"
	}
	return "CHW"
}

// Flatten turns images (N,H,W,C) into vectors (N, H·W·C) in the given order. Vectors stay as they
// are.
type Flatten struct{ Order Order }

func (l *Flatten) String() string { return fmt.Sprintf("Flatten(%v)", l.Order) }

// Output implements [Layer].
func (l *Flatten) Output(in device.Shape) (device.Shape, error) {
	return device.Shape{in.Len()}, nil
}

// Forward implements [Layer].
func (l *Flatten) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	return rearrange(ws, s.operands.output, x, device.Shape{x.Shape().RowLen()}, l.Order)
}

// Backward implements [Layer].
func (l *Flatten) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return rearrangeBack(ws, s, dy, want, l.Order)
}

// Tangent implements [TangentLayer].
func (l *Flatten) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return rearrange(ws, s.operands.output, xdot, device.Shape{xdot.Shape().RowLen()}, l.Order)
}

// TangentBackward implements [TangentLayer].
func (l *Flatten) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return rearrangeBack(ws, s, ybar, want, l.Order)
}

// Reshape turns vectors into images of shape (H,W,C) or images into vectors, of the same length,
// with vectors in the given order.
type Reshape struct {
	Shape device.Shape // of one sample: (features) or (height,width,channels)
	Order Order
}

func (l *Reshape) String() string { return fmt.Sprintf("Reshape(%v, %v)", l.Shape, l.Order) }

// Output implements [Layer].
func (l *Reshape) Output(in device.Shape) (device.Shape, error) {
	if !l.Shape.Valid() || l.Shape.Rank() == 2 || l.Shape.Rank() == 4 {
		return device.Shape{}, fmt.Errorf("%v: want (features) or (height,width,channels)", l)
	}
	if in.Len() != l.Shape.Len() {
		return device.Shape{}, inputError(l, in, "want %d numbers, as in %v", l.Shape.Len(), l.Shape)
	}
	if in.Rank() == 3 && l.Shape.Rank() == 3 && in != l.Shape {
		return device.Shape{}, inputError(l, in, "want a vector, to make an image %v of", l.Shape)
	}
	return l.Shape, nil
}

// Forward implements [Layer].
func (l *Reshape) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, _ Mode) (*device.Tensor, error) {
	return rearrange(ws, s.operands.output, x, l.Shape, l.Order)
}

// Backward implements [Layer].
func (l *Reshape) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return rearrangeBack(ws, s, dy, want, l.Order)
}

// Tangent implements [TangentLayer].
func (l *Reshape) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return rearrange(ws, s.operands.output, xdot, l.Shape, l.Order)
}

// TangentBackward implements [TangentLayer].
func (l *Reshape) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return rearrangeBack(ws, s, ybar, want, l.Order)
}

// rearrange returns x's samples in another shape, copying only where channels change place, to an operand or not.
func rearrange(ws *device.Workspace, operand bool, x *device.Tensor, to device.Shape, order Order) (*device.Tensor, error) {
	shape := to.Batch(x.Shape()[0])
	if views(x.Shape().Sample(), to, order) {
		v := ws.View(x, shape)
		return v, nil
	}
	y := newTensor(ws, shape, operand)
	if to.Rank() == 3 {
		return y, kernels.FromPlanar(y, x)
	}
	return y, kernels.ToPlanar(y, x)
}

// views reports whether nothing changes place between two shapes of a sample.
func views(from, to device.Shape, order Order) bool {
	image := from
	if to.Rank() == 3 {
		image = to
	}
	return order == HWC || from.Rank() == to.Rank() || image[2] == 1 || image[0]*image[1] == 1
}

// rearrangeBack takes a gradient back to the shape of the input.
func rearrangeBack(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want, order Order) (*device.Tensor, error) {
	if dy == nil || want.Input.Empty() {
		return nil, nil
	}
	return rearrange(ws, s.operands.gradient, want.Input.Of(ws, dy), s.X.Shape().Sample(), order)
}
