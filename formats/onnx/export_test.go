package onnx_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/onnx"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
)

// tolerance is float32 rounding, through some ten layers, of numbers about 1.
const tolerance = 1e-5

// network builds a network with random parameters and running averages.
func network(t testing.TB, name string, input device.Shape, list ...layers.Layer) *layers.Network {
	t.Helper()
	dev := device.NewCPU(1)
	t.Cleanup(func() { dev.Close() })
	net, err := layers.NewNetwork(dev, name, input, list...)
	require.NoError(t, err)
	randomise(t, net)
	return net
}

// randomise gives every parameter and buffer values of its own, of a size that keeps activations near 1.
func randomise(t testing.TB, net *layers.Network) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			scale := 0.3
			if p.Role == layers.Weight {
				scale = 1.5 / float64(max(1, p.Shape.RowLen())) * 8
				scale = min(scale, 0.3)
			}
			values := make([]float32, p.Shape.Len())
			for i := range values {
				values[i] = float32(scale * r.NormFloat64())
				if p.Role == layers.Scale || strings.HasSuffix(p.Name, "running_var") {
					values[i] = 0.5 + r.Float32()
				}
			}
			require.NoError(t, p.SetTorch(values))
		}
	}
}

// forward computes what net gives for a planar batch, planar too.
func forward(t testing.TB, net *layers.Network, n int, planar []float32) []float32 {
	t.Helper()
	ws := device.NewWorkspace(net.Device())
	x := ws.New(net.Input().Batch(n))
	require.NoError(t, x.CopyFrom(channelsLast(planar, n, net.Input())))
	var tr layers.Trace
	y, err := net.Forward(&tr, ws, x, layers.Eval)
	require.NoError(t, err)
	values, err := y.Float32s()
	require.NoError(t, err)
	return planarOf(values, n, net.Output())
}

func channelsLast(planar []float32, n int, s device.Shape) []float32 {
	out := make([]float32, len(planar))
	eachPair(n, s, func(last, first int) { out[last] = planar[first] })
	return out
}

func planarOf(values []float32, n int, s device.Shape) []float32 {
	out := make([]float32, len(values))
	eachPair(n, s, func(last, first int) { out[first] = values[last] })
	return out
}

// eachPair visits the numbers of a batch in both orders.
func eachPair(n int, s device.Shape, visit func(last, first int)) {
	channels := 1
	if s.Rank() == 3 {
		channels = s[2]
	}
	area := s.Len() / channels
	for b := range n {
		for a := range area {
			for c := range channels {
				visit((b*area+a)*channels+c, (b*channels+c)*area+a)
			}
		}
	}
}

// noise returns numbers for a batch of inputs.
func noise(n int, s device.Shape) []float32 {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	values := make([]float32, n*s.Len())
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	return values
}

// exported writes the model of net and reads it back.
func exported(t testing.TB, net *layers.Network, o onnx.Options) (*onnx.Model, []byte) {
	t.Helper()
	m, err := onnx.Export(net, o)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, m.Write(&b))
	m, err = onnx.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return m, b.Bytes()
}

// agrees runs the model of net, and requires what net gives.
func agrees(t testing.TB, net *layers.Network, m *onnx.Model) {
	t.Helper()
	for _, n := range []int{1, 7} {
		x := noise(n, net.Input())
		input := array{dims: []int{n}}
		for _, d := range m.Graph.Inputs[0].Dims[1:] {
			input.dims = append(input.dims, int(d.Size))
		}
		for _, v := range x {
			input.data = append(input.data, float64(v))
		}
		got, err := interpret(m, input)
		require.NoError(t, err)
		want := forward(t, net, n, x)
		dims := []int{n}
		for _, d := range m.Graph.Outputs[0].Dims[1:] {
			dims = append(dims, int(d.Size))
		}
		require.Equal(t, dims, got.dims)
		require.Len(t, got.data, len(want))
		spread := false
		for i := range want {
			require.InDelta(t, want[i], got.data[i], tolerance*(1+max(float64(want[i]), -float64(want[i]))), "batch %d, number %d", n, i)
			spread = spread || want[i] != want[0]
		}
		require.True(t, spread || len(want) == 1, "the outputs are all the same: the test shows nothing")
	}
}

func uneven(kh, kw, sh, sw, top, bottom, left, right int) kernels.Window {
	return kernels.Window{KernelH: kh, KernelW: kw, StrideH: sh, StrideW: sw, Top: top, Bottom: bottom, Left: left, Right: right}
}

