package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

func TestCurves(t *testing.T) {
	for _, p := range precisions {
		for _, c := range []struct {
			name   string
			f      func(x float64) float64
			value  func(y, x *device.Tensor) error
			slope  func(dst, y, v *device.Tensor) error
			second func(xbar, y, ybar, xdot, delta *device.Tensor) error
		}{
			{"tanh", math.Tanh, kernels.Tanh, kernels.TanhSlope, kernels.TanhSecond},
			{"sigmoid", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, kernels.Sigmoid, kernels.SigmoidSlope, kernels.SigmoidSecond},
		} {
			t.Run(p.name+"/"+c.name, func(t *testing.T) {
				in := []float64{0, -0.25, 0.5, 2, -3, 6, -9, 100, -100, 1000, -1000}
				shape := device.Shape{len(in)}
				x, y := tensorOn(t, p.dev, shape, in...), tensorOn(t, p.dev, shape, math.NaN())
				require.NoError(t, c.value(y, x))
				v, delta, ybar := tensorOn(t, p.dev, shape, wave(len(in), 2)...), tensorOn(t, p.dev, shape, wave(len(in)+1, 1)[1:]...), tensorOn(t, p.dev, shape, wave(len(in)+2, 1)[2:]...)
				dst, with, without := tensorOn(t, p.dev, shape, math.NaN()), tensorOn(t, p.dev, shape, math.NaN()), tensorOn(t, p.dev, shape, math.NaN())
				require.NoError(t, c.slope(dst, y, v))
				require.NoError(t, c.second(with, y, ybar, v, delta))
				require.NoError(t, c.second(without, y, nil, v, delta))
				var values, slopes, seconds, alone []float64
				const h = 1e-5
				for i, x := range in {
					first := (c.f(x+h) - c.f(x-h)) / (2 * h)
					second := (c.f(x+h) - 2*c.f(x) + c.f(x-h)) / (h * h)
					vi, di, yi := valuesOf(v)[i], valuesOf(delta)[i], valuesOf(ybar)[i]
					values = append(values, c.f(x))
					slopes = append(slopes, first*vi)
					seconds = append(seconds, first*yi+second*vi*di)
					alone = append(alone, second*vi*di)
				}
				closeTo(t, values, valuesOf(y), p.tol, "value")
				closeTo(t, slopes, valuesOf(dst), max(p.tol, 1e-9), "slope")
				closeTo(t, seconds, valuesOf(with), 1e-5, "second")
				closeTo(t, alone, valuesOf(without), 1e-5, "second for ȳ = 0")

				require.NoError(t, c.slope(v, y, v))
				assert.Equal(t, valuesOf(dst), valuesOf(v), "in place")
				require.NoError(t, c.value(x, x))
				assert.Equal(t, valuesOf(y), valuesOf(x), "in place")
			})
		}
	}
}

func TestLeakyReLU(t *testing.T) {
	for _, p := range precisions {
		t.Run(p.name, func(t *testing.T) {
			shape := device.Shape{6}
			x := tensorOn(t, p.dev, shape, -2, math.Copysign(0, -1), 0, 0.5, math.Inf(1), math.NaN())
			v := tensorOn(t, p.dev, shape, 1, 2, 4, 8, 16, 32)
			y, dst := tensorOn(t, p.dev, shape), tensorOn(t, p.dev, shape)
			require.NoError(t, kernels.LeakyReLU(y, x, 0.25))
			assert.Equal(t, []float64{-0.5, 0, 0, 0.5, math.Inf(1)}, valuesOf(y)[:5])
			assert.True(t, math.IsNaN(valuesOf(y)[5]), "NaN stays")
			require.NoError(t, kernels.LeakyReLUMask(dst, x, v, 0.25))
			assert.Equal(t, []float64{0.25, 0.5, 1, 8, 16, 8}, valuesOf(dst), "zero has the slope of the negative side")
			require.NoError(t, kernels.LeakyReLUMask(v, y, v, 0.25))
			assert.Equal(t, valuesOf(dst), valuesOf(v), "by the output, in place")
			require.NoError(t, kernels.LeakyReLU(x, x, 0))
			assert.Equal(t, []float64{0, 0, 0, 0.5, math.Inf(1)}, valuesOf(x)[:5], "ReLU, in place")
		})
	}
}
