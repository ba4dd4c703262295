package layers_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// TestBuildErrors builds networks that do not fit: the error must name the layer, the argument and
// the shapes.
func TestBuildErrors(t *testing.T) {
	image, vector := device.Shape{8, 6, 3}, device.Shape{5}
	shared := &layers.Linear{In: 5, Out: 5}
	for _, test := range []struct {
		want  string
		input device.Shape
		list  []layers.Layer
	}{
		{"input (): want (features) or (height,width,channels)", device.Shape{}, []layers.Layer{layers.ReLU()}},
		{"input (4,3): want (features) or (height,width,channels)", device.Shape{4, 3}, []layers.Layer{layers.ReLU()}},
		{"input (1,2,3,4): want (features) or (height,width,channels)", device.Shape{1, 2, 3, 4}, []layers.Layer{layers.ReLU()}},
		{"no layers", vector, nil},
		{`layer 1 "1": nil`, vector, []layers.Layer{layers.ReLU(), nil}},
		{`layer 1 "out": nil`, vector, []layers.Layer{layers.ReLU(), layers.Named{Name: "out"}}},
		{`layer 0 "head": Linear(7→2): input (5): want (7), as in weight (2,7)`, vector, []layers.Layer{layers.Named{Name: "head", Layer: &layers.Linear{In: 7, Out: 2, Bias: true}}}},
		{`layer 0 "0": Linear(144→2, no bias): input (8,6,3): want (144), as in weight (2,144)`, image, []layers.Layer{&layers.Linear{In: 144, Out: 2}}},
		{"Linear(0→2): want at least 1 input and 1 output", vector, []layers.Layer{&layers.Linear{In: 0, Out: 2, Bias: true}}},
		{`layer 1 "1": Conv2D(1→4, 4×4, stride 2, padding 1): input (8,6,3): want (height,width,1), as in weight (4,4,4,1)`, image,
			[]layers.Layer{layers.ReLU(), &layers.Conv2D{In: 1, Out: 4, Window: kernels.Square(4, 2, 1), Bias: true}}},
		{"Conv2D(5→4, 3×3, stride 1, padding 0): input (5): want (height,width,5), as in weight (4,3,3,5)", vector, []layers.Layer{&layers.Conv2D{In: 5, Out: 4, Window: kernels.Square(3, 1, 0), Bias: true}}},
		{"Conv2D(3→0, 3×3, stride 1, padding 0): want at least 1 input and 1 output channel", image, []layers.Layer{&layers.Conv2D{In: 3, Window: kernels.Square(3, 1, 0), Bias: true}}},
		{"Conv2D(3→1, 3×3, stride 0, padding 0, no bias): kernel 3×3, stride 0×0: want at least 1", image, []layers.Layer{&layers.Conv2D{In: 3, Out: 1, Window: kernels.Square(3, 0, 0)}}},
		{"input (8,6,3): want an image that a kernel of 7×7 fits into, with its padding", image, []layers.Layer{&layers.Conv2D{In: 3, Out: 1, Window: kernels.Square(7, 1, 0)}}},
		{"ConvTranspose2D(3→2, 4×4, stride 2, padding 1, output padding 2,0): output padding 2: want at least 0 and less than the stride 2", image,
			[]layers.Layer{&layers.ConvTranspose2D{In: 3, Out: 2, Window: kernels.Square(4, 2, 1), OutputPadding: [2]int{2, 0}, Bias: true}}},
		{"ConvTranspose2D(4→2, 4×4, stride 2, padding 1): input (8,6,3): want (height,width,4), as in weight (4,4,4,2)", image, []layers.Layer{&layers.ConvTranspose2D{In: 4, Out: 2, Window: kernels.Square(4, 2, 1), Bias: true}}},
		{"want an image large enough for the padding: the output would be 0×-2", device.Shape{3, 2, 1}, []layers.Layer{&layers.ConvTranspose2D{In: 1, Out: 1, Window: kernels.Square(4, 2, 4)}}},
		{"BatchNorm(4): input (8,6,3): want (4) or (height,width,4)", image, []layers.Layer{&layers.BatchNorm{Features: 4, Eps: 1e-5, Momentum: 0.1}}},
		{"BatchNorm(3): eps 0: want more than 0", image, []layers.Layer{&layers.BatchNorm{Features: 3, Momentum: 0.1}}},
		{"BatchNorm(3): momentum 1.5: want 0 to 1", image, []layers.Layer{&layers.BatchNorm{Features: 3, Eps: 1, Momentum: 1.5}}},
		{"BatchNorm(3): momentum NaN: want 0 to 1", image, []layers.Layer{&layers.BatchNorm{Features: 3, Eps: 1, Momentum: math.NaN()}}},
		{"InstanceNorm(5): input (5): want (height,width,5)", vector, []layers.Layer{&layers.InstanceNorm{Features: 5, Eps: 1e-5}}},
		{"InstanceNorm(4): input (8,6,3): want (height,width,4)", image, []layers.Layer{&layers.InstanceNorm{Features: 4, Eps: 1e-5}}},
		{"InstanceNorm(0): input (8,6,3): want (height,width,0)", image, []layers.Layer{&layers.InstanceNorm{Eps: 1e-5}}},
		{"BatchNorm(0): input (5): want (0) or (height,width,0)", vector, []layers.Layer{&layers.BatchNorm{Eps: 1e-5}}},
		{"InstanceNorm(5): eps NaN: want more than 0", vector, []layers.Layer{&layers.InstanceNorm{Features: 5, Eps: math.NaN()}}},
		{"InstanceNorm(2): input (1,1,2): want more than one position to take statistics of", device.Shape{1, 1, 2}, []layers.Layer{&layers.InstanceNorm{Features: 2, Eps: 1e-5}}},
		{"LayerNorm((8,6,4)): input (8,6,3): want (8,6,4)", image, []layers.Layer{&layers.LayerNorm{Shape: device.Shape{8, 6, 4}, Eps: 1e-5}}},
		{"LayerNorm((1)): input (1): want more than one element to take statistics of", device.Shape{1}, []layers.Layer{&layers.LayerNorm{Shape: device.Shape{1}, Eps: 1e-5}}},
		{"Reshape((2,3,1), CHW): input (5): want 6 numbers, as in (2,3,1)", vector, []layers.Layer{&layers.Reshape{Shape: device.Shape{2, 3, 1}}}},
		{"Reshape((2,3), CHW): want (features) or (height,width,channels)", device.Shape{6}, []layers.Layer{&layers.Reshape{Shape: device.Shape{2, 3}}}},
		{"Reshape((3,6,8), HWC): input (8,6,3): want a vector, to make an image (3,6,8) of", image, []layers.Layer{&layers.Reshape{Shape: device.Shape{3, 6, 8}, Order: layers.HWC}}},
		{`layer 1 "1": Linear(5→5, no bias): belongs to a network, or to another place in this one, already`, vector, []layers.Layer{shared, shared}},
		{`layer 1 "fc": Linear(5→5, no bias): parameter "fc.weight" exists already`, vector, []layers.Layer{
			layers.Named{Name: "fc", Layer: &layers.Linear{In: 5, Out: 5}}, layers.Named{Name: "fc", Layer: &layers.Linear{In: 5, Out: 5}},
		}},
		{"want one to three positive dimensions", vector, []layers.Layer{&shapeless{}}},
		{`parameter "0.weight": fan in 0, fan out 3: want at least 1, for initialisers`, vector, []layers.Layer{&bare{param: layers.Param{Name: "weight", Shape: device.Shape{3}, FanOut: 3}}}},
		{`parameter "0.weight": shape (1099511627776,1099511627776): want one to four positive dimensions`, vector, []layers.Layer{&bare{param: layers.Param{Name: "weight", Shape: device.Shape{1 << 40, 1 << 40}, FanIn: 1, FanOut: 1}}}},
	} {
		_, err := layers.NewNetwork(device.NewCPU(1), "net", test.input, test.list...)
		require.Error(t, err, test.want)
		assert.ErrorContains(t, err, "layers: network net: ")
		assert.ErrorContains(t, err, test.want)
	}
}

