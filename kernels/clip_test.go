package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

func TestClip(t *testing.T) {
	inf := math.Inf(1)
	x := tensorOn(t, device.NewCPU(1), device.Shape{8}, -inf, -3, -0.01, -0.005, 0, 0.01, 0.02, inf)
	require.NoError(t, kernels.Clip(x, 0.01))
	c := float64(float32(0.01))
	assert.Equal(t, []float64{-c, -c, -c, float64(float32(-0.005)), 0, c, c, c}, valuesOf(x))

	x = tensorOn(t, device.NewCPU64(1), device.Shape{2}, math.NaN(), 5)
	require.NoError(t, kernels.Clip(x, 0))
	assert.True(t, math.IsNaN(valuesOf(x)[0]), "NaN must stay visible")
	assert.Zero(t, valuesOf(x)[1])

	for _, limit := range []float64{-1, math.NaN()} {
		assert.ErrorContains(t, kernels.Clip(x, limit), "kernels: clip: limit")
	}
}

func TestCopyNeedsEqualLengths(t *testing.T) {
	dev := device.NewCPU(1)
	dst, src := tensorOn(t, dev, device.Shape{2, 3}), tensorOn(t, dev, device.Shape{3, 2}, 1, 2, 3, 4, 5, 6)
	require.NoError(t, kernels.Copy(dst, src))
	assert.Equal(t, []float64{1, 2, 3, 4, 5, 6}, valuesOf(dst))

	var shapes *device.ShapeError
	require.ErrorAs(t, kernels.Copy(tensorOn(t, dev, device.Shape{7}), src), &shapes)
	assert.Equal(t, "dst", shapes.Arg)
	assert.ErrorContains(t, kernels.Copy(tensorOn(t, device.NewCPU(1), device.Shape{6}), src), "device")
}
