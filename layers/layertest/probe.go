package layertest

import (
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// probe is a network with random parameters and a random batch.
type probe struct {
	net     *layers.Network
	ws      *device.Workspace
	tr      layers.Trace
	mode    layers.Mode
	second  bool           // the network has passes of second order
	x, u, v *device.Tensor // input, gradient at the output, direction at the input
	draws   uint32         // streams of random numbers used
}

func newProbe(dev device.Device, build Build, n int, mode layers.Mode) (*probe, error) {
	net, err := build(dev)
	if err != nil {
		return nil, err
	}
	p := &probe{net: net, ws: device.NewWorkspace(dev), mode: mode, second: net.CheckTangent() == nil}
	p.ws.SetPoison(true)
	for _, q := range append(append([]*layers.Param(nil), net.Params()...), net.Buffers()...) {
		if err := p.fill(q); err != nil {
			return nil, err
		}
	}
	for _, t := range []struct {
		t     **device.Tensor
		shape device.Shape
	}{{&p.x, net.Input().Batch(n)}, {&p.u, net.Output().Batch(n)}, {&p.v, net.Input().Batch(n)}} {
		if *t.t, err = dev.New(t.shape); err != nil {
			return nil, err
		}
		if err := kernels.Normal(*t.t, 0, 1, p.random()); err != nil {
			return nil, err
		}
	}
	return p, net.ZeroGrad()
}

// random returns a sequence that was not used yet.
func (p *probe) random() device.Random {
	p.draws++
	return device.Random{Seed: 20, Stream: p.draws}
}

// fill draws the values of a parameter or buffer.
func (p *probe) fill(q *layers.Param) error {
	switch q.Role {
	case layers.Weight:
		return kernels.Normal(q.Value, 0, 1/math.Sqrt(float64(max(q.FanIn, 1))), p.random())
	case layers.Scale:
		return kernels.Normal(q.Value, 1, 0.3, p.random())
	case layers.Average:
		return kernels.Uniform(q.Value, q.Start, q.Start+0.5, p.random())
	case layers.Count:
		return kernels.Fill(q.Value, q.Start)
	}
	return kernels.Normal(q.Value, 0, 0.3, p.random())
}

// result is what the passes give; slices are copies. Gradients are those of all parameters together.
type result struct {
	y, dx, grads           []float64
	ydot, xbar, secondGrad []float64
}

// run makes all passes from x, u and v.
func (p *probe) run() (r result, err error) {
	p.ws.Reset()
	y, err := p.net.Forward(&p.tr, p.ws, p.x, p.mode)
	if err != nil {
		return r, err
	}
	if y.Shape() != p.u.Shape() {
		return r, fmt.Errorf("output %v: Output says %v", y.Shape(), p.u.Shape())
	}
	r.y = values(y)
	return p.differentiate(r, &p.tr, p.u, p.v)
}

// differentiate adds to r what the passes after Forward give.
func (p *probe) differentiate(r result, tr *layers.Trace, u, v *device.Tensor) (result, error) {
	if err := p.net.ZeroGrad(); err != nil {
		return r, err
	}
	dx, err := tr.Backward(u, layers.Want{Input: layers.All, Params: layers.All})
	if err != nil {
		return r, err
	}
	if dx == nil || dx.Shape() != v.Shape() {
		return r, fmt.Errorf("input gradient %v: want the shape %v of the input", shapeOf(dx), v.Shape())
	}
	r.dx, r.grads = values(dx), values(p.net.Grads())
	if !p.second {
		return r, nil
	}
	ydot, err := tr.Tangent(v)
	if err != nil {
		return r, err
	}
	r.ydot = values(ydot)
	if err := p.net.ZeroGrad(); err != nil {
		return r, err
	}
	xbar, err := tr.TangentBackward(true)
	if err != nil {
		return r, err
	}
	r.xbar, r.secondGrad = make([]float64, len(r.dx)), values(p.net.Grads())
	if xbar != nil {
		r.xbar = values(xbar)
	}
	return r, nil
}

// forward returns the output.
func (p *probe) forward() ([]float64, error) {
	p.ws.Reset()
	y, err := p.net.Forward(&p.tr, p.ws, p.x, p.mode)
	if err != nil {
		return nil, err
	}
	return values(y), nil
}

// tangent returns the derivative of the output in the direction v.
func (p *probe) tangent() ([]float64, error) {
	if _, err := p.forward(); err != nil {
		return nil, err
	}
	ydot, err := p.tr.Tangent(p.v)
	if err != nil {
		return nil, err
	}
	return values(ydot), nil
}

func shapeOf(t *device.Tensor) device.Shape {
	if t == nil {
		return device.Shape{}
	}
	return t.Shape()
}

// values returns a copy of t's elements; none for nil.
func values(t *device.Tensor) []float64 {
	if t == nil {
		return nil
	}
	if wide := device.Data[float64](t); wide != nil {
		return append([]float64(nil), wide...)
	}
	out := make([]float64, t.Len())
	for i, v := range device.Data[float32](t) {
		out[i] = float64(v)
	}
	return out
}

// dot returns the inner product of a and b, and the sum of its terms' sizes, which bounds its
// rounding errors.
func dot(a, b []float64) (sum, size float64) {
	for i := range a {
		sum += a[i] * b[i]
		size += math.Abs(a[i] * b[i])
	}
	return sum, size
}

// rms returns the root mean square of a.
func rms(a []float64) float64 {
	if len(a) == 0 {
		return 0
	}
	sum, _ := dot(a, a)
	return math.Sqrt(sum / float64(len(a)))
}

// equal compares results that differ by rounding only.
func equal(what string, got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers: want %d", what, len(got), len(want))
	}
	scale := rms(want)
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*(scale+math.Abs(want[i]))) {
			return fmt.Errorf("%s: element %d is %g: want %g", what, i, got[i], want[i])
		}
	}
	return nil
}

// near compares results in float32 with those in float64: the root mean square error may be three times
// that of Winograd's convolutions, relative to results of size 1 or more.
func near(what string, got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers: want %d", what, len(got), len(want))
	}
	diff := make([]float64, len(got))
	for i := range got {
		diff[i] = got[i] - want[i]
	}
	if off, scale := rms(diff), 1+rms(want); !(off <= 3e-6*scale) {
		return fmt.Errorf("%s: root mean square error %.3g: want at most %.3g", what, off, 3e-6*scale)
	}
	return nil
}

// same compares results that must be equal bit for bit.
func same(what string, got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d numbers: want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			return fmt.Errorf("%s: element %d is %g: want exactly %g", what, i, got[i], want[i])
		}
	}
	return nil
}
