package layertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// curved is a linear layer and a tanh in one, with a fault built in.
type curved struct {
	layers.Linear
	tanh  layers.Tanh
	fault string
}

// Places in Saved.Aux: what comes out of the linear part, and its tangent.
const (
	auxLinear = iota
	auxTangent
)

// inner is what the tanh saves.
func (l *curved) inner(s *layers.Saved) *layers.Saved {
	return &layers.Saved{X: s.Aux[auxLinear], Y: s.Y, DY: s.DY, XDot: s.Aux[auxTangent]}
}

func (l *curved) Forward(ws *device.Workspace, s *layers.Saved, x *device.Tensor, mode layers.Mode) (*device.Tensor, error) {
	h, err := l.Linear.Forward(ws, s, x, mode)
	if err != nil {
		return nil, err
	}
	s.Aux[auxLinear] = h
	dev := ws.Device()
	cpu, onCPU := dev.(*device.CPU)
	switch {
	case l.fault == "writes input":
		err = kernels.LeakyReLU(x, x, 0.5)
	case l.fault == "allocates":
		s.Aux[4], err = dev.New(x.Shape())
	case l.fault == "depends on workers" && onCPU && cpu.Pool().Threads() == 2:
		err = kernels.LeakyReLU(h, h, 0.99)
	case l.fault == "depends on the engine" && onCPU && !cpu.Float64() && cpu.Engine() == device.EngineReference:
		err = kernels.LeakyReLU(h, h, 0.999)
	case l.fault == "reads unwritten memory":
		return ws.New(h.Shape()), nil
	case l.fault == "does more on memory" && onCPU:
		err = kernels.LeakyReLU(h, h, 1)
	case l.fault == "depends on the batch":
		err = kernels.LeakyReLU(h, h, float64(x.Shape()[0]))
	case l.fault == "moves a parameter":
		err = kernels.LeakyReLU(l.Params()[0].Value, l.Params()[0].Value, 0.5)
	case l.fault == "other shape":
		return l.Linear.Forward(ws, s, ws.Rows(x, 0, 1), mode)
	}
	if err != nil {
		return nil, err
	}
	return l.tanh.Forward(ws, s, h, mode)
}

func (l *curved) Backward(ws *device.Workspace, s *layers.Saved, dy *device.Tensor, want layers.Want) (*device.Tensor, error) {
	d, err := l.tanh.Backward(ws, l.inner(s), dy, layers.Want{Input: layers.All})
	if err != nil {
		return nil, err
	}
	switch l.fault {
	case "no derivative of tanh":
		d = dy
	case "ignores wanted rows":
		want.Params = layers.All
	case "ignores wanted input":
		want.Input = layers.All
	case "overwrites gradients":
		for _, p := range l.Params() {
			if err := kernels.Fill(p.Grad, 0); err != nil {
				return nil, err
			}
		}
	case "writes output gradient":
		if err := kernels.LeakyReLU(dy, dy, 0.5); err != nil {
			return nil, err
		}
	}
	return l.Linear.Backward(ws, s, d, want)
}

func (l *curved) Tangent(ws *device.Workspace, s *layers.Saved, xdot *device.Tensor) (*device.Tensor, error) {
	h, err := l.Linear.Tangent(ws, s, xdot)
	if err != nil {
		return nil, err
	}
	s.Aux[auxTangent] = h
	if l.fault == "no tangent of tanh" {
		return h, nil
	}
	return l.tanh.Tangent(ws, l.inner(s), h)
}

func (l *curved) TangentBackward(ws *device.Workspace, s *layers.Saved, ybar *device.Tensor, want layers.Want) (*device.Tensor, error) {
	hbar, err := l.tanh.TangentBackward(ws, l.inner(s), ybar, layers.Want{Input: layers.All})
	if err != nil {
		return nil, err
	}
	delta, err := l.tanh.Backward(ws, l.inner(s), s.DY, layers.Want{Input: layers.All})
	if err != nil {
		return nil, err
	}
	switch l.fault {
	case "no curvature":
		hbar = nil
	case "δ of the wrong place":
		delta = s.DY
	}
	xbar, err := l.Linear.TangentBackward(ws, &layers.Saved{X: s.X, XDot: s.XDot, DY: delta}, hbar, want)
	if l.fault == "no second input gradient" {
		return nil, err
	}
	return xbar, err
}

