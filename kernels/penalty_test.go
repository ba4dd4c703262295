package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

// penaltyOf returns what PenaltyDirection computes in float64.
func penaltyOf(t *testing.T, shape device.Shape, g []float64, o kernels.PenaltyOptions) (v, norms []float64, penalty float64) {
	t.Helper()
	dev := device.NewCPU64(1)
	groups := shape[0]
	if o.PerPixel {
		groups = shape.Len() / shape.Last()
	}
	tv, tn, tp := tensorOn(t, dev, shape, math.NaN()), tensorOn(t, dev, device.Shape{groups}, math.NaN()), tensorOn(t, dev, device.Shape{1}, math.NaN())
	require.NoError(t, kernels.PenaltyDirection(tv, tn, tp, tensorOn(t, dev, shape, g...), o))
	return valuesOf(tv), valuesOf(tn), valuesOf(tp)[0]
}

func TestPenaltyDirectionIsTheGradient(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape device.Shape
		o     kernels.PenaltyOptions
	}{
		{"two-sided", device.Shape{3, 2, 2, 2}, kernels.PenaltyOptions{Lambda: 10, Target: 1}},
		{"one sample", device.Shape{1, 3}, kernels.PenaltyOptions{Lambda: 10, Target: 1}},
		{"one element a sample", device.Shape{3, 1}, kernels.PenaltyOptions{Lambda: 10, Target: 1}},
		{"one-sided", device.Shape{5, 3}, kernels.PenaltyOptions{Lambda: 3, Target: 1, OneSided: true}},
		{"target zero", device.Shape{2, 3}, kernels.PenaltyOptions{Lambda: 1}},
		{"eps", device.Shape{2, 3}, kernels.PenaltyOptions{Lambda: 10, Target: 1, Eps: 0.5}},
		{"per pixel", device.Shape{2, 2, 3, 2}, kernels.PenaltyOptions{Lambda: 10, Target: 1, PerPixel: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := wave(c.shape.Len(), 1.1)
			v, norms, penalty := penaltyOf(t, c.shape, g, c.o)

			width := len(g) / len(norms)
			want := 0.0
			for i, n := range norms {
				sum := c.o.Eps
				for _, x := range g[i*width : (i+1)*width] {
					sum += x * x
				}
				assert.InDelta(t, math.Sqrt(sum), n, 1e-14)
				if d := math.Sqrt(sum) - c.o.Target; d > 0 || !c.o.OneSided {
					want += c.o.Lambda * d * d / float64(len(norms))
				}
			}
			assert.InDelta(t, want, penalty, 1e-13)

			const h = 1e-6
			for i := range g {
				x := g[i]
				g[i] = x + h
				_, _, up := penaltyOf(t, c.shape, g, c.o)
				g[i] = x - h
				_, _, down := penaltyOf(t, c.shape, g, c.o)
				g[i] = x
				assert.InDelta(t, (up-down)/(2*h), v[i], 1e-7, "element %d", i)
			}
		})
	}
}

func TestPenaltyDirectionAtZero(t *testing.T) {
	o := kernels.PenaltyOptions{Lambda: 10, Target: 1}
	v, norms, penalty := penaltyOf(t, device.Shape{2, 2}, []float64{0, 0, 3, 4}, o)
	assert.Equal(t, []float64{0, 5}, norms)
	assert.InDelta(t, 10*(1+16)/2.0, penalty, 1e-14, "the zero gradient counts one")
	assert.Equal(t, []float64{0, 0}, v[:2])
	assert.InDeltaSlice(t, []float64{24, 32}, v[2:], 1e-13)

	o.OneSided = true
	v, _, penalty = penaltyOf(t, device.Shape{1, 2}, []float64{0, 0}, o)
	assert.Zero(t, penalty)
	assert.Equal(t, []float64{0, 0}, v)

	o = kernels.PenaltyOptions{Lambda: 10, Target: 1, Eps: 0.25}
	v, norms, penalty = penaltyOf(t, device.Shape{1, 2}, []float64{0, 0}, o)
	assert.Equal(t, []float64{0.5}, norms)
	assert.InDelta(t, 2.5, penalty, 1e-15)
	assert.Equal(t, []float64{0, 0}, v)
}

