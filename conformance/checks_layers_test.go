package conformance_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

// single builds a network of one layer in float64.
func single(t *testing.T, input device.Shape, l layers.Layer) *layers.Network {
	t.Helper()
	net, err := layers.NewNetwork(device.NewCPU64(1), "net", input, l)
	require.NoError(t, err)
	require.NoError(t, net.Init("pytorch", 1))
	return net
}

// forward runs a network on x.
func forward(t *testing.T, net *layers.Network, x *device.Tensor, mode layers.Mode) []float64 {
	t.Helper()
	y, err := net.Forward(new(layers.Trace), device.NewWorkspace(net.Device()), x, mode)
	require.NoError(t, err)
	return device.Data[float64](y)
}

// 12: in training, batch norm averages means and variances, unbiased as PyTorch or biased as Keras; in
// evaluation it normalises with those.
func TestCheck12RunningStatistics(t *testing.T) {
	batches := [][]float64{{1, 2, 4}, {0, -3, 9}}
	for _, test := range []struct {
		name     string
		layer    *layers.BatchNorm
		newShare float64
		divisor  float64 // of the sum of squares of three numbers
	}{
		{"PyTorch", &layers.BatchNorm{Features: 1, Eps: 1e-5, Momentum: 0.1}, 0.1, 2},
		{"Keras", &layers.BatchNorm{Features: 1, Eps: 1e-3, Momentum: 0.01, Biased: true}, 0.01, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := single(t, device.Shape{1}, test.layer)
			mean, variance := 0.0, 1.0
			for _, b := range batches {
				x, err := net.Device().New(device.Shape{3, 1})
				require.NoError(t, err)
				copy(device.Data[float64](x), b)
				y := forward(t, net, x, layers.Train)
				m := (b[0] + b[1] + b[2]) / 3
				s := 0.0
				for _, v := range b {
					s += (v - m) * (v - m)
				}
				for i, v := range b {
					assert.InDelta(t, (v-m)/math.Sqrt(s/3+test.layer.Eps), y[i], 1e-12, "training normalises with the batch's biased variance")
				}
				mean = (1-test.newShare)*mean + test.newShare*m
				variance = (1-test.newShare)*variance + test.newShare*s/test.divisor
			}
			x, err := net.Device().New(device.Shape{1, 1})
			require.NoError(t, err)
			device.Data[float64](x)[0] = 5
			assert.InDelta(t, (5-mean)/math.Sqrt(variance+test.layer.Eps), forward(t, net, x, layers.Eval)[0], 1e-12, "evaluation with the running ones")
			assert.Equal(t, 2.0, device.Data[float64](net.Buffers()[2].Value)[0], "batches averaged")
		})
	}
}

// buffersOf returns all numbers of a network's buffers.
func buffersOf(t *testing.T, net *layers.Network) (all []float32) {
	t.Helper()
	for _, p := range net.Buffers() {
		all = append(all, values(t, p.Value)...)
	}
	return all
}

// 12: an iteration updates the generator's statistics n_critic + 1 times, n_critic times in the
// tutorial's way; sampling leaves them alone, and a sample does not depend on its batch.
func TestCheck12UpdatesAndSampling(t *testing.T) {
	for compat, want := range map[string]float32{"none": 6, "all": 5} {
		dev := device.NewCPU(2)
		defer dev.Close()
		c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{
			"COMPAT=" + compat, "IMAGE_SIZE=16", "FEATURES_GEN=2", "FEATURES_CRITIC=2", "Z_DIM=8", "BATCH_SIZE=4",
		}})
		require.NoError(t, err)
		v := variantOf(t, dev, c)
		n := v.Networks()
		tr, err := variants.NewTrainer(v, randomSamples(t, n, 8), presets.Trainer(c, 3))
		require.NoError(t, err)
		require.NoError(t, tr.Run(context.Background()))
		for _, p := range n.Generator.Buffers() {
			if p.Role == layers.Count {
				assert.Equal(t, 3*want, values(t, p.Value)[0], "%s, COMPAT %s", p.Name, compat)
			}
		}

		before := buffersOf(t, n.Generator)
		ws := device.NewWorkspace(dev)
		sample := func(rows int) []float32 {
			ws.Reset()
			z := ws.New(n.Generator.Input().Batch(rows))
			require.NoError(t, tr.FixedNoise(z))
			x, err := variants.Generate(n.Generator, ws, z)
			require.NoError(t, err)
			return values(t, x)
		}
		assert.Equal(t, sample(9)[:n.Generator.Output().Len()], sample(1))
		assert.Equal(t, before, buffersOf(t, n.Generator))
	}
}