// layerCases hold every kind of layer with every setting that changes its graph.
var layerCases = map[string]struct {
	input device.Shape
	list  []layers.Layer
}{
	"linear":                {device.Shape{5}, []layers.Layer{&layers.Linear{In: 5, Out: 3, Bias: true}}},
	"linear without bias":   {device.Shape{5}, []layers.Layer{&layers.Linear{In: 5, Out: 3}}},
	"conv":                  {device.Shape{6, 5, 2}, []layers.Layer{&layers.Conv2D{In: 2, Out: 3, Window: kernels.Square(3, 2, 1), Bias: true}}},
	"conv uneven":           {device.Shape{7, 6, 2}, []layers.Layer{&layers.Conv2D{In: 2, Out: 3, Window: uneven(4, 3, 2, 1, 0, 3, 2, 1)}}},
	"conv same":             {device.Shape{28, 28, 1}, []layers.Layer{&layers.Conv2D{In: 1, Out: 3, Window: kernels.Same(5, 2, 28, 28), Bias: true}}},
	"transposed":            {device.Shape{3, 4, 2}, []layers.Layer{&layers.ConvTranspose2D{In: 2, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}}},
	"transposed uneven":     {device.Shape{3, 4, 2}, []layers.Layer{&layers.ConvTranspose2D{In: 2, Out: 3, Window: uneven(5, 4, 3, 2, 1, 0, 0, 2)}}},
	"transposed, padded":    {device.Shape{3, 4, 2}, []layers.Layer{&layers.ConvTranspose2D{In: 2, Out: 3, Window: kernels.Square(3, 2, 1), OutputPadding: [2]int{1, 0}}}},
	"transposed from noise": {device.Shape{1, 1, 4}, []layers.Layer{&layers.ConvTranspose2D{In: 4, Out: 3, Window: kernels.Square(4, 1, 0)}}},
	"batch norm":            {device.Shape{3, 4, 2}, []layers.Layer{&layers.BatchNorm{Features: 2, Eps: 1e-3, Momentum: 0.1}}},
	"batch norm of vectors": {device.Shape{4}, []layers.Layer{&layers.BatchNorm{Features: 4, Eps: 1e-5, Momentum: 0.1}}},
	"instance norm":         {device.Shape{3, 4, 2}, []layers.Layer{&layers.InstanceNorm{Features: 2, Eps: 1e-5, Affine: true}}},
	"instance norm, plain":  {device.Shape{3, 4, 2}, []layers.Layer{&layers.InstanceNorm{Features: 2, Eps: 1e-1}}},
	"layer norm":            {device.Shape{3, 4, 2}, []layers.Layer{&layers.LayerNorm{Shape: device.Shape{3, 4, 2}, Eps: 1e-5}}},
	"layer norm of vectors": {device.Shape{6}, []layers.Layer{&layers.LayerNorm{Shape: device.Shape{6}, Eps: 1e-1, PerChannel: true}}},
	"layer norm by channel": {device.Shape{3, 4, 2}, []layers.Layer{&layers.LayerNorm{Shape: device.Shape{3, 4, 2}, Eps: 1e-1, PerChannel: true}}},
	"relu":                  {device.Shape{6}, []layers.Layer{layers.ReLU()}},
	"leaky relu":            {device.Shape{2, 2, 3}, []layers.Layer{&layers.LeakyReLU{Slope: 0.2}}},
	"tanh":                  {device.Shape{6}, []layers.Layer{&layers.Tanh{}}},
	"sigmoid":               {device.Shape{6}, []layers.Layer{&layers.Sigmoid{}}},
	"flatten by channel":    {device.Shape{2, 3, 4}, []layers.Layer{&layers.Flatten{}, &layers.Linear{In: 24, Out: 5}}},
	"flatten by pixel":      {device.Shape{2, 3, 4}, []layers.Layer{&layers.Flatten{Order: layers.HWC}, &layers.Linear{In: 24, Out: 5}}},
	"flatten one channel":   {device.Shape{2, 3, 1}, []layers.Layer{&layers.Flatten{Order: layers.HWC}}},
	"flatten a vector":      {device.Shape{6}, []layers.Layer{&layers.Flatten{}}},
	"reshape by channel":    {device.Shape{24}, []layers.Layer{&layers.Reshape{Shape: device.Shape{2, 3, 4}}}},
	"reshape by pixel":      {device.Shape{24}, []layers.Layer{&layers.Reshape{Shape: device.Shape{2, 3, 4}, Order: layers.HWC}}},
	"reshape to a vector":   {device.Shape{2, 3, 4}, []layers.Layer{&layers.Reshape{Shape: device.Shape{24}, Order: layers.HWC}}},
	"reshape to the same":   {device.Shape{2, 3, 4}, []layers.Layer{&layers.Reshape{Shape: device.Shape{2, 3, 4}}, &layers.Tanh{}}},
	"a score of one pixel":  {device.Shape{4, 4, 2}, []layers.Layer{&layers.Conv2D{In: 2, Out: 1, Window: kernels.Square(4, 1, 0)}}},
	"all together": {device.Shape{1, 1, 6}, []layers.Layer{
		&layers.ConvTranspose2D{In: 6, Out: 4, Window: kernels.Square(4, 1, 0)}, &layers.BatchNorm{Features: 4, Eps: 1e-5, Momentum: 0.1}, layers.ReLU(),
		&layers.Conv2D{In: 4, Out: 3, Window: kernels.Same(3, 1, 4, 4), Bias: true}, &layers.LayerNorm{Shape: device.Shape{4, 4, 3}, Eps: 1e-5, PerChannel: true},
		&layers.LeakyReLU{Slope: 0.1}, &layers.Flatten{Order: layers.HWC}, &layers.Linear{In: 48, Out: 12, Bias: true},
		&layers.LayerNorm{Shape: device.Shape{12}, Eps: 1e-5}, &layers.Reshape{Shape: device.Shape{2, 2, 3}}, &layers.InstanceNorm{Features: 3, Eps: 1e-5}, &layers.Sigmoid{},
	}},
}

