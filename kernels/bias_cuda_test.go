package kernels_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// rowShapes have one row, one column, few, several blocks of columns, and slices of rows.
var rowShapes = []device.Shape{{1, 1}, {3, 2}, {2, 3, 5, 33}, {4, 16}, {1, 300}, {7, 513}, {40011, 1}, {11003, 3}, {1500, 17}, {517, 70}, {131, 257}, {3, 20}, {5, 7, 11, 64}, {1501, 12}, {129, 516}}

func TestBiasOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range rowShapes {
		of := func(t testing.TB, dev device.Device) (y, b *device.Tensor) {
			c := shape.Last()
			return tensorOn(t, dev, shape, wave(shape.Len(), 1)...), tensorOn(t, dev, device.Shape{c}, wave(c+1, 1)[1:]...)
		}
		cases = append(cases, cudaCase{fmt.Sprint("add ", shape), func(t testing.TB, dev device.Device) step {
			y, b := of(t, dev)
			return step{func() error { return kernels.AddBias(y, b) }, []*device.Tensor{y}, []*device.Tensor{b}}
		}}, cudaCase{fmt.Sprint("add and leaky ReLU ", shape), func(t testing.TB, dev device.Device) step {
			y, b := of(t, dev)
			return step{func() error { return kernels.AddBiasLeakyReLU(y, b, 0.2) }, []*device.Tensor{y}, []*device.Tensor{b}}
		}}, cudaCase{fmt.Sprint("leaky ReLU ", shape), func(t testing.TB, dev device.Device) step {
			y, _ := of(t, dev)
			return step{func() error { return kernels.AddBiasLeakyReLU(y, nil, 0.2) }, []*device.Tensor{y}, nil}
		}}, cudaCase{fmt.Sprint("gradient ", shape), func(t testing.TB, dev device.Device) step {
			dy, db := of(t, dev)
			return step{func() error { return kernels.BiasGrad(db, dy) }, []*device.Tensor{db}, []*device.Tensor{dy}}
		}}, cudaCase{fmt.Sprint("mask and gradient ", shape), func(t testing.TB, dev device.Device) step {
			v, db := of(t, dev)
			dst, x := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(shape.Len()+3, 1)[3:]...)
			n := shape[0]
			some := shape
			some[0] = (n + 1) / 2
			rows := dst.Slice((n-some[0])*shape.RowLen(), some)
			return step{func() error { return kernels.LeakyReLUMaskBias(dst, x, v, 0.2, db, rows) }, []*device.Tensor{dst, db}, []*device.Tensor{x, v}}
		}})
	}
	equivalent(t, cases)
}

// TestBiasGradCancelsOnGPU is TestBiasGradCancels there.
func TestBiasGradCancelsOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, n := range []int{1, 3, 15, 63, 1000, 50021} {
			values := make([]float64, 2*n)
			for i := range n {
				values[i], values[n+i] = float64(-1/float32(n)), float64(1/float32(n))
			}
			dy, db := tensorOn(t, dev, device.Shape{2 * n, 1}, values...), tensorOn(t, dev, device.Shape{1})
			require.NoError(t, kernels.BiasGrad(db, dy))
			assert.Equal(t, []float64{0}, valuesOf(db), "N = %d", n)
		}
	})
}
