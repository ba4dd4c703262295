package layers

import (
	"errors"
	"fmt"

	"ganlib/device"
)

// Trace is one forward pass of a network and what its other passes need. Its tensors lie in the
// workspace of that pass. A Trace can be used again for the next pass.
type Trace struct {
	net   *Network
	ws    *device.Workspace
	saved []Saved // of each unit
	n     int     // samples
}

// Forward runs the network on the batch x, of shape (N, the network's input), and records the pass
// in tr. The output lies in ws.
func (n *Network) Forward(tr *Trace, ws *device.Workspace, x *device.Tensor, mode Mode) (*device.Tensor, error) {
	s := x.Shape()
	if s.Sample() != n.Input() {
		return nil, &device.ShapeError{Op: "layers: network " + n.name, Arg: "input", Got: s, Want: fmt.Sprintf("want (N, then %v)", n.Input())}
	}
	tr.start(n, ws, s[0])
	defer n.leave()
	for i, u := range n.units {
		n.enter(i)
		saved := &tr.saved[i]
		*saved = Saved{X: x, Mode: mode, operands: u.operands}
		y, err := u.Forward(ws, saved, x, mode)
		if err != nil {
			return nil, n.wrap(i, "forward", err)
		}
		saved.Y = y
		x = y
	}
	return x, nil
}

func (tr *Trace) start(n *Network, ws *device.Workspace, samples int) {
	tr.net, tr.ws, tr.n = n, ws, samples
	if cap(tr.saved) < len(n.units) {
		tr.saved = make([]Saved, len(n.units))
	}
	tr.saved = tr.saved[:len(n.units)]
}

// enter tells the device's counter that operations are unit i's from here on, the first layer's of two;
// leave that they are no layer's.
func (n *Network) enter(i int) { n.dev.Counter().Enter(n.name, n.names[n.units[i].first]) }

func (n *Network) leave() { n.dev.Counter().Enter("", "") }

// Backward is the reverse pass: from dy, the gradient of some scalar at the network's output, it
// computes the gradient at the input for the rows want.Input (nil for none) and adds to the parameter
// gradients the part of the rows want.Params. It keeps the gradients at layers' outputs that it
// computes for TangentBackward: at all of them if want.Input is not empty.
func (tr *Trace) Backward(dy *device.Tensor, want Want) (dx *device.Tensor, err error) {
	if tr.net == nil {
		return nil, errNoForward
	}
	if y := tr.Output().Shape(); dy.Shape() != y {
		return nil, &device.ShapeError{Op: "layers: network " + tr.net.name, Arg: "dy", Got: dy.Shape(), Want: fmt.Sprintf("want the shape of the output %v", y)}
	}
	for i := range tr.saved {
		tr.saved[i].DY = nil // of an earlier pass
	}
	defer tr.net.leave()
	for i := len(tr.saved) - 1; i >= 0; i-- {
		tr.net.enter(i)
		s := &tr.saved[i]
		s.DY = dy
		below := All // the layers below need the gradient of all rows
		if i == 0 {
			below = want.Input
		} else if want.Input.Empty() && (want.Params.Empty() || i <= tr.net.lowest) {
			below = None // nothing below has a use for it
		}
		dy, err = tr.net.units[i].Backward(tr.ws, s, dy, Want{below, want.Params})
		if err != nil {
			return nil, tr.net.wrap(i, "backward", err)
		}
		if below.Empty() {
			return nil, nil
		}
	}
	return dy, nil
}

// Tangent computes the derivative of the network's output in the direction xdot of its input,
// ẏ = J·ẋ, parameters held constant.
//
// For a function h of the input gradient g(x) = Jᵀ·δ of the network, the gradient of h with respect to
// the parameters is that of S = ⟨δ, J(x)·v⟩ with v = ∂h/∂g held constant, since ⟨v, Jᵀδ⟩ = ⟨δ, Jv⟩. So
// a penalty on g calls Forward, Backward with δ, Tangent with v, and TangentBackward: the adjoint
// that TangentBackward needs for the tangents is the δ that Backward left at each layer.
func (tr *Trace) Tangent(xdot *device.Tensor) (ydot *device.Tensor, err error) {
	return tr.tangent(xdot, true)
}