// shapeless gives no shape for its output.
type shapeless struct{ layers.Tanh }

func (*shapeless) String() string                            { return "shapeless" }
func (*shapeless) Output(device.Shape) (device.Shape, error) { return device.Shape{}, nil }

// bare is a layer of one parameter.
type bare struct {
	layers.Tanh
	param layers.Param
}

func (*bare) String() string            { return "bare" }
func (l *bare) Params() []*layers.Param { return []*layers.Param{&l.param} }

// TestRetry builds a network after a try that failed: the layers must not remember it.
func TestRetry(t *testing.T) {
	first, second := &layers.Linear{In: 5, Out: 3, Bias: true}, &layers.Linear{In: 4, Out: 1, Bias: true}
	_, err := layers.NewNetwork(device.NewCPU(1), "net", device.Shape{5}, first, second)
	require.Error(t, err)
	second.In = 3
	net, err := layers.NewNetwork(device.NewCPU(1), "net", device.Shape{5}, first, second)
	require.NoError(t, err)
	assert.Equal(t, "0.weight", net.Params()[0].Name)
	_, err = layers.NewNetwork(device.NewCPU(1), "other", device.Shape{5}, first)
	assert.ErrorContains(t, err, "belongs to a network")
	assert.Equal(t, "0.weight", net.Params()[0].Name)
}

