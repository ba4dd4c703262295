package layers

import (
	"fmt"

	"ganlib/device"
)

// Mode says whether a network is being trained; batch norm is the layer that differs.
type Mode int

const (
	Train Mode = iota // statistics of the batch, running statistics move
	Eval              // running statistics, nothing moves
)

// Layer is one function of a network. Shapes given to Output are those of one sample, without N;
// tensors have N in front. A layer belongs to one network. It may also implement [Parametric],
// [TangentLayer] and [SampleMixer].
type Layer interface {
	// String names the layer and its settings: "Conv2D(3→64, 4×4, stride 2, padding 1)".
	String() string
	// Output returns the shape of the layer's output for an input, or an error naming what does not
	// fit. It is called when a network is built, before any tensor exists.
	Output(in device.Shape) (device.Shape, error)
	// Forward computes the output for a batch. It leaves in s what the other passes need beside s.X
	// and s.Y, which the caller fills in.
	Forward(ws *device.Workspace, s *Saved, x *device.Tensor, mode Mode) (y *device.Tensor, err error)
	// Backward computes from dy, the gradient at the output, the gradient at the input for the rows
	// want.Input (nil if there are none) and adds to the parameter gradients those of the rows
	// want.Params.
	Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (dx *device.Tensor, err error)
}

// TangentLayer is a layer with the two passes of second order that a gradient penalty needs.
type TangentLayer interface {
	Layer
	// Tangent computes the derivative of the output in the direction xdot of the input, parameters
	// held constant.
	Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (ydot *device.Tensor, err error)
	// TangentBackward differentiates value and tangent together: given ybar, the adjoint of the
	// value (nil for zero), and s.DY = δ, the adjoint of the tangent, it returns the adjoint of the
	// input (nil for zero, or if no input rows are wanted) and adds to the parameter gradients.
	TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (xbar *device.Tensor, err error)
}

// Parametric is a layer with parameters or buffers. Params returns the same pointers every time,
// with local names ("weight"); the network fills in their full names and their tensors.
type Parametric interface{ Params() []*Param }

// SampleMixer is a layer whose output for one sample depends on the others of the batch in training
// mode. Networks with such a layer cannot run several batches as one, and a gradient penalty through
// them is not the paper's.
type SampleMixer interface{ MixesSamples() bool }

// Saved is what one layer keeps of one forward pass for the other passes.
type Saved struct {
	X, Y *device.Tensor    // input and output, set by the network
	DY   *device.Tensor    // δ, the gradient at the output, set by the network in Backward
	XDot *device.Tensor    // ẋ, the tangent at the input, set by the network in Tangent
	Aux  [5]*device.Tensor // the layer's own; their first dimension is N unless the layer mixes samples
	Mode Mode

	operands operands // set by the network
}

// Want says what a reverse pass must produce.
type Want struct {
	Input  Rows // rows whose input gradient is computed
	Params Rows // rows that contribute to the parameter gradients
}

// Rows is a range of samples of a batch: from Lo up to but not including Hi.
type Rows struct{ Lo, Hi int }

// None is no sample, All is the whole batch.
var (
	None = Rows{}
	All  = Rows{0, -1}
)

// First returns the first n samples, From those from n on.
func First(n int) Rows { return Rows{0, n} }
func From(n int) Rows  { return Rows{n, -1} }

// Empty reports whether there are no rows.
func (r Rows) Empty() bool { return r == None }

// Of returns the rows of t: t itself if all are meant, else a view. nil stays nil.
func (r Rows) Of(ws *device.Workspace, t *device.Tensor) *device.Tensor {
	if t == nil {
		return nil
	}
	n := t.Shape()[0]
	lo, hi := r.bounds(n)
	if lo == 0 && hi == n {
		return t
	}
	return ws.Rows(t, lo, hi)
}

// bounds returns the range in a batch of n samples.
func (r Rows) bounds(n int) (lo, hi int) {
	if r.Hi < 0 {
		return r.Lo, n
	}
	return r.Lo, r.Hi
}

// whole reports an error unless r is all rows or none, for layers that mix samples.
func (r Rows) whole(n int) error {
	if r == None || r == All || (r.Lo == 0 && r.Hi == n) {
		return nil
	}
	return fmt.Errorf("rows %d to %d of a batch whose samples are mixed: want all or none", r.Lo, r.Hi)
}

// inputError reports that an input shape does not fit a layer.
func inputError(l Layer, in device.Shape, format string, args ...any) error {
	return &device.ShapeError{Op: l.String(), Arg: "input", Got: in, Want: fmt.Sprintf(format, args...)}
}
