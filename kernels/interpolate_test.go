package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

func TestInterpolate(t *testing.T) {
	for _, dev := range []device.Device{device.NewCPU(1), device.NewCPU64(1)} {
		t.Run(dev.String(), func(t *testing.T) {
			shape := device.Shape{3, 1, 2, 1}
			real, fake := tensorOn(t, dev, shape, 0.1, -0.7, 1, 2, 0.3, -0.9), tensorOn(t, dev, shape, 0.9, 0.2, 5, 10, 0.7, 0.6)
			dst, alpha := tensorOn(t, dev, shape), tensorOn(t, dev, device.Shape{3, 1, 1, 1}, 1, 0.25, 0)
			require.NoError(t, kernels.Interpolate(dst, real, fake, alpha))
			got := valuesOf(dst)
			assert.Equal(t, valuesOf(real)[:2], got[:2], "alpha 1 is the real sample")
			assert.Equal(t, []float64{4, 8}, got[2:4], "one alpha for the whole sample")
			assert.Equal(t, valuesOf(fake)[4:], got[4:], "alpha 0 is the fake sample")

			require.NoError(t, kernels.Interpolate(fake, real, fake, alpha))
			assert.Equal(t, got, valuesOf(fake), "in place")
		})
	}
}

func TestInterpolateRefuses(t *testing.T) {
	dev := device.NewCPU(1)
	x := func(shape ...int) *device.Tensor {
		var s device.Shape
		copy(s[:], shape)
		return tensorOn(t, dev, s)
	}
	for _, c := range []struct {
		arg                    string
		dst, real, fake, alpha *device.Tensor
	}{
		{"fake", x(2, 3), x(2, 3), x(3, 2), x(2)},
		{"dst", x(2, 4), x(2, 3), x(2, 3), x(2)},
		{"alpha", x(2, 3), x(2, 3), x(2, 3), x(3)},
		{"alpha", x(2, 3), x(2, 3), x(2, 3), x(2, 3)},
		{"alpha", x(2, 3), x(2, 3), x(2, 3), x(1, 2)},
	} {
		var shapes *device.ShapeError
		require.ErrorAs(t, kernels.Interpolate(c.dst, c.real, c.fake, c.alpha), &shapes)
		assert.Equal(t, c.arg, shapes.Arg)
	}
	assert.ErrorContains(t, kernels.InterpolateCopy(x(2, 3), x(3, 2), x(2, 3), x(2, 3), x(2)), "copied (3,2): want the shape of fake (2,3)")
}
