package layers

import "ganlib/device"

// On a GPU's tensor cores, convolutions read their operands, images and gradients of many channels and weights, as
// whoever wrote them has rounded them: [device.Workspace.NewOperand]. A network knows which of its tensors are read so,
// and tells its layers in [Saved].

// operands are those of a unit's tensors that are rounded.
type operands struct {
	output   bool // its output and the tangent there, for a convolution behind it
	gradient bool // the gradient at its input, for a convolution before it
	delta    bool // the gradient before its own leaky ReLU, for its own convolution
}

// NewOutput returns a tensor for the layer's output, or for its tangent. One that the workspace makes would do, and be
// rounded as it is read.
func (s *Saved) NewOutput(ws *device.Workspace, shape device.Shape) *device.Tensor {
	return newTensor(ws, shape, s.operands.output)
}

// NewGradient returns one for the gradient at the layer's input.
func (s *Saved) NewGradient(ws *device.Workspace, shape device.Shape) *device.Tensor {
	return newTensor(ws, shape, s.operands.gradient)
}

func newTensor(ws *device.Workspace, shape device.Shape, operand bool) *device.Tensor {
	if operand {
		return ws.NewOperand(shape)
	}
	return ws.New(shape)
}

// findOperands fills in what the units' operands are, and reports whether there are any.
func (n *Network) findOperands() (some bool) {
	inputs, outputs := make([]bool, len(n.units)+1), make([]bool, len(n.units)) // whose values and gradients units read
	for i, u := range n.units {
		inputs[i], outputs[i] = u.reads(device.PrecisionOf(n.dev), n.shapes[u.first], n.shapes[u.first+1])
		some = some || inputs[i] || outputs[i]
	}
	for i := len(n.units) - 1; i >= 0; i-- { // what only has another shape is read by who comes next
		if n.views(i) {
			inputs[i] = inputs[i+1]
		}
	}
	for i := range n.units {
		u := &n.units[i]
		u.operands.output = inputs[i+1]
		if i > 0 {
			u.operands.gradient = outputs[i-1]
		}
		switch u.Layer.(type) {
		case *affineLeaky:
			u.operands.delta, outputs[i] = outputs[i], false
		default:
			if n.views(i) {
				outputs[i] = u.operands.gradient
			}
		}
	}
	return some
}

// reads reports whether the unit's convolution, if it has one, reads its input and the gradient at its output rounded to
// a precision.
func (u unit) reads(p device.Precision, in, out device.Shape) (input, gradient bool) {
	l := u.Layer
	if pair, ok := l.(*affineLeaky); ok {
		l = pair.Layer
	}
	switch l := l.(type) {
	case *Conv2D:
		return l.Window.Operands(p, in, out)
	case *ConvTranspose2D:
		gradient, input = l.Window.Operands(p, out, in)
	}
	return input, gradient
}

// views reports whether unit i's output is its input in another shape.
func (n *Network) views(i int) bool {
	u := n.units[i]
	from, to := n.shapes[u.first], n.shapes[u.last+1]
	switch l := u.Layer.(type) {
	case *Flatten:
		return views(from, to, l.Order)
	case *Reshape:
		return views(from, to, l.Order)
	}
	return false
}
