package layers_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/layers"
)

// apart is a leaky ReLU that a network does not know as one, and runs as a layer of its own.
type apart struct{ *layers.LeakyReLU }

// before are the layers that run as one with a leaky ReLU after them, on images (4,4,6) or vectors (6).
var before = map[string]func() layers.Layer{
	"conv": func() layers.Layer { return &layers.Conv2D{In: 6, Out: 5, Window: kernels.Square(3, 1, 1)} },
	"conv with bias": func() layers.Layer {
		return &layers.Conv2D{In: 6, Out: 5, Window: kernels.Square(4, 2, 1), Bias: true}
	},
	"convT with bias": func() layers.Layer {
		return &layers.ConvTranspose2D{In: 6, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}
	},
	"linear":                func() layers.Layer { return &layers.Linear{In: 6, Out: 5} },
	"linear with bias":      func() layers.Layer { return &layers.Linear{In: 6, Out: 5, Bias: true} },
	"batch norm":            func() layers.Layer { return &layers.BatchNorm{Features: 6, Eps: 1e-5, Momentum: 0.1} },
	"instance norm":         func() layers.Layer { return &layers.InstanceNorm{Features: 6, Eps: 1e-5, Affine: true} },
	"layer norm":            func() layers.Layer { return &layers.LayerNorm{Shape: device.Shape{4, 4, 6}, Eps: 1e-5} },
	"layer norm of vectors": func() layers.Layer { return &layers.LayerNorm{Shape: device.Shape{6}, PerChannel: true, Eps: 1e-5} },
}

// fusedNet builds a network of a layer and a leaky ReLU, together or apart.
func fusedNet(t testing.TB, dev device.Device, name string, leaky layers.Layer) *layers.Network {
	input := device.Shape{4, 4, 6}
	if name == "linear" || name == "linear with bias" || name == "layer norm of vectors" {
		input = device.Shape{6}
	}
	return newNet(t, dev, input, layers.Named{Name: "first", Layer: before[name]()}, layers.Named{Name: "second", Layer: leaky})
}

// TestPairsAreTheirLayers compares pairs of layers that run as one with the same layers one by one, in
// all passes: they must give the same bytes.
func TestPairsAreTheirLayers(t *testing.T) {
	compare := func(t *testing.T, dev device.Device) {
		for name := range before {
			for _, slope := range []float64{0, 0.2, 1, 3} {
				for _, mode := range []layers.Mode{layers.Train, layers.Eval} {
					t.Run(fmt.Sprintf("%s/slope %g/mode %d", name, slope, mode), func(t *testing.T) {
						leaky := &layers.LeakyReLU{Slope: slope}
						want := passesOf(t, fusedNet(t, dev, name, apart{leaky}), mode)
						got := passesOf(t, fusedNet(t, dev, name, leaky), mode)
						assert.Equal(t, want, got)
					})
				}
			}
		}
	}
	enginetest.Each(t, func(t *testing.T, e device.Engine) { compare(t, enginetest.CPU(t, e, 2)) })
	t.Run("float64", func(t *testing.T) { compare(t, device.NewCPU64(1)) })
}

// passesOf returns what the passes give, whole and in parts: outputs, then gradients.
func passesOf(t *testing.T, net *layers.Network, mode layers.Mode) (results [][]float32) {
	const n = 5
	dev := net.Device()
	ws := device.NewWorkspace(dev)
	ws.SetPoison(true)
	x, dy, xdot := normal(t, dev, net.Input().Batch(n), 1), normal(t, dev, net.Output().Batch(n), 2), normal(t, dev, net.Input().Batch(n), 3)
	note := func(x *device.Tensor, err error) {
		t.Helper()
		require.NoError(t, err)
		if x == nil {
			results = append(results, nil)
			return
		}
		v, err := x.Float32s()
		require.NoError(t, err)
		results = append(results, v)
	}
	var tr, rows layers.Trace
	y, err := net.Forward(&tr, ws, x, mode)
	note(y, err)
	wants := []layers.Want{{Input: layers.All, Params: layers.All}, {Params: layers.All}, {Input: layers.All}}
	if !net.MixesSamples() || mode == layers.Eval {
		wants = append(wants, layers.Want{Input: layers.From(3), Params: layers.First(3)}, layers.Want{Params: layers.First(2)}, layers.Want{Input: layers.First(4), Params: layers.All})
	}
	for _, want := range wants {
		require.NoError(t, net.ZeroGrad())
		note(tr.Backward(dy, want))
		if net.Grads() != nil {
			note(net.Grads(), nil)
		}
	}
	note(tr.Backward(dy, layers.Want{Input: layers.All}))
	second := []*layers.Trace{&tr}
	if !net.MixesSamples() {
		require.NoError(t, tr.Rows(&rows, 1, 4))
		second = append(second, &rows)
		xdot = ws.Rows(xdot, 0, n)
	}
	for i, tr := range second {
		dot := xdot
		if i > 0 {
			dot = ws.Rows(xdot, 1, 4)
		}
		note(tr.Tangent(dot))
		for _, input := range []bool{true, false} {
			require.NoError(t, net.ZeroGrad())
			note(tr.TangentBackward(input))
			if net.Grads() != nil {
				note(net.Grads(), nil)
			}
		}
	}
	return results
}

// TestPairsRunAsOne counts operations and memory: which layers run as one, and what that saves.
func TestPairsRunAsOne(t *testing.T) {
	forward := func(name string, leaky layers.Layer) (alone, memory int) {
		dev, counter := device.NewMeta(), new(device.Counter)
		net := fusedNet(t, dev, name, leaky)
		dev.SetCounter(counter)
		ws := device.NewWorkspace(dev)
		x, err := dev.New(net.Input().Batch(5))
		require.NoError(t, err)
		var tr layers.Trace
		_, err = net.Forward(&tr, ws, x, layers.Train)
		require.NoError(t, err)
		assert.Len(t, net.Layers(), 2)
		assert.Len(t, net.Summarise(5).Layers, 2)
		for _, c := range counter.Counts() {
			if c.Op == "leakyrelu" {
				assert.Equal(t, "second", c.Layer, name)
			} else {
				assert.Equal(t, "first", c.Layer, name)
			}
		}
		return counter.Calls("leakyrelu"), ws.Peak()
	}
	for name := range before {
		one, less := forward(name, layers.ReLU())
		two, more := forward(name, apart{layers.ReLU()})
		assert.Zero(t, one, name)
		assert.Equal(t, 1, two, name)
		assert.Less(t, less, more, name)
		negative, _ := forward(name, &layers.LeakyReLU{Slope: -0.5})
		assert.Equal(t, 1, negative, "%s: the output of a negative slope does not tell the input's sign", name)
	}
}

// TestPairsNameTheirLayers makes pairs fail.
func TestPairsNameTheirLayers(t *testing.T) {
	dev := device.NewCPU(1)
	net := fusedNet(t, dev, "batch norm", layers.ReLU())
	var tr layers.Trace
	_, err := tr.Tangent(nil)
	assert.Error(t, err)
	x := normal(t, dev, device.Shape{4, 4, 4, 6}, 1)
	_, err = net.Forward(&tr, device.NewWorkspace(dev), x, layers.Train)
	require.NoError(t, err)
	_, err = tr.Backward(x, layers.Want{Input: layers.First(1)})
	assert.ErrorContains(t, err, `layer 0 "first": BatchNorm(6): backward: rows 0 to 1 of a batch whose samples are mixed`)
	_, err = tr.TangentBackward(false)
	assert.ErrorContains(t, err, `layer 0 "first": BatchNorm(6): tangent backward: want a Tangent`)
}
