package layers_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// newNet builds a network with PyTorch's initial parameters.
func newNet(t testing.TB, dev device.Device, input device.Shape, list ...layers.Layer) *layers.Network {
	t.Helper()
	net, err := layers.NewNetwork(dev, "net", input, list...)
	require.NoError(t, err)
	require.NoError(t, net.Init("pytorch", 1))
	return net
}

// normal returns a tensor of normal numbers.
func normal(t testing.TB, dev device.Device, shape device.Shape, seed uint64) *device.Tensor {
	t.Helper()
	x, err := dev.New(shape)
	require.NoError(t, err)
	require.NoError(t, kernels.Normal(x, 0, 1, device.Random{Seed: seed}))
	return x
}

// TestPassesOutOfOrder calls passes without those that they need.
func TestPassesOutOfOrder(t *testing.T) {
	dev := device.NewCPU(1)
	net := newNet(t, dev, device.Shape{3}, &layers.Tanh{}, &layers.Linear{In: 3, Out: 2, Bias: true}, &layers.Tanh{})
	ws := device.NewWorkspace(dev)
	x, dy := normal(t, dev, device.Shape{4, 3}, 1), normal(t, dev, device.Shape{4, 2}, 2)
	all := layers.Want{Input: layers.All, Params: layers.All}

	var tr, rows layers.Trace
	_, err := tr.Backward(dy, all)
	assert.EqualError(t, err, "layers: trace: want a Forward first")
	_, err = tr.Tangent(x)
	assert.EqualError(t, err, "layers: trace: want a Forward first")
	_, err = tr.TangentBackward(true)
	assert.EqualError(t, err, "layers: trace: want a Forward first")
	assert.EqualError(t, tr.Rows(&rows, 0, 1), "layers: trace: want a Forward first")
	assert.Nil(t, tr.Output())

	_, err = net.Forward(&tr, ws, dy, layers.Train)
	assert.EqualError(t, err, "layers: network net: input (4,2): want (N, then (3))")
	y, err := net.Forward(&tr, ws, x, layers.Train)
	require.NoError(t, err)
	assert.Same(t, y, tr.Output())
	_, err = tr.Backward(x, all)
	assert.EqualError(t, err, "layers: network net: dy (4,3): want the shape of the output (4,2)")
	_, err = tr.Tangent(dy)
	assert.EqualError(t, err, "layers: network net: xdot (4,2): want the shape of the input (4,3)")
	for _, bounds := range [][2]int{{-1, 2}, {2, 2}, {3, 2}, {0, 5}} {
		assert.ErrorContains(t, tr.Rows(&rows, bounds[0], bounds[1]), "of a trace of 4 samples")
	}

	require.NoError(t, tr.Rows(&rows, 0, 4))
	assert.Same(t, y, rows.Output(), "all rows")
	require.NoError(t, tr.Rows(&rows, 0, 1))
	assert.Equal(t, device.Shape{1, 2}, rows.Output().Shape())

	_, err = tr.TangentBackward(true)
	assert.ErrorContains(t, err, `layer 2 "2": Tanh: tangent backward: want a Tangent, and a Backward that came down to this layer`)
	_, err = tr.Tangent(x)
	require.NoError(t, err)
	_, err = tr.TangentBackward(true)
	assert.ErrorContains(t, err, `layer 2 "2": Tanh: tangent backward`, "no Backward")
	_, err = tr.Backward(dy, all)
	require.NoError(t, err)
	_, err = tr.TangentBackward(true)
	assert.NoError(t, err)
	_, err = tr.Backward(dy, layers.Want{Params: layers.All})
	require.NoError(t, err)
	_, err = tr.TangentBackward(false)
	assert.NoError(t, err, "the lowest layer is not needed")
	_, err = tr.TangentBackward(true)
	assert.ErrorContains(t, err, `layer 0 "0": Tanh: tangent backward`, "that Backward stopped above")
}

// noTangent hides the passes of second order.
type noTangent struct{ layers.Layer }

func TestCheckTangent(t *testing.T) {
	dev := device.NewCPU(1)
	net := newNet(t, dev, device.Shape{3}, &layers.Tanh{}, layers.Named{Name: "mine", Layer: noTangent{layers.ReLU()}})
	want := `layers: network net: layer 1 "mine": ReLU has no Tangent and TangentBackward, which a gradient penalty needs`
	assert.EqualError(t, net.CheckTangent(), want)
	var tr layers.Trace
	x := normal(t, dev, device.Shape{4, 3}, 1)
	_, err := net.Forward(&tr, device.NewWorkspace(dev), x, layers.Train)
	require.NoError(t, err)
	_, err = tr.Tangent(x)
	assert.EqualError(t, err, want)
}

