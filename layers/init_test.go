package layers_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// initLayers have enough parameters for statistics.
func initLayers() []layers.Layer {
	return []layers.Layer{
		layers.Named{Name: "linear", Layer: &layers.Linear{In: 50, Out: 4 * 4 * 40, Bias: true}},
		&layers.Reshape{Shape: device.Shape{4, 4, 40}},
		layers.Named{Name: "up", Layer: &layers.ConvTranspose2D{In: 40, Out: 64, Window: kernels.Square(4, 2, 1), Bias: true}},
		layers.Named{Name: "batch", Layer: &layers.BatchNorm{Features: 64, Eps: 1e-5, Momentum: 0.1}},
		layers.Named{Name: "conv", Layer: &layers.Conv2D{In: 64, Out: 300, Window: kernels.Square(3, 1, 1), Bias: true}},
		layers.Named{Name: "instance", Layer: &layers.InstanceNorm{Features: 300, Eps: 1e-5, Affine: true}},
	}
}

// TestInitStatistics compares minimum, mean and deviation of every parameter with what the
// initialisers promise.
func TestInitStatistics(t *testing.T) {
	type law struct {
		uniform   float64 // bound of a uniform law, or
		mean, std float64 // of a normal one; std 0 is a constant
	}
	root := func(fanIn float64) law { return law{uniform: 1 / math.Sqrt(fanIn)} }
	glorot := func(in, out float64) law { return law{uniform: math.Sqrt(6 / (in + out))} }
	zero, one := law{}, law{mean: 1}
	pytorch := map[string]law{
		"linear.weight": root(50), "linear.bias": root(50), "up.weight": root(64 * 16), "up.bias": root(64 * 16),
		"batch.weight": one, "batch.bias": zero, "conv.weight": root(64 * 9), "conv.bias": root(64 * 9), "instance.weight": one, "instance.bias": zero,
	}
	with := func(changes map[string]law) map[string]law {
		all := map[string]law{}
		for name, l := range pytorch {
			all[name] = l
		}
		for name, l := range changes {
			all[name] = l
		}
		return all
	}
	normal := law{std: 0.02}
	for scheme, laws := range map[string]map[string]law{
		"pytorch":    pytorch,
		"dcgan":      with(map[string]law{"up.weight": normal, "conv.weight": normal, "batch.weight": {mean: 1, std: 0.02}}),
		"dcgan-zero": with(map[string]law{"up.weight": normal, "conv.weight": normal, "batch.weight": normal}),
		"glorot": with(map[string]law{
			"linear.weight": glorot(50, 640), "linear.bias": zero, "up.weight": glorot(64*16, 40*16), "up.bias": zero,
			"conv.weight": glorot(64*9, 300*9), "conv.bias": zero,
		}),
	} {
		t.Run(scheme, func(t *testing.T) {
			net, err := layers.NewNetwork(device.NewCPU(1), "net", device.Shape{50}, initLayers()...)
			require.NoError(t, err)
			require.NoError(t, net.Init(scheme, 11))
			require.Len(t, net.Params(), len(laws))
			for _, p := range net.Params() {
				want, ok := laws[p.Name]
				require.True(t, ok, p.Name)
				values, err := p.Torch()
				require.NoError(t, err)
				mean, square, largest := 0.0, 0.0, 0.0
				for _, v := range values {
					mean += float64(v) / float64(len(values))
					largest = max(largest, math.Abs(float64(v)))
				}
				for _, v := range values {
					square += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
				}
				std := want.std
				if want.uniform > 0 {
					std = want.uniform / math.Sqrt(3)
					assert.LessOrEqual(t, largest, want.uniform*(1+1e-6), p.Name)
					assert.Greater(t, largest, want.uniform*0.9, p.Name)
				}
				count := math.Sqrt(float64(len(values)))
				assert.InDelta(t, want.mean, mean, 4.5*std/count+1e-9, p.Name)
				assert.InDelta(t, std, math.Sqrt(square), 4.5*std/count+1e-9, p.Name)
			}
		})
	}
}

// TestInitIsDeterministic checks what the numbers depend on: seed, network and parameter.
func TestInitIsDeterministic(t *testing.T) {
	values := func(name string, seed uint64, dev device.Device, list ...layers.Layer) []float32 {
		net, err := layers.NewNetwork(dev, name, device.Shape{50}, list...)
		require.NoError(t, err)
		require.NoError(t, net.Init("dcgan", seed))
		first, err := net.Params()[0].Torch()
		require.NoError(t, err)
		return first
	}
	two := device.NewCPU(2)
	defer two.Close()
	want := values("net", 1, device.NewCPU(1), initLayers()...)
	assert.Equal(t, want, values("net", 1, two, initLayers()...))
	assert.Equal(t, want, values("net", 1, two, initLayers()[:2]...), "layers behind do not matter")
	assert.NotEqual(t, want, values("net", 2, two, initLayers()...))
	assert.NotEqual(t, want, values("other", 1, two, initLayers()...))
	assert.NotEqual(t, want, values("net", 1, two, &layers.Linear{In: 50, Out: 640, Bias: true}), "another name")

	net, err := layers.NewNetwork(two, "net", device.Shape{50}, initLayers()...)
	require.NoError(t, err)
	assert.EqualError(t, net.Init("xavier", 1), `layers: initialiser "xavier": want one of [pytorch dcgan dcgan-zero glorot]`)
}
