package layers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/layers"
)

// heads are nets that end in a layer of one output, and some that seem to.
var heads = map[string]func() (input device.Shape, list []layers.Layer){
	"linear": func() (device.Shape, []layers.Layer) {
		return device.Shape{12}, []layers.Layer{&layers.Linear{In: 12, Out: 20, Bias: true}, &layers.LeakyReLU{Slope: 0.2}, &layers.Linear{In: 20, Out: 1, Bias: true}}
	},
	"alone": func() (device.Shape, []layers.Layer) {
		return device.Shape{5}, []layers.Layer{&layers.Linear{In: 5, Out: 1}}
	},
	"conv": func() (device.Shape, []layers.Layer) {
		return device.Shape{4, 4, 3}, []layers.Layer{&layers.Conv2D{In: 3, Out: 6, Window: kernels.Square(3, 1, 1), Bias: true}, &layers.Tanh{}, &layers.Conv2D{In: 6, Out: 1, Window: kernels.Square(4, 1, 0), Bias: true}}
	},
	"padded conv": func() (device.Shape, []layers.Layer) {
		return device.Shape{4, 4, 3}, []layers.Layer{&layers.Tanh{}, &layers.Conv2D{In: 3, Out: 1, Window: kernels.Square(4, 4, 1), Bias: true}}
	},
	"norm": func() (device.Shape, []layers.Layer) {
		return device.Shape{12}, []layers.Layer{&layers.Linear{In: 12, Out: 4}, &layers.LayerNorm{Shape: device.Shape{4}, PerChannel: true, Eps: 1e-5}}
	},
	"activation": func() (device.Shape, []layers.Layer) {
		return device.Shape{12}, []layers.Layer{&layers.Linear{In: 12, Out: 1, Bias: true}, &layers.Tanh{}}
	},
}

// headPasses are all passes of a net: params are of the first three of five samples, the input's of the others.
func headPasses(t *testing.T, dev device.Device, name string, tangent func(*layers.Trace, *device.Tensor) error) (results [][]float32) {
	input, list := heads[name]()
	net := newNet(t, dev, input, list...)
	ws := device.NewWorkspace(dev)
	keep := func(x *device.Tensor) {
		values, err := x.Float32s()
		require.NoError(t, err)
		results = append(results, values)
	}
	var tr, points layers.Trace
	y, err := net.Forward(&tr, ws, normal(t, dev, input.Batch(5), 1), layers.Train)
	require.NoError(t, err)
	keep(y)
	require.NoError(t, net.ZeroGrad())
	dx, err := tr.Backward(normal(t, dev, y.Shape(), 2), layers.Want{Input: layers.From(3), Params: layers.First(3)})
	require.NoError(t, err)
	keep(dx)
	keep(net.Grads())
	require.NoError(t, tr.Rows(&points, 3, 5))
	require.NoError(t, tangent(&points, dx))
	_, err = points.TangentBackward(false)
	require.NoError(t, err)
	keep(net.Grads())
	return results
}

func withOutput(tr *layers.Trace, v *device.Tensor) error { _, err := tr.Tangent(v); return err }

func TestHeadOnGPU(t *testing.T) {
	for name := range heads {
		want := headPasses(t, device.NewCPU(1), name, withOutput)
		enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
			for i, values := range headPasses(t, dev, name, withOutput) {
				assert.InDeltaSlice(t, want[i], values, 2e-5, "%s, result %d", name, i)
			}
		})
	}
}

// TestAlong compares the gradients with those behind a Tangent: they must be the same bytes.
func TestAlong(t *testing.T) {
	for name := range heads {
		want := headPasses(t, device.NewCPU(1), name, withOutput)
		assert.Equal(t, want, headPasses(t, device.NewCPU(1), name, (*layers.Trace).Along), name)
	}
	assert.Error(t, new(layers.Trace).Along(nil))
}