// TestChecksNotice expects the checks to pass a correct layer, and to notice faults.
func TestChecksNotice(t *testing.T) {
	for _, test := range []struct {
		fault string
		names []string // the checks that must notice
	}{
		{"", nil},
		{"writes input", []string{"inputs unchanged"}},
		{"writes output gradient", []string{"inputs unchanged"}},
		{"moves a parameter", []string{"inputs unchanged"}},
		{"allocates", []string{"allocations"}},
		{"depends on workers", []string{"workers"}},
		{"depends on the engine", []string{"engines"}},
		{"depends on the batch", []string{"rows", "wants"}},
		{"reads unwritten memory", []string{"adjoint", "input gradient", "parameter gradients", "tangent"}},
		{"does more on memory", []string{"meta"}},
		{"other shape", []string{"adjoint"}},
		{"no derivative of tanh", []string{"adjoint", "input gradient", "parameter gradients"}},
		{"ignores wanted rows", []string{"wants"}},
		{"ignores wanted input", []string{"wants"}},
		{"overwrites gradients", []string{"accumulation"}},
		{"no tangent of tanh", []string{"adjoint", "tangent"}},
		{"no curvature", []string{"second order input gradient", "second order parameter gradients"}},
		{"δ of the wrong place", []string{"second order parameter gradients"}},
		{"no second input gradient", []string{"second order input gradient"}},
	} {
		t.Run(test.fault, func(t *testing.T) {
			build := func(dev device.Device) (*layers.Network, error) {
				return layers.NewNetwork(dev, "net", device.Shape{3}, &curved{Linear: layers.Linear{In: 3, Out: 4, Bias: true}, fault: test.fault})
			}
			for _, c := range checks {
				err := c.run(build, 2, layers.Train)
				if test.fault == "" {
					assert.NoError(t, err, c.name)
				}
				for _, name := range test.names {
					if name == c.name {
						assert.Error(t, err, name)
					}
				}
			}
		})
	}
}

// firstOrder hides the passes of second order.
type firstOrder struct{ layers.Layer }

func TestFirstOrderLayer(t *testing.T) {
	build := func(dev device.Device) (*layers.Network, error) {
		return layers.NewNetwork(dev, "net", device.Shape{3}, firstOrder{&layers.Tanh{}})
	}
	for _, c := range checks {
		err := c.run(build, 2, layers.Train)
		switch c.name {
		case "adjoint", "tangent", "second order input gradient", "second order parameter gradients":
			assert.ErrorIs(t, err, errFirstOrder, c.name)
		default:
			assert.NoError(t, err, c.name)
		}
	}
}

// forgetful mixes samples and does not say so, or says so and takes any rows.
type forgetful struct{ layers.BatchNorm }

func (*forgetful) MixesSamples() bool { return false }

func TestMixingLayers(t *testing.T) {
	build := func(dev device.Device) (*layers.Network, error) {
		return layers.NewNetwork(dev, "net", device.Shape{3}, &forgetful{layers.BatchNorm{Features: 3, Eps: 1e-5, Momentum: 0.1}})
	}
	assert.Error(t, checkRows(build, 3, layers.Train))
	assert.Error(t, checkWants(build, 3, layers.Train))
}

func TestBuildError(t *testing.T) {
	build := func(dev device.Device) (*layers.Network, error) {
		return layers.NewNetwork(dev, "net", device.Shape{3})
	}
	for _, c := range checks {
		require.ErrorContains(t, c.run(build, 2, layers.Train), "no layers", c.name)
	}
}