func TestPenaltyDirectionOfExtremeGradients(t *testing.T) {
	o := kernels.PenaltyOptions{Lambda: 10, Target: 1}
	for _, size := range []float64{5e-324, 1e-300, 1e-160, 1e150} {
		v, norms, penalty := penaltyOf(t, device.Shape{1, 2}, []float64{3 * size, -4 * size}, o)
		assert.InEpsilon(t, 5*size, norms[0], 1e-15, "%v", size)
		assert.InEpsilon(t, 20*(5*size-1)*0.6, v[0], 1e-14, "%v", size)
		assert.InEpsilon(t, -20*(5*size-1)*0.8, v[1], 1e-14, "%v", size)
		assert.InEpsilon(t, 10*(5*size-1)*(5*size-1), penalty, 1e-14, "%v", size)
	}
	// Squares of these leave the range of float32.
	dev := device.NewCPU(1)
	for _, size := range []float64{1e-30, 1e30} {
		g, norms := tensorOn(t, dev, device.Shape{1, 2}, 3*size, 4*size), tensorOn(t, dev, device.Shape{1})
		require.NoError(t, kernels.PenaltyDirection(g, norms, nil, g, o))
		assert.InEpsilon(t, 5*size, valuesOf(norms)[0], 1e-6)
		assert.InEpsilon(t, 20*(5*size-1)*0.6, valuesOf(g)[0], 1e-6, "in place")
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		_, _, penalty := penaltyOf(t, device.Shape{2, 1}, []float64{bad, 1}, o)
		assert.False(t, penalty < math.MaxFloat64, "a penalty of %v must be seen", bad)
	}
}

// The penalty of a batch is the mean of the penalties of its halves.
func TestPenaltyDirectionSplits(t *testing.T) {
	g := wave(8*3, 0.8)
	o := kernels.PenaltyOptions{Lambda: 10, Target: 1}
	v, norms, whole := penaltyOf(t, device.Shape{8, 3}, g, o)
	v1, norms1, first := penaltyOf(t, device.Shape{4, 3}, g[:12], o)
	v2, norms2, second := penaltyOf(t, device.Shape{4, 3}, g[12:], o)
	assert.InDelta(t, (first+second)/2, whole, 1e-14)
	assert.Equal(t, append(norms1, norms2...), norms)
	for i, x := range append(v1, v2...) {
		assert.InDelta(t, x/2, v[i], 1e-15)
	}
}

func TestPenaltyDirectionRefuses(t *testing.T) {
	dev := device.NewCPU(1)
	x := func(shape ...int) *device.Tensor {
		var s device.Shape
		copy(s[:], shape)
		return tensorOn(t, dev, s)
	}
	for _, c := range []struct {
		arg                  string
		v, norms, penalty, g *device.Tensor
		perPixel             bool
	}{
		{"v", x(2, 3), nil, nil, x(3, 2), false},
		{"norms", x(2, 3), x(3), nil, x(2, 3), false},
		{"norms", x(2, 2, 2, 3), x(2), nil, x(2, 2, 2, 3), true},
		{"penalty", x(2, 3), nil, x(2), x(2, 3), false},
	} {
		var shapes *device.ShapeError
		require.ErrorAs(t, kernels.PenaltyDirection(c.v, c.norms, c.penalty, c.g, kernels.PenaltyOptions{PerPixel: c.perPixel}), &shapes)
		assert.Equal(t, c.arg, shapes.Arg)
	}
	for _, eps := range []float64{-1, math.NaN()} {
		assert.ErrorContains(t, kernels.PenaltyDirection(x(2), nil, nil, x(2), kernels.PenaltyOptions{Eps: eps}), "eps")
	}
}
