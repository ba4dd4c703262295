package layers_test

import (
	"testing"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/layers/layertest"
)

// TestPasses checks all passes of every layer, and of networks made of them.
func TestPasses(t *testing.T) {
	image := func(h, w, c int) device.Shape { return device.Shape{h, w, c} }
	wide := kernels.Window{KernelH: 2, KernelW: 3, StrideH: 3, StrideW: 1, Top: 1, Bottom: 0, Left: 0, Right: 2}
	for _, test := range []struct {
		name   string
		input  device.Shape
		batch  int
		layers func() []layers.Layer
	}{
		{"linear", device.Shape{7}, 3, one(func() layers.Layer { return &layers.Linear{In: 7, Out: 5, Bias: true} })},
		{"linear of one number", device.Shape{1}, 2, one(func() layers.Layer { return &layers.Linear{In: 1, Out: 1, Bias: true} })},
		{"linear no bias", device.Shape{3}, 1, one(func() layers.Layer { return &layers.Linear{In: 3, Out: 1} })},
		{"conv k3 s1 p1", image(5, 7, 2), 2, one(func() layers.Layer { return &layers.Conv2D{In: 2, Out: 3, Window: kernels.Square(3, 1, 1), Bias: true} })},
		{"conv k4 s2 p1", image(8, 6, 3), 2, one(func() layers.Layer { return &layers.Conv2D{In: 3, Out: 2, Window: kernels.Square(4, 2, 1)} })},
		{"conv k4 s2 p1 of odd size", image(7, 9, 1), 1, one(func() layers.Layer { return &layers.Conv2D{In: 1, Out: 2, Window: kernels.Square(4, 2, 1), Bias: true} })},
		{"conv k5 s2 same", image(7, 6, 2), 2, one(func() layers.Layer {
			return &layers.Conv2D{In: 2, Out: 2, Window: kernels.Same(5, 2, 7, 6), Bias: true}
		})},
		{"conv of odd geometry", image(5, 4, 2), 2, one(func() layers.Layer { return &layers.Conv2D{In: 2, Out: 3, Window: wide, Bias: true} })},
		{"conv kernel larger than image", image(2, 3, 2), 2, one(func() layers.Layer { return &layers.Conv2D{In: 2, Out: 2, Window: kernels.Square(5, 1, 2), Bias: true} })},
		{"conv 1×1", image(3, 2, 4), 3, one(func() layers.Layer { return &layers.Conv2D{In: 4, Out: 3, Window: kernels.Square(1, 1, 0), Bias: true} })},
		{"conv 1×1 stride 2", image(5, 4, 2), 1, one(func() layers.Layer { return &layers.Conv2D{In: 2, Out: 2, Window: kernels.Square(1, 2, 0)} })},
		{"conv all padding", image(1, 1, 1), 2, one(func() layers.Layer { return &layers.Conv2D{In: 1, Out: 1, Window: kernels.Square(1, 1, 2), Bias: true} })},
		{"convT k4 s1 p0", image(1, 1, 5), 2, one(func() layers.Layer { return &layers.ConvTranspose2D{In: 5, Out: 3, Window: kernels.Square(4, 1, 0)} })},
		{"convT to one pixel", image(1, 1, 3), 2, one(func() layers.Layer {
			return &layers.ConvTranspose2D{In: 3, Out: 2, Window: kernels.Square(1, 1, 0), Bias: true}
		})},
		{"convT k4 s2 p1", image(3, 4, 2), 2, one(func() layers.Layer {
			return &layers.ConvTranspose2D{In: 2, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}
		})},
		{"convT output padding", image(3, 2, 2), 1, one(func() layers.Layer {
			return &layers.ConvTranspose2D{In: 2, Out: 2, Window: kernels.Square(3, 2, 1), OutputPadding: [2]int{1, 0}, Bias: true}
		})},
		{"convT of odd geometry", image(3, 4, 2), 2, one(func() layers.Layer {
			return &layers.ConvTranspose2D{In: 2, Out: 3, Window: wide, OutputPadding: [2]int{2, 0}}
		})},
		{"batch norm 1d", device.Shape{5}, 4, one(func() layers.Layer { return &layers.BatchNorm{Features: 5, Eps: 1e-3, Momentum: 0.01, Biased: true} })},
		{"batch norm of one feature", device.Shape{1}, 3, one(func() layers.Layer { return &layers.BatchNorm{Features: 1, Eps: 1e-5, Momentum: 0.1} })},
		{"batch norm 2d", image(3, 2, 19), 2, one(func() layers.Layer { return &layers.BatchNorm{Features: 19, Eps: 1e-5, Momentum: 0.1} })},
		{"batch norm 2d of one image", image(3, 5, 2), 1, one(func() layers.Layer { return &layers.BatchNorm{Features: 2, Eps: 1e-5, Momentum: 0.1} })},
		{"instance norm", image(3, 4, 2), 2, one(func() layers.Layer { return &layers.InstanceNorm{Features: 2, Eps: 1e-5} })},
		{"instance norm of one channel", image(3, 3, 1), 2, one(func() layers.Layer { return &layers.InstanceNorm{Features: 1, Eps: 1e-5, Affine: true} })},
		{"instance norm affine", image(2, 3, 18), 2, one(func() layers.Layer { return &layers.InstanceNorm{Features: 18, Eps: 1e-5, Affine: true} })},
		{"layer norm", image(3, 2, 4), 2, one(func() layers.Layer { return &layers.LayerNorm{Shape: image(3, 2, 4), Eps: 1e-5} })},
		{"layer norm per channel", image(3, 2, 4), 2, one(func() layers.Layer { return &layers.LayerNorm{Shape: image(3, 2, 4), PerChannel: true, Eps: 1e-5} })},
		{"layer norm of one channel", image(3, 3, 1), 1, one(func() layers.Layer { return &layers.LayerNorm{Shape: image(3, 3, 1), PerChannel: true, Eps: 1e-5} })},
		{"layer norm of vectors", device.Shape{17}, 3, one(func() layers.Layer { return &layers.LayerNorm{Shape: device.Shape{17}, Eps: 1e-5} })},
		{"relu", image(2, 3, 3), 2, one(func() layers.Layer { return layers.ReLU() })},
		{"leaky relu", device.Shape{33}, 1, one(func() layers.Layer { return &layers.LeakyReLU{Slope: 0.2} })},
		{"conv and leaky relu", image(5, 4, 2), 2, pair(func() layers.Layer { return &layers.Conv2D{In: 2, Out: 3, Window: kernels.Square(3, 2, 1), Bias: true} }, 0.2)},
		{"convT without bias and relu", image(2, 3, 2), 2, pair(func() layers.Layer { return &layers.ConvTranspose2D{In: 2, Out: 3, Window: kernels.Square(4, 2, 1)} }, 0)},
		{"linear and steep relu", device.Shape{5}, 3, pair(func() layers.Layer { return &layers.Linear{In: 5, Out: 4, Bias: true} }, 1.5)},
		{"batch norm and relu", image(3, 2, 19), 2, pair(func() layers.Layer { return &layers.BatchNorm{Features: 19, Eps: 1e-5, Momentum: 0.1} }, 0)},
		{"instance norm and leaky relu", image(2, 3, 18), 2, pair(func() layers.Layer { return &layers.InstanceNorm{Features: 18, Eps: 1e-5} }, 0.2)},
		{"instance norm affine and steep relu", image(4, 3, 5), 2, pair(func() layers.Layer { return &layers.InstanceNorm{Features: 5, Eps: 1e-5, Affine: true} }, 1.5)},
		{"layer norm and leaky relu", image(3, 2, 4), 2, pair(func() layers.Layer { return &layers.LayerNorm{Shape: image(3, 2, 4), Eps: 1e-5} }, 0.2)},
		{"layer norm per channel and relu", image(3, 2, 4), 2, pair(func() layers.Layer {
			return &layers.LayerNorm{Shape: image(3, 2, 4), PerChannel: true, Eps: 1e-5}
		}, 0)},
		{"tanh", image(3, 1, 5), 2, one(func() layers.Layer { return &layers.Tanh{} })},
		{"sigmoid", device.Shape{9}, 3, one(func() layers.Layer { return &layers.Sigmoid{} })},
		{"flatten CHW", image(2, 3, 4), 2, one(func() layers.Layer { return &layers.Flatten{Order: layers.CHW} })},
		{"flatten HWC", image(2, 3, 4), 2, one(func() layers.Layer { return &layers.Flatten{Order: layers.HWC} })},
		{"flatten a vector", device.Shape{4}, 2, one(func() layers.Layer { return &layers.Flatten{} })},
		{"reshape to an image, CHW", device.Shape{24}, 2, one(func() layers.Layer { return &layers.Reshape{Shape: image(2, 3, 4)} })},
		{"reshape to an image, HWC", device.Shape{24}, 2, one(func() layers.Layer { return &layers.Reshape{Shape: image(2, 3, 4), Order: layers.HWC} })},
		{"reshape to a vector, CHW", image(3, 2, 2), 2, one(func() layers.Layer { return &layers.Reshape{Shape: device.Shape{12}} })},
		{"mlp", device.Shape{6}, 3, func() []layers.Layer {
			return []layers.Layer{
				&layers.Linear{In: 6, Out: 7, Bias: true}, &layers.Tanh{}, &layers.Linear{In: 7, Out: 5, Bias: true},
				&layers.LeakyReLU{Slope: 0.2}, &layers.Linear{In: 5, Out: 1, Bias: true}, &layers.Sigmoid{},
			}
		}},
		{"critic", image(8, 8, 2), 2, func() []layers.Layer {
			return []layers.Layer{
				&layers.Conv2D{In: 2, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
				&layers.Conv2D{In: 3, Out: 4, Window: kernels.Square(3, 1, 1)}, &layers.InstanceNorm{Features: 4, Eps: 1e-5, Affine: true},
				&layers.LeakyReLU{Slope: 0.2}, &layers.LayerNorm{Shape: image(4, 4, 4), Eps: 1e-5}, &layers.Tanh{},
				&layers.Flatten{}, &layers.Linear{In: 64, Out: 1, Bias: true},
			}
		}},
		{"generator", image(1, 1, 3), 3, func() []layers.Layer {
			return []layers.Layer{
				&layers.ConvTranspose2D{In: 3, Out: 4, Window: kernels.Square(3, 1, 0)}, &layers.BatchNorm{Features: 4, Eps: 1e-5, Momentum: 0.1},
				layers.ReLU(), &layers.ConvTranspose2D{In: 4, Out: 2, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.Tanh{},
			}
		}},
		{"curves below the parameters", device.Shape{4}, 2, func() []layers.Layer {
			return []layers.Layer{&layers.Tanh{}, &layers.Sigmoid{}, &layers.Linear{In: 4, Out: 2, Bias: true}, &layers.Tanh{}}
		}},
	} {
		layertest.Run(t, test.name, func(dev device.Device) (*layers.Network, error) {
			return layers.NewNetwork(dev, "net", test.input, test.layers()...)
		}, test.batch)
	}
}

// pair makes a list of a layer and a leaky ReLU, which run as one.
func pair(build func() layers.Layer, slope float64) func() []layers.Layer {
	return func() []layers.Layer {
		return []layers.Layer{build(), &layers.LeakyReLU{Slope: slope}}
	}
}

// one makes a list of one layer.
func one(build func() layers.Layer) func() []layers.Layer {
	return func() []layers.Layer { return []layers.Layer{build()} }
}
