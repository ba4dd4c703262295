package kernels_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
)

func TestRandomOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, n := range append([]int{2, 3, 4, 30001}, oddLengths...) {
		for _, r := range []device.Random{{}, {Seed: 1<<63 + 7, Stream: 3, Step: 1<<40 + 5}} {
			cases = append(cases, cudaCase{fmt.Sprint(n, " uniform ", r), func(t testing.TB, dev device.Device) step {
				x := tensorOn(t, dev, device.Shape{n})
				return step{func() error { return kernels.Uniform(x, -0.3, 0.7, r) }, []*device.Tensor{x}, nil}
			}}, cudaCase{fmt.Sprint(n, " normal ", r), func(t testing.TB, dev device.Device) step {
				x := tensorOn(t, dev, device.Shape{n})
				return step{func() error { return kernels.Normal(x, 0.3, 1.7, r) }, []*device.Tensor{x}, nil}
			}})
		}
	}
	// A view that begins anywhere.
	cases = append(cases, cudaCase{"view", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{50})
		view := x.Slice(3, device.Shape{41})
		return step{func() error { return kernels.Normal(view, 0, 1, device.Random{Seed: 2}) }, []*device.Tensor{x}, nil}
	}})
	identical(t, cases)
}

func TestGatherOnGPU(t *testing.T) {
	var cases []cudaCase
	orders := func(m int) map[string]device.Permutation {
		return map[string]device.Permutation{
			" shuffled": {Random: device.Random{Seed: 5<<32 + 1, Stream: 2, Step: 9<<32 + 3}, N: m}, " as it lies": {N: m - 1, Identity: true},
		}
	}
	for _, shape := range []device.Shape{{1, 1, 1, 1}, {5, 9, 7, 3}, {100, 2, 3, 1}, {4, 3, 1500, 1}, {3, 5, 4, 17}, {2, 1, 2, 1025}} {
		for name, order := range orders(shape[0] + 5) {
			for _, flip := range []*device.Random{nil, {Seed: 6, Step: 1 << 33}} {
				for _, r := range []struct{ lo, hi float64 }{{-1, 1}, {0, 255}, {-0.3, 1e-12}, {0, 3 + 3*67*0x1p-24}} {
					cases = append(cases, cudaCase{fmt.Sprint(shape, name, " flip ", flip != nil, " to ", r), func(t testing.TB, dev device.Device) step {
						y := tensorOn(t, dev, shape)
						data := make([]byte, (shape[0]+5)*shape.RowLen())
						for i := range data {
							data[i] = byte(i * i % 257)
						}
						src, err := dev.NewBytes(data)
						require.NoError(t, err)
						return step{func() error { return kernels.GatherImages(y, src, order, 2, r.lo, r.hi, flip) }, []*device.Tensor{y}, nil}
					}})
				}
			}
		}
	}
	for _, shape := range []device.Shape{{1, 1}, {501, 2}, {13, 3, 5, 1}, {100, 17}, {3, 5000}} {
		for name, order := range orders(shape[0] + 5) {
			cases = append(cases, cudaCase{fmt.Sprint("rows ", shape, name), func(t testing.TB, dev device.Device) step {
				from := shape
				from[0] += 5
				y, x := tensorOn(t, dev, shape), tensorOn(t, dev, from, wave(from.Len(), 3)...)
				return step{func() error { return kernels.GatherRows(y, x, order, 4) }, []*device.Tensor{y}, []*device.Tensor{x}}
			}})
		}
	}
	cases = append(cases, cudaCase{"an order of one", func(t testing.TB, dev device.Device) step {
		y, x := tensorOn(t, dev, device.Shape{1, 3}), tensorOn(t, dev, device.Shape{1, 3}, 1, 2, 3)
		return step{func() error { return kernels.GatherRows(y, x, device.Permutation{N: 1}, 0) }, []*device.Tensor{y}, []*device.Tensor{x}}
	}})
	identical(t, cases)
}
