package layers_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/layers"
)

// TestFlattenOrders flattens two images of 2×3 pixels and two channels, whose numbers are their
// places h, v and c as digits: PyTorch goes channel by channel, Keras pixel by pixel.
func TestFlattenOrders(t *testing.T) {
	images := []float32{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}
	for _, test := range []struct {
		order layers.Order
		want  []float32
	}{
		{layers.CHW, []float32{0, 10, 20, 100, 110, 120, 1, 11, 21, 101, 111, 121}},
		{layers.HWC, images},
	} {
		t.Run(fmt.Sprint(test.order), func(t *testing.T) {
			dev := device.NewCPU(1)
			shape := device.Shape{2, 3, 2}
			flatten := newNet(t, dev, shape, &layers.Flatten{Order: test.order})
			reshape := newNet(t, dev, device.Shape{12}, &layers.Reshape{Shape: shape, Order: test.order})
			x, err := dev.New(shape.Batch(2))
			require.NoError(t, err)
			both := append([]float32(nil), images...)
			for _, v := range images {
				both = append(both, v+1000)
			}
			require.NoError(t, x.CopyFrom(both))
			ws := device.NewWorkspace(dev)
			var tr layers.Trace
			y, err := flatten.Forward(&tr, ws, x, layers.Train)
			require.NoError(t, err)
			assert.Equal(t, device.Shape{2, 12}, y.Shape())
			got, err := y.Float32s()
			require.NoError(t, err)
			assert.Equal(t, test.want, got[:12])
			assert.Equal(t, test.want[3]+1000, got[15])
			back, err := reshape.Forward(&tr, ws, y, layers.Train)
			require.NoError(t, err)
			assert.Equal(t, x.Shape(), back.Shape())
			got, err = back.Float32s()
			require.NoError(t, err)
			assert.Equal(t, both, got)
		})
	}
}

// TestFlattenSharesMemory checks that numbers are copied only where they change place.
func TestFlattenSharesMemory(t *testing.T) {
	dev := device.NewCPU(1)
	for _, test := range []struct {
		shape  device.Shape
		order  layers.Order
		copied bool
	}{
		{device.Shape{2, 3, 2}, layers.CHW, true},
		{device.Shape{2, 3, 2}, layers.HWC, false},
		{device.Shape{2, 3, 1}, layers.CHW, false},
		{device.Shape{1, 1, 7}, layers.CHW, false},
		{device.Shape{5}, layers.CHW, false},
	} {
		net := newNet(t, dev, test.shape, &layers.Flatten{Order: test.order})
		x := normal(t, dev, test.shape.Batch(2), 1)
		var tr layers.Trace
		y, err := net.Forward(&tr, device.NewWorkspace(dev), x, layers.Train)
		require.NoError(t, err)
		assert.Equal(t, test.copied, &device.Data[float32](x)[0] != &device.Data[float32](y)[0], "%v %v", test.shape, test.order)
	}
}