func TestLayers(t *testing.T) {
	for name, c := range layerCases {
		t.Run(name, func(t *testing.T) {
			net := network(t, "net", c.input, c.list...)
			m, _ := exported(t, net, onnx.Options{})
			agrees(t, net, m)
		})
	}
}

// presetCases are small networks of every preset, and of every setting that changes a graph.
func presetCases(t testing.TB) map[string]config.Config {
	t.Helper()
	cases := map[string]config.Config{}
	add := func(name, preset string, sets ...string) {
		c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets})
		require.NoError(t, err, name)
		cases[name] = c
	}
	for _, name := range config.Presets() {
		info, err := config.Describe(name)
		require.NoError(t, err)
		sets := []string{"FEATURES_GEN=3", "FEATURES_CRITIC=2"}
		switch {
		case info.Networks == config.NetCatFaces && strings.HasSuffix(name, "_128"):
			sets = []string{"FEATURES_GEN=1", "FEATURES_CRITIC=1", "IMAGE_SIZE=128"}
		case info.Networks == config.NetCatFaces:
			sets = append(sets, "IMAGE_SIZE=32")
		}
		add(name, name, sets...)
	}
	for _, norm := range []string{config.NormLayer, config.NormLayerChannel, config.NormBatch, config.NormNone} {
		add("catfaces, critic norm "+norm, "catfaces", "FEATURES_GEN=2", "FEATURES_CRITIC=2", "IMAGE_SIZE=16", "CHANNELS_IMG=1", "CRITIC_NORM="+norm, "FORCE=true")
	}
	return cases
}

// networksOf builds both networks of a configuration, with random parameters.
func networksOf(t testing.TB, c config.Config) []*layers.Network {
	t.Helper()
	dev := device.NewCPU(1)
	t.Cleanup(func() { dev.Close() })
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	list := []*layers.Network{nets.Generator, nets.Critic}
	for _, net := range list {
		randomise(t, net)
	}
	return list
}

func TestPresets(t *testing.T) {
	for name, c := range presetCases(t) {
		t.Run(name, func(t *testing.T) {
			for _, net := range networksOf(t, c) {
				t.Run(net.Name(), func(t *testing.T) {
					m, _ := exported(t, net, onnx.Options{Input: "x", Output: "y"})
					agrees(t, net, m)
				})
			}
		})
	}
}