// Along is Tangent for those who go on with TangentBackward and have no use for ẏ: where the last layer is linear, its
// product is left out.
func (tr *Trace) Along(xdot *device.Tensor) error {
	_, err := tr.tangent(xdot, false)
	return err
}

// tangent is Tangent, with or without the output of the last layer.
func (tr *Trace) tangent(xdot *device.Tensor, output bool) (ydot *device.Tensor, err error) {
	if tr.net == nil {
		return nil, errNoForward
	}
	if err := tr.net.CheckTangent(); err != nil {
		return nil, err
	}
	if want := tr.saved[0].X.Shape(); xdot.Shape() != want {
		return nil, &device.ShapeError{Op: "layers: network " + tr.net.name, Arg: "xdot", Got: xdot.Shape(), Want: fmt.Sprintf("want the shape of the input %v", want)}
	}
	defer tr.net.leave()
	for i := range tr.saved {
		tr.net.enter(i)
		s := &tr.saved[i]
		s.XDot = xdot
		if _, linear := tr.net.units[i].Layer.(operator); linear && !output && i == len(tr.saved)-1 {
			return nil, nil
		}
		xdot, err = tr.net.units[i].Layer.(TangentLayer).Tangent(tr.ws, s, xdot)
		if err != nil {
			return nil, tr.net.wrap(i, "tangent", err)
		}
	}
	return xdot, nil
}

// TangentBackward adds to the parameter gradients those of S = ⟨δ, J·ẋ⟩, δ being the output gradient
// given to Backward and ẋ the direction given to Tangent, both held constant. If wantInput is set it
// also returns ∂S/∂x, or nil where that is zero.
func (tr *Trace) TangentBackward(wantInput bool) (xbar *device.Tensor, err error) {
	if tr.net == nil {
		return nil, errNoForward
	}
	defer tr.net.leave()
	for i := len(tr.saved) - 1; i >= 0; i-- {
		tr.net.enter(i)
		want := Want{Input: All, Params: All}
		if !wantInput && i <= tr.net.lowest {
			want.Input = None
		}
		if s := &tr.saved[i]; s.DY == nil || s.XDot == nil {
			return nil, tr.net.wrap(i, "tangent backward", errors.New("want a Tangent, and a Backward that came down to this layer"))
		}
		xbar, err = tr.net.units[i].Layer.(TangentLayer).TangentBackward(tr.ws, &tr.saved[i], xbar, want)
		if err != nil {
			return nil, tr.net.wrap(i, "tangent backward", err)
		}
		if want.Input.Empty() {
			return nil, nil
		}
	}
	return xbar, nil
}

// Rows makes dst the trace of the samples from lo up to but not including hi of tr's batch, sharing
// memory. It is an error for a network that mixes samples.
func (tr *Trace) Rows(dst *Trace, lo, hi int) error {
	if tr.net == nil {
		return errNoForward
	}
	if lo < 0 || lo >= hi || hi > tr.n {
		return fmt.Errorf("layers: network %s: rows %d to %d of a trace of %d samples", tr.net.name, lo, hi, tr.n)
	}
	if tr.net.MixesSamples() {
		return fmt.Errorf("layers: network %s: rows %d to %d of a trace: its layers mix samples", tr.net.name, lo, hi)
	}
	rows := Rows{lo, hi}
	dst.start(tr.net, tr.ws, hi-lo)
	for i := range tr.saved {
		s := &tr.saved[i]
		d := &dst.saved[i]
		*d = Saved{X: rows.Of(tr.ws, s.X), Y: rows.Of(tr.ws, s.Y), DY: rows.Of(tr.ws, s.DY), Mode: s.Mode, operands: s.operands}
		for j, t := range s.Aux {
			d.Aux[j] = rows.Of(tr.ws, t)
		}
	}
	return nil
}

// Output returns the output of the traced pass, nil if there was none.
func (tr *Trace) Output() *device.Tensor {
	if tr.net == nil {
		return nil
	}
	return tr.saved[len(tr.saved)-1].Y
}

// errNoForward reports the use of a trace that traces nothing.
var errNoForward = errors.New("layers: trace: want a Forward first")