// testGenerator has all kinds of parameters.
func testGenerator() []layers.Layer {
	named := func(name string, l layers.Layer) layers.Layer { return layers.Named{Name: name, Layer: l} }
	return []layers.Layer{
		named("fc", &layers.Linear{In: 5, Out: 24, Bias: true}),
		&layers.Reshape{Shape: device.Shape{2, 3, 4}},
		named("gen", named("0.0", &layers.ConvTranspose2D{In: 4, Out: 6, Window: kernels.Window{KernelH: 4, KernelW: 2, StrideH: 2, StrideW: 2, Top: 1, Bottom: 1}, Bias: true})),
		named("gen.0.1", &layers.BatchNorm{Features: 6, Eps: 1e-5, Momentum: 0.1}),
		layers.ReLU(),
		&layers.Conv2D{In: 6, Out: 2, Window: kernels.Window{KernelH: 3, KernelW: 5, StrideH: 1, StrideW: 1, Top: 1, Bottom: 1, Left: 2, Right: 2}},
		&layers.InstanceNorm{Features: 2, Eps: 1e-5, Affine: true},
		&layers.LayerNorm{Shape: device.Shape{4, 6, 2}, Eps: 1e-5},
		&layers.LayerNorm{Shape: device.Shape{4, 6, 2}, Eps: 1e-5, PerChannel: true},
		&layers.Tanh{},
	}
}

// TestParametersAreNamedAsInPyTorch compares names and shapes with those of a state dict.
func TestParametersAreNamedAsInPyTorch(t *testing.T) {
	net, err := layers.NewNetwork(device.NewCPU(1), "generator", device.Shape{5}, testGenerator()...)
	require.NoError(t, err)
	var got []string
	numbers := 0
	for _, p := range net.Params() {
		got = append(got, fmt.Sprint(p.Name, p.TorchShape()))
		require.Equal(t, p.Shape, p.Value.Shape())
		require.Equal(t, p.Shape, p.Grad.Shape())
		numbers += p.Shape.Len()
	}
	assert.Equal(t, []string{
		"fc.weight[24 5]", "fc.bias[24]", "gen.0.0.weight[4 6 4 2]", "gen.0.0.bias[6]", "gen.0.1.weight[6]", "gen.0.1.bias[6]",
		"5.weight[2 6 3 5]", "6.weight[2]", "6.bias[2]", "7.weight[2 4 6]", "7.bias[2 4 6]", "8.weight[2]", "8.bias[2]",
	}, got)
	got = nil
	for _, p := range net.Buffers() {
		got = append(got, fmt.Sprint(p.Name, p.TorchShape()))
		assert.Nil(t, p.Grad)
	}
	assert.Equal(t, []string{"gen.0.1.running_mean[6]", "gen.0.1.running_var[6]", "gen.0.1.num_batches_tracked[]"}, got)
	assert.Equal(t, numbers, net.NumParams())
	assert.Equal(t, "generator", net.Name())
	assert.Equal(t, device.Shape{5}, net.Input())
	assert.Equal(t, device.Shape{4, 6, 2}, net.Output())
	assert.Len(t, net.Layers(), 10)
	assert.True(t, net.MixesSamples())
	assert.NoError(t, net.CheckTangent())
}