func TestModel(t *testing.T) {
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{"IMAGE_SIZE=16", "FEATURES_GEN=2", "FEATURES_CRITIC=2"}})
	require.NoError(t, err)
	nets := networksOf(t, c)
	m, data := exported(t, nets[0], onnx.Options{
		Input: "z", Output: "image", ProducerVersion: "v1", Doc: "cats", Metadata: map[string]string{"preset": "catfaces", "layout": "planar"},
	})
	assert.Equal(t, int64(8), m.IRVersion)
	assert.Equal(t, map[string]int64{"": 17}, m.Opsets)
	assert.Equal(t, "ganlib v1, cats", m.Producer+" "+m.ProducerVersion+", "+m.Doc)
	assert.Equal(t, map[string]string{"network": "generator", "output_range": "[-1,1]", "layout": "planar", "preset": "catfaces"}, m.Metadata)
	assert.Equal(t, []onnx.Value{{Name: "z", Type: onnx.Float, Dims: []onnx.Dim{{Param: "N"}, {Size: 100}, {Size: 1}, {Size: 1}}}}, m.Graph.Inputs)
	assert.Equal(t, []onnx.Value{{Name: "image", Type: onnx.Float, Dims: []onnx.Dim{{Param: "N"}, {Size: 3}, {Size: 16}, {Size: 16}}}}, m.Graph.Outputs)
	names := map[string][]int64{}
	for _, p := range m.Graph.Initializers {
		names[p.Name] = p.Dims
	}
	assert.Equal(t, []int64{100, 8, 4, 4}, names["gen.0.0.weight"], "(in,out,h,w)")
	assert.NotContains(t, names, "gen.0.1.num_batches_tracked")
	weight, err := nets[0].Params()[0].Torch()
	require.NoError(t, err)
	assert.Equal(t, bytesOf(weight), m.Graph.Initializers[0].Raw)

	_, again := exported(t, nets[0], onnx.Options{
		Input: "z", Output: "image", ProducerVersion: "v1", Doc: "cats", Metadata: map[string]string{"preset": "catfaces", "layout": "planar"},
	})
	assert.Equal(t, data, again, "equal models give equal bytes")

	critic, _ := exported(t, nets[1], onnx.Options{})
	assert.Equal(t, []onnx.Value{{Name: "output", Type: onnx.Float, Dims: []onnx.Dim{{Param: "N"}, {Size: 1}}}}, critic.Graph.Outputs)
	assert.Equal(t, "(-inf,inf)", critic.Metadata[onnx.KeyOutputRange])
}

func TestOutputRange(t *testing.T) {
	for _, c := range []struct {
		want string
		list []layers.Layer
	}{
		{"[-1,1]", []layers.Layer{&layers.Tanh{}, &layers.Reshape{Shape: device.Shape{2, 2, 1}}, &layers.Flatten{}}},
		{"[0,1]", []layers.Layer{&layers.Tanh{}, &layers.Sigmoid{}}},
		{"[0,inf)", []layers.Layer{layers.ReLU()}},
		{"(-inf,inf)", []layers.Layer{layers.ReLU(), &layers.LeakyReLU{Slope: 0.2}}},
		{"(-inf,inf)", []layers.Layer{&layers.Tanh{}, &layers.Linear{In: 4, Out: 2}}},
		{"(-inf,inf)", []layers.Layer{&layers.Flatten{}}},
	} {
		m, _ := exported(t, network(t, "n", device.Shape{4}, c.list...), onnx.Options{})
		assert.Equal(t, c.want, m.Metadata[onnx.KeyOutputRange], "%v", c.list)
	}
}

// own is a layer of a program.
type own struct{ layers.Layer }

func (own) String() string { return "Own()" }

func TestExportRefuses(t *testing.T) {
	net := network(t, "critic", device.Shape{4}, &layers.Tanh{}, own{&layers.Tanh{}})
	_, err := onnx.Export(net, onnx.Options{})
	require.ErrorIs(t, err, onnx.ErrLayer)
	assert.EqualError(t, err, "onnx: export network critic: layer 1: Own(): no ONNX operation for this layer")

	net = network(t, "critic", device.Shape{4}, layers.Named{Name: "fc", Layer: &layers.Linear{In: 4, Out: 1, Bias: true}})
	for _, o := range []onnx.Options{
		{Input: "fc.weight"}, {Output: "fc.bias"}, {Input: "x", Output: "x"}, {Input: "\xff"},
		{Metadata: map[string]string{"k": "\xff"}}, {Doc: "\xff"}, {ProducerVersion: "\xff"},
	} {
		_, err := onnx.Export(net, o)
		require.ErrorContains(t, err, "onnx: export network critic: ", "%+v", o)
	}
}

// A network that does not fit into a protocol buffer is refused before a byte is written.
func TestTooLarge(t *testing.T) {
	large := func(out int) layers.Layer { return &layers.Linear{In: 1 << 14, Out: out} }
	for _, list := range [][]layers.Layer{{large(1 << 15)}, {large(1 << 14), large(1 << 14)}} {
		net, err := layers.NewNetwork(device.NewMeta(), "generator", device.Shape{1 << 14}, list...)
		require.NoError(t, err)
		m, err := onnx.Export(net, onnx.Options{})
		require.NoError(t, err)
		var b bytes.Buffer
		err = m.Write(&b)
		require.ErrorIs(t, err, onnx.ErrTooLarge)
		assert.ErrorContains(t, err, fmt.Sprint(onnx.MaxBytes))
		assert.Zero(t, b.Len())
	}
}
