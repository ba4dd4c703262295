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

// trainedNorm gives the batch norms of a network averages and parameters that they do not start with.
func trainedNorm(t *testing.T, net *layers.Network) {
	for i, p := range append(net.Params(), net.Buffers()...) {
		if p.Kind != layers.BatchNormKind || p.Role == layers.Count {
			continue
		}
		require.NoError(t, kernels.Uniform(p.Value, 0.5, 2, device.Random{Seed: uint64(i)}))
	}
}

// TestFolded compares networks with what they are folded to, in evaluation mode.
func TestFolded(t *testing.T) {
	window := kernels.Square(4, 2, 1)
	cases := map[string]struct {
		input  device.Shape
		layers func() []layers.Layer
		want   int // layers
	}{
		"generator": {device.Shape{1, 1, 6}, func() []layers.Layer {
			return []layers.Layer{
				layers.Named{Name: "first", Layer: &layers.ConvTranspose2D{In: 6, Out: 32, Window: kernels.Square(4, 1, 0)}},
				&layers.BatchNorm{Features: 32, Eps: 1e-5, Momentum: 0.1}, layers.ReLU(),
				&layers.ConvTranspose2D{In: 32, Out: 16, Window: window, Bias: true},
				&layers.BatchNorm{Features: 16, Eps: 1e-5, Momentum: 0.1}, &layers.LeakyReLU{Slope: 0.2},
				&layers.ConvTranspose2D{In: 16, Out: 3, Window: window, Bias: true}, &layers.Tanh{},
			}
		}, 6},
		"vectors": {device.Shape{10}, func() []layers.Layer {
			return []layers.Layer{
				&layers.Linear{In: 10, Out: 7}, &layers.BatchNorm{Features: 7, Eps: 1e-3, Momentum: 0.01}, layers.ReLU(),
				&layers.BatchNorm{Features: 7, Eps: 1e-3, Momentum: 0.01},
				&layers.Linear{In: 7, Out: 5, Bias: true}, &layers.BatchNorm{Features: 5, Eps: 1e-3, Momentum: 0.01},
				&layers.LayerNorm{Shape: device.Shape{5}, Eps: 1e-5},
			}
		}, 5},
		"critic": {device.Shape{8, 8, 3}, func() []layers.Layer {
			return []layers.Layer{
				&layers.BatchNorm{Features: 3, Eps: 1e-5, Momentum: 0.1},
				&layers.Conv2D{In: 3, Out: 8, Window: window}, &layers.BatchNorm{Features: 8, Eps: 1e-5, Momentum: 0.1}, &layers.LeakyReLU{Slope: 0.2},
				&layers.Conv2D{In: 8, Out: 4, Window: window, Bias: true}, &layers.InstanceNorm{Features: 4, Eps: 1e-5, Affine: true}, &layers.Flatten{},
			}
		}, 6},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			enginetest.Each(t, func(t *testing.T, e device.Engine) {
				dev := enginetest.CPU(t, e, 2)
				net := newNet(t, dev, c.input, c.layers()...)
				trainedNorm(t, net)
				folded, err := net.Folded()
				require.NoError(t, err)
				assert.Len(t, folded.Layers(), c.want)
				assert.Equal(t, net.Params()[0].Name, folded.Params()[0].Name)
				ws := device.NewWorkspace(dev)
				x := normal(t, dev, net.Input().Batch(5), 1)
				run := func(net *layers.Network) []float32 {
					var tr layers.Trace
					y, err := net.Forward(&tr, ws, x, layers.Eval)
					require.NoError(t, err)
					values, err := y.Float32s()
					require.NoError(t, err)
					return values
				}
				want := run(net)
				assert.InDeltaSlice(t, want, run(folded), 2e-5)
				require.NoError(t, kernels.Fill(net.Values(), 0))
				assert.InDeltaSlice(t, want, run(folded), 2e-5, "the folded network has values of its own")
			})
		})
	}
}

// foreign is a layer with parameters that the package does not know.
type foreign struct{ *layers.Linear }

func TestFoldedForeign(t *testing.T) {
	net := newNet(t, device.NewCPU(1), device.Shape{3}, &layers.Tanh{}, foreign{&layers.Linear{In: 3, Out: 2}})
	_, err := net.Folded()
	assert.ErrorContains(t, err, `layers: network net: layer 1 "1": Linear(3→2, no bias): cannot fold`)
}