// TestFlatParameters checks that all parameters lie in one tensor, apart from each other.
func TestFlatParameters(t *testing.T) {
	net, err := layers.NewNetwork(device.NewCPU(1), "generator", device.Shape{5}, testGenerator()...)
	require.NoError(t, err)
	values, grads := device.Data[float32](net.Values()), device.Data[float32](net.Grads())
	require.Len(t, grads, len(values))
	for i, p := range net.Params() {
		require.NoError(t, kernels.Fill(p.Value, float64(i+1)))
		require.NoError(t, kernels.Fill(p.Grad, -float64(i+1)))
	}
	filled := 0
	for i, p := range net.Params() {
		at := net.Offset(p)
		assert.Zero(t, at%16, p.Name)
		for j := range p.Shape.Len() {
			require.Equal(t, float32(i+1), values[at+j], p.Name)
			require.Equal(t, -float32(i+1), grads[at+j], p.Name)
		}
		filled += p.Shape.Len()
	}
	for _, v := range values {
		if v == 0 {
			filled++
		}
	}
	assert.Equal(t, len(values), filled, "the gaps are zero")
	assert.Equal(t, -1, net.Offset(new(layers.Param)))
	require.NoError(t, net.ZeroGrad())
	assert.Equal(t, make([]float32, len(grads)), grads)

	plain, err := layers.NewNetwork(device.NewCPU(1), "plain", device.Shape{5}, layers.ReLU())
	require.NoError(t, err)
	assert.Nil(t, plain.Values())
	assert.Nil(t, plain.Grads())
	assert.NoError(t, plain.ZeroGrad())
	assert.NoError(t, plain.Init("pytorch", 1))
	assert.False(t, plain.MixesSamples())
}

// TestTorchOrder sends parameters to PyTorch's order and back.
func TestTorchOrder(t *testing.T) {
	for _, dev := range []device.Device{device.NewCPU(1), device.NewCPU64(1)} {
		net, err := layers.NewNetwork(dev, "generator", device.Shape{5}, testGenerator()...)
		require.NoError(t, err)
		for _, p := range append(append([]*layers.Param(nil), net.Params()...), net.Buffers()...) {
			want := make([]float32, p.Shape.Len())
			for i := range want {
				want[i] = float32(i)
			}
			require.NoError(t, p.SetTorch(want))
			got, err := p.Torch()
			require.NoError(t, err)
			assert.Equal(t, want, got, p.Name)
			values, err := p.Value.Float32s()
			require.NoError(t, err)
			s := p.Shape
			switch p.Name {
			case "gen.0.0.weight": // (I,H,W,O) inside, (I,O,H,W) outside
				assert.Equal(t, want[((3*6+5)*4+2)*2+1], values[((3*4+2)*2+1)*6+5])
			case "5.weight": // (O,H,W,I) inside, (O,I,H,W) outside
				assert.Equal(t, want[((1*6+4)*3+2)*5+3], values[((1*3+2)*5+3)*6+4])
			case "7.weight", "7.bias": // (H,W,C) inside, (C,H,W) outside
				assert.Equal(t, want[(1*4+3)*6+5], values[(3*6+5)*2+1])
			default:
				assert.Equal(t, want, values, "%s %v", p.Name, s)
			}
			assert.ErrorContains(t, p.SetTorch(want[1:]), fmt.Sprintf("layers: parameter %s %v: have %d numbers, want %d", p.Name, p.TorchShape(), len(want)-1, len(want)))
			state, err := dev.New(s)
			require.NoError(t, err)
			require.NoError(t, p.SetTorchOrder(state, want))
			got, err = p.TorchOrder(state)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	}
	meta, err := layers.NewNetwork(device.NewMeta(), "generator", device.Shape{5}, testGenerator()...)
	require.NoError(t, err)
	_, err = meta.Params()[0].Torch()
	assert.ErrorIs(t, err, device.ErrMeta)
}
