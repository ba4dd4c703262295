package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// costOn profiles an operation and adds up what its launches cost.
func costOn(t *testing.T, dev *device.CUDA, run func() error) (sum device.Cost, products int) {
	t.Helper()
	times, err := dev.Profile(run)
	require.NoError(t, err)
	require.NotEmpty(t, times)
	for _, k := range times {
		assert.Positive(t, k.Cost.Bytes, k.Kernel)
		sum.Bytes += k.Cost.Bytes * int64(k.Calls)
		if k.Cost.Count > 0 {
			products += k.Calls
			sum.Flops += k.Cost.Flops * int64(k.Calls)
		}
	}
	return sum, products
}

// TestCostsOnGPU compares the costs of launches with what follows from the operation's shapes.
func TestCostsOnGPU(t *testing.T) {
	const n, h, w, c, o = 2, 8, 12, 8, 40
	g := kernels.Window{KernelH: 4, KernelW: 4, StrideH: 2, StrideW: 2, Top: 1, Left: 1, Bottom: 1, Right: 1}
	flops := int64(2 * n * (h / 2) * (w / 2) * o * 4 * 4 * c)
	xs, ys, ws := int64(n*h*w*c), int64(n*h/2*w/2*o), int64(o*4*4*c)
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		x, y, weight := tensorOn(t, dev, device.Shape{n, h, w, c}), tensorOn(t, dev, device.Shape{n, h / 2, w / 2, o}), tensorOn(t, dev, device.Shape{o, 4, 4, c})
		kernels.FewProcessors(t, 1) // no sum is cut
		for name, op := range map[string]struct {
			run   func() error
			bytes int64
		}{
			"forward": {func() error { return kernels.Conv2D(y, x, weight, g) }, 4 * (xs + ys + ws)},
			"input":   {func() error { return kernels.Conv2DInput(x, y, weight, g) }, 4 * (xs + ys + ws)},
			"weight":  {func() error { return kernels.Conv2DWeight(weight, x, y, g) }, 4 * (xs + ys + 2*ws)},
		} {
			t.Run(name, func(t *testing.T) {
				cost, products := costOn(t, dev, op.run)
				assert.Equal(t, 1, products)
				assert.Equal(t, flops, cost.Flops)
				assert.Equal(t, op.bytes, cost.Bytes)
			})
		}
		t.Run("gemm", func(t *testing.T) {
			a, b, c := tensorOn(t, dev, device.Shape{6, 10}), tensorOn(t, dev, device.Shape{10, 4}), tensorOn(t, dev, device.Shape{6, 4})
			cost, _ := costOn(t, dev, func() error { return kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false) })
			assert.EqualValues(t, 2*6*10*4, cost.Flops)
			assert.EqualValues(t, 4*(60+40+24), cost.Bytes)
		})
		t.Run("norm", func(t *testing.T) {
			const rows, columns = 3, 5
			shape := device.Shape{rows, 1, 1, columns}
			x, y := tensorOn(t, dev, shape, wave(rows*columns, 1)...), tensorOn(t, dev, shape)
			mean, variance, r := tensorOn(t, dev, device.Shape{columns}), tensorOn(t, dev, device.Shape{columns}), tensorOn(t, dev, device.Shape{columns})
			cost, _ := costOn(t, dev, func() error {
				return kernels.NormForward(y, mean, variance, r, x, nil, nil, 1e-5, kernels.Norm{Kind: kernels.NormBatch})
			})
			assert.EqualValues(t, 2*4*rows*columns, cost.Bytes)
		})
		t.Run("elementwise", func(t *testing.T) {
			x, y := tensorOn(t, dev, device.Shape{33}), tensorOn(t, dev, device.Shape{33})
			cost, _ := costOn(t, dev, func() error { return kernels.LeakyReLU(y, x, 0.2) })
			assert.EqualValues(t, 2*4*33, cost.Bytes)
		})
	})
}
