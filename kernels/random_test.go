package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

func TestRandomFollowsTheSequence(t *testing.T) {
	r := device.Random{Seed: 11, Stream: 2, Step: 1 << 40}
	for _, n := range []int{1, 2, 3, 4, 5, 4099} {
		for _, dev := range []device.Device{device.NewCPU(1), device.NewCPU64(1)} {
			t.Run(fmt.Sprint(n, dev), func(t *testing.T) {
				u, z := tensorOn(t, dev, device.Shape{n}), tensorOn(t, dev, device.Shape{n})
				require.NoError(t, kernels.Uniform(u, -1, 1, r))
				require.NoError(t, kernels.Normal(z, 3, 0, r))
				for i, v := range valuesOf(u) {
					require.Equal(t, 2*float64(r.Uniform(i))-1, v, "element %d", i)
				}
				assert.Equal(t, valuesOf(tensorOn(t, dev, device.Shape{n}, 3)), valuesOf(z), "no deviation leaves the mean")
				require.NoError(t, kernels.Normal(z, 0, 2, r))
				for i, v := range valuesOf(z) {
					normals := r.Normals(uint32(i / 4))
					require.Equal(t, 2*float64(normals[i%4]), v, "element %d", i)
				}
			})
		}
	}
}

func TestRandomMoments(t *testing.T) {
	const n = 100_000
	x := tensorOn(t, device.NewCPU(1), device.Shape{n})
	moments := func() (mean, std float64) {
		for _, v := range valuesOf(x) {
			mean += v / n
		}
		for _, v := range valuesOf(x) {
			std += (v - mean) * (v - mean) / n
		}
		return mean, math.Sqrt(std)
	}
	// Five standard errors: 0.02/√n for the mean, 0.02/√(2n) for the deviation of a normal.
	require.NoError(t, kernels.Normal(x, 1, 0.02, device.Random{Seed: 1}))
	mean, std := moments()
	assert.InDelta(t, 1, mean, 3.2e-4)
	assert.InDelta(t, 0.02, std, 2.3e-4)
	require.NoError(t, kernels.Uniform(x, 2, 5, device.Random{Seed: 1}))
	mean, std = moments()
	assert.InDelta(t, 3.5, mean, 0.014)
	assert.InDelta(t, 3/math.Sqrt(12), std, 0.007)
}