// TestLayerErrorsAreNamed makes a layer fail in a pass.
func TestLayerErrorsAreNamed(t *testing.T) {
	dev := device.NewCPU(1)
	net := newNet(t, dev, device.Shape{3}, &layers.Tanh{}, layers.Named{Name: "norm", Layer: &layers.BatchNorm{Features: 3, Eps: 1e-5, Momentum: 0.1}})
	var tr layers.Trace
	_, err := net.Forward(&tr, device.NewWorkspace(dev), normal(t, dev, device.Shape{1, 3}, 1), layers.Train)
	assert.EqualError(t, err, `layers: network net: layer 1 "norm": BatchNorm(3): forward: x (1,3): want more than one number a channel to take statistics of`)
	other := device.NewCPU64(1)
	_, err = net.Forward(&tr, device.NewWorkspace(dev), normal(t, other, device.Shape{4, 3}, 1), layers.Train)
	assert.ErrorContains(t, err, `layer 0 "0": Tanh: forward: kernels: tanh: tensor 1 (4,3) is on device`)
}

// TestTraceIsReused runs networks of different depth and batches of different size on one trace.
func TestTraceIsReused(t *testing.T) {
	dev := device.NewCPU(1)
	deep := newNet(t, dev, device.Shape{3}, &layers.Tanh{}, &layers.Linear{In: 3, Out: 2, Bias: true}, &layers.Sigmoid{})
	flat := newNet(t, dev, device.Shape{2}, &layers.Linear{In: 2, Out: 2})
	ws := device.NewWorkspace(dev)
	var tr, fresh layers.Trace
	for _, n := range []int{5, 2} {
		for _, net := range []*layers.Network{deep, flat} {
			x, dy := normal(t, dev, net.Input().Batch(n), 3), normal(t, dev, net.Output().Batch(n), 4)
			var results [2][]float32
			for i, trace := range []*layers.Trace{&tr, &fresh} {
				_, err := net.Forward(trace, ws, x, layers.Train)
				require.NoError(t, err)
				dx, err := trace.Backward(dy, layers.Want{Input: layers.All})
				require.NoError(t, err)
				results[i], err = dx.Float32s()
				require.NoError(t, err)
			}
			assert.Equal(t, results[1], results[0])
			fresh = layers.Trace{}
		}
	}
}

// TestConcurrentEvaluation uses one network from several goroutines, each with its own trace and
// workspace.
func TestConcurrentEvaluation(t *testing.T) {
	dev := device.NewCPU(2)
	defer dev.Close()
	net := newNet(t, dev, device.Shape{5}, testGenerator()...)
	x := normal(t, dev, device.Shape{3, 5}, 1)
	sample := func() ([]float32, error) {
		var tr layers.Trace
		y, err := net.Forward(&tr, device.NewWorkspace(dev), x, layers.Eval)
		if err != nil {
			return nil, err
		}
		return y.Float32s()
	}
	want, err := sample()
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			got, err := sample()
			assert.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	group.Wait()
}

// TestPassesNameTheirLayers counts operations by the layer that they are done for.
func TestPassesNameTheirLayers(t *testing.T) {
	dev := device.NewMeta()
	net := newNet(t, dev, device.Shape{3}, layers.Named{Name: "first", Layer: &layers.Linear{In: 3, Out: 2}}, &layers.Tanh{})
	x, dy := normal(t, dev, device.Shape{4, 3}, 1), normal(t, dev, device.Shape{4, 2}, 2)
	ws := device.NewWorkspace(dev)
	var tr layers.Trace
	passes := []struct {
		name string
		pass func() error
	}{
		{"forward", func() error { _, err := net.Forward(&tr, ws, x, layers.Train); return err }},
		{"backward", func() error {
			_, err := tr.Backward(dy, layers.Want{Input: layers.All, Params: layers.All})
			return err
		}},
		{"tangent", func() error { _, err := tr.Tangent(x); return err }},
		{"tangent backward", func() error { _, err := tr.TangentBackward(true); return err }},
	}
	for _, p := range passes {
		var counter device.Counter
		dev.SetCounter(&counter)
		require.NoError(t, p.pass())
		require.NoError(t, kernels.Fill(dy, 0)) // no layer's
		list := counter.Counts()
		last := len(list) - 1
		seen := map[string]bool{}
		for _, c := range list[:last] {
			assert.Equal(t, "net", c.Network, p.name)
			seen[c.Layer] = true
		}
		assert.Equal(t, map[string]bool{"first": true, "1": true}, seen, p.name)
		assert.Equal(t, device.Count{Op: "fill", Calls: 1, Flops: list[last].Flops}, list[last], p.name)
	}
}
