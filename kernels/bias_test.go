package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

func TestBias(t *testing.T) {
	for _, p := range precisions {
		for _, shape := range []device.Shape{{1, 1}, {3, 2}, {2, 3, 5, 33}, {4, 16}} {
			t.Run(p.name+shape.String(), func(t *testing.T) {
				c := shape.Last()
				y, b := tensorOn(t, p.dev, shape, wave(shape.Len(), 1)...), tensorOn(t, p.dev, device.Shape{c}, wave(c+1, 1)[1:]...)
				before, sums := valuesOf(y), valuesOf(b)
				for i, v := range before {
					sums[i%c] += v
					before[i] += valuesOf(b)[i%c]
				}
				db := tensorOn(t, p.dev, device.Shape{c}, valuesOf(b)...)
				require.NoError(t, kernels.BiasGrad(db, y))
				closeTo(t, sums, valuesOf(db), p.tol, "sums, which accumulate")
				activated := tensorOn(t, p.dev, shape, valuesOf(y)...)
				require.NoError(t, kernels.AddBias(y, b))
				closeTo(t, before, valuesOf(y), p.tol, "y + b")
				require.NoError(t, kernels.AddBiasLeakyReLU(activated, b, 0.25))
				require.NoError(t, kernels.AddBiasLeakyReLU(y, nil, 0.25))
				for i, v := range before {
					before[i] = max(v, 0.25*v)
				}
				closeTo(t, before, valuesOf(activated), p.tol, "leaky(y + b)")
				assert.Equal(t, valuesOf(activated), valuesOf(y), "without a bias")
			})
		}
	}
}

// TestBiasGradRows sums many rows of few and of many columns, which are cut into ranges.
func TestBiasGradRows(t *testing.T) {
	for _, p := range precisions {
		for _, shape := range []device.Shape{{98304, 3}, {50021, 1}, {4099, 70}, {67, 1024}} {
			c := shape.Last()
			dy, db := tensorOn(t, p.dev, shape, wave(1009*c, 1)...), tensorOn(t, p.dev, device.Shape{c})
			require.NoError(t, kernels.BiasGrad(db, dy))
			sums := make([]float64, c)
			for i, v := range valuesOf(dy) {
				sums[i%c] += v
			}
			for i, v := range valuesOf(db) {
				assert.InDelta(t, sums[i], v, max(p.tol*math.Abs(sums[i]), 1e-9), "%s, %v, column %d", p.name, shape, i)
			}
		}
	}
}

// TestBiasGradCancels adds the scores' gradients of a Wasserstein loss, which float32 cannot hold
// exactly: their sum is zero in every bit, in the order of a merged batch too.
func TestBiasGradCancels(t *testing.T) {
	dev := device.NewCPU(1)
	for _, n := range []int{1, 3, 15, 63, 1000, 50021} {
		dy, db := tensorOn(t, dev, device.Shape{2 * n, 1}), tensorOn(t, dev, device.Shape{1})
		for i := range n {
			device.Data[float32](dy)[i], device.Data[float32](dy)[n+i] = -1/float32(n), 1/float32(n)
		}
		require.NoError(t, kernels.BiasGrad(db, dy))
		assert.Equal(t, []float64{0}, valuesOf(db), "N = %d", n)
	}
}

func TestPlanar(t *testing.T) {
	for _, p := range precisions {
		// Two images of 1×3 pixels and two channels.
		shape := device.Shape{2, 1, 3, 2}
		x := tensorOn(t, p.dev, shape, 0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15)
		y, back := tensorOn(t, p.dev, device.Shape{2, 6}), tensorOn(t, p.dev, shape)
		require.NoError(t, kernels.ToPlanar(y, x))
		assert.Equal(t, []float64{0, 2, 4, 1, 3, 5, 10, 12, 14, 11, 13, 15}, valuesOf(y))
		require.NoError(t, kernels.FromPlanar(back, y))
		assert.Equal(t, valuesOf(x), valuesOf(back))
	}
}
