package layers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

// TestFindOperands says which tensors of networks convolutions on tensor cores read.
func TestFindOperands(t *testing.T) {
	conv := func(in, out int) Layer { return &Conv2D{In: in, Out: out, Window: kernels.Square(4, 2, 1)} }
	up := func(in, out int) Layer { return &ConvTranspose2D{In: in, Out: out, Window: kernels.Square(4, 2, 1)} }
	leaky := func() Layer { return &LeakyReLU{Slope: 0.2} }
	norm := func(c int) Layer { return &InstanceNorm{Features: c, Eps: 1e-5} }
	out, gradient, both, delta := operands{output: true}, operands{gradient: true}, operands{output: true, gradient: true}, operands{delta: true}
	none := operands{}
	for _, c := range []struct {
		name   string
		input  device.Shape
		layers []Layer
		want   []operands // of each unit
	}{
		{"critic with norms", device.Shape{32, 32, 3},
			[]Layer{conv(3, 64), leaky(), conv(64, 128), norm(128), leaky(), conv(128, 256), norm(256), leaky(), &Conv2D{In: 256, Out: 1, Window: kernels.Square(4, 1, 0)}},
			[]operands{out, none, both, none, gradient, none}},
		{"critic without norms", device.Shape{32, 32, 3},
			[]Layer{conv(3, 64), leaky(), conv(64, 128), leaky(), conv(128, 64), leaky(), &Flatten{}, &Linear{In: 1024, Out: 1}},
			[]operands{out, {output: true, delta: true}, delta, none, none}},
		{"generator", device.Shape{1, 1, 8},
			[]Layer{&ConvTranspose2D{In: 8, Out: 128, Window: kernels.Square(4, 1, 0)}, norm(128), ReLU(), up(128, 64), norm(64), ReLU(), up(64, 3), &Tanh{}},
			[]operands{none, out, none, gradient, none, none}},
		{"a vector seen as an image", device.Shape{8},
			[]Layer{&Linear{In: 8, Out: 1024}, ReLU(), &Reshape{Shape: device.Shape{4, 4, 64}, Order: HWC}, up(64, 64), &Flatten{Order: HWC}, &Linear{In: 4096, Out: 1}},
			[]operands{out, out, none, gradient, gradient}},
		{"a vector made an image", device.Shape{8},
			[]Layer{&Linear{In: 8, Out: 1024}, ReLU(), &Reshape{Shape: device.Shape{4, 4, 64}}, up(64, 64), &Flatten{}, &Linear{In: 4096, Out: 1}},
			[]operands{none, out, none, gradient, none}},
		{"activations that stay alone", device.Shape{16, 16, 64},
			[]Layer{conv(64, 64), &Tanh{}, conv(64, 64), &LeakyReLU{Slope: -0.1}, up(64, 64), &Sigmoid{}},
			[]operands{none, both, none, both, none, gradient}},
		{"channels that are no pieces", device.Shape{16, 16, 96},
			[]Layer{conv(96, 64), norm(64), conv(64, 32), norm(32), conv(32, 16), norm(16)},
			[]operands{none, both, none, none, none, none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			net, err := NewNetwork(device.NewMeta(), "net", c.input, c.layers...)
			require.NoError(t, err)
			var have []operands
			for _, u := range net.units {
				have = append(have, u.operands)
			}
			assert.Equal(t, c.want, have)
		})
	}
}