// impulse returns an image of zeros but for one pixel.
func impulse(t *testing.T, dev device.Device, size, at int) *device.Tensor {
	t.Helper()
	x, err := dev.New(device.Shape{1, size, size, 1})
	require.NoError(t, err)
	device.Data[float64](x)[at*size+at] = 1
	return x
}

// 13: TensorFlow's 'same' padding puts one zero before the image and two after it: the first output
// sees the first pixel under tap 1 of 5, the last output the last pixel under tap 2.
func TestCheck13SamePadding(t *testing.T) {
	for _, size := range []int{28, 14} {
		net := single(t, device.Shape{size, size, 1}, &layers.Conv2D{In: 1, Out: 1, Window: kernels.Same(5, 2, size, size)})
		w := device.Data[float64](net.Params()[0].Value)
		out := size / 2
		require.Equal(t, device.Shape{out, out, 1}, net.Output())
		y := forward(t, net, impulse(t, net.Device(), size, 0), layers.Train)
		assert.Equal(t, w[1*5+1], y[0])
		y = forward(t, net, impulse(t, net.Device(), size, size-1), layers.Train)
		assert.Equal(t, w[2*5+2], y[out*out-1])
	}
	// PyTorch's symmetric padding of two has the same size and other taps.
	net := single(t, device.Shape{28, 28, 1}, &layers.Conv2D{In: 1, Out: 1, Window: kernels.Square(5, 2, 2)})
	require.Equal(t, device.Shape{14, 14, 1}, net.Output())
	w := device.Data[float64](net.Params()[0].Value)
	assert.Equal(t, w[2*5+2], forward(t, net, impulse(t, net.Device(), 28, 0), layers.Train)[0])
}

// 13: a transposed convolution is the adjoint of the convolution with the same weights:
// ⟨conv x, y⟩ = ⟨x, convT y⟩.
func TestCheck13Adjoint(t *testing.T) {
	for name, test := range map[string]struct {
		window  kernels.Window
		size    int
		padding [2]int
	}{
		"k4 s2 p1":   {kernels.Square(4, 2, 1), 8, [2]int{}},
		"k4 s1 p0":   {kernels.Square(4, 1, 0), 4, [2]int{}},
		"k4 s2 p0":   {kernels.Square(4, 2, 0), 6, [2]int{}},
		"k5 s2 same": {kernels.Same(5, 2, 8, 8), 8, [2]int{}},
		"k3 s2 p1":   {kernels.Square(3, 2, 1), 8, [2]int{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			image := device.Shape{test.size, test.size, 3}
			conv := single(t, image, &layers.Conv2D{In: 3, Out: 2, Window: test.window})
			transposed := single(t, conv.Output(), &layers.ConvTranspose2D{In: 2, Out: 3, Window: test.window, OutputPadding: test.padding})
			require.Equal(t, image, transposed.Output())
			// Both keep their weights as (small side, height, width, large side).
			copy(device.Data[float64](transposed.Params()[0].Value), device.Data[float64](conv.Params()[0].Value))
			x := newTensor(t, conv.Device(), image.Batch(2), -1, 1, 1)
			y := newTensor(t, transposed.Device(), conv.Output().Batch(2), -1, 1, 2)
			dot := func(a, b []float64) (sum float64) {
				for i := range a {
					sum += a[i] * b[i]
				}
				return sum
			}
			forwards := dot(forward(t, conv, x, layers.Train), device.Data[float64](y))
			assert.InDelta(t, forwards, dot(device.Data[float64](x), forward(t, transposed, y, layers.Train)), 1e-12)
		})
	}
}

// 13: number c·49 + h·7 + w of a vector flattened channel by channel is number (h·7+w)·128 + c of one
// flattened pixel by pixel.
func TestCheck13Flatten(t *testing.T) {
	image := device.Shape{7, 7, 128}
	chw, hwc := single(t, image, &layers.Flatten{Order: layers.CHW}), single(t, image, &layers.Flatten{Order: layers.HWC})
	x := newTensor(t, chw.Device(), image.Batch(2), -1, 1, 1)
	a := forward(t, chw, x, layers.Train)
	x = newTensor(t, hwc.Device(), image.Batch(2), -1, 1, 1)
	b := forward(t, hwc, x, layers.Train)
	for n := range 2 {
		for c := range 128 {
			for h := range 7 {
				for w := range 7 {
					require.Equal(t, a[n*6272+c*49+h*7+w], b[n*6272+(h*7+w)*128+c])
				}
			}
		}
	}
}
