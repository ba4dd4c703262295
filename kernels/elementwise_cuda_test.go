package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// identical runs the cases on every GPU that there is: results are the CPU's to the last bit.
func identical(t *testing.T, cases []cudaCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				want := resultsOf(t, device.NewCPU(1), c)
				for i, have := range resultsOf(t, dev, c) {
					assert.Equal(t, bitsOf(want[i]), bitsOf(have), "result %d", i)
				}
			})
		})
	}
}

// bitsOf returns numbers' bits: those of one NaN for every NaN.
func bitsOf(values []float64) []uint64 {
	bits := make([]uint64, len(values))
	for i, v := range values {
		bits[i] = math.Float64bits(v)
		if math.IsNaN(v) {
			bits[i] = math.Float64bits(math.NaN())
		}
	}
	return bits
}

// extremes are numbers that some operation treats apart.
var extremes = []float64{
	0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 1e-45, -1e-45, 3e38, -3e38, 1e-20, -1e-20,
	0.5, -0.5, 0.1, 9.0, 9.1, 10, -10.5, 87, -87.4, 103, -103.9, -104.5, 200, 0.01, -0.01, 0.02,
}

// over returns a case for each odd length, and one for extremes.
func over(name string, build func(t testing.TB, dev device.Device, shape device.Shape, x func(shift int) *device.Tensor) step) (cases []cudaCase) {
	for _, n := range append([]int{len(extremes)}, oddLengths...) {
		cases = append(cases, cudaCase{fmt.Sprint(name, " of ", n), func(t testing.TB, dev device.Device) step {
			return build(t, dev, device.Shape{n}, func(shift int) *device.Tensor {
				if n == len(extremes) {
					return tensorOn(t, dev, device.Shape{n}, append(extremes[shift:], extremes[:shift]...)...)
				}
				return tensorOn(t, dev, device.Shape{n}, wave(n+shift, 4)[shift:]...)
			})
		}})
	}
	return cases
}

func TestMovesOnGPU(t *testing.T) {
	cases := over("fill", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		y := x(0)
		return step{func() error { return kernels.Fill(y, 0.7) }, []*device.Tensor{y}, nil}
	})
	cases = append(cases, over("fill all", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		list := []*device.Tensor{x(0), tensorOn(t, dev, device.Shape{7}), tensorOn(t, dev, device.Shape{1}), x(1), tensorOn(t, dev, device.Shape{4})}
		return step{func() error {
			return kernels.FillAll(kernels.Filling{T: list[0], V: 0.7}, kernels.Filling{T: list[1], V: 1}, kernels.Filling{}, kernels.Filling{T: list[2], V: 2}, kernels.Filling{T: list[3], V: 3}, kernels.Filling{T: list[4], V: 4})
		}, list, nil}
	})...)
	cases = append(cases, over("copy", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		y, from := tensorOn(t, dev, shape), x(0)
		return step{func() error { return kernels.Copy(y, from) }, []*device.Tensor{y}, []*device.Tensor{from}}
	})...)
	for _, shape := range []device.Shape{{1, 1, 1, 1}, {3, 1, 1, 5}, {3, 5, 7, 1}, {2, 5, 7, 3}, {1, 33, 3, 17}, {2, 4, 4, 70}, {3, 8, 4, 64}} {
		cases = append(cases, cudaCase{fmt.Sprint("to planar ", shape), func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, device.Shape{shape.Len()}), tensorOn(t, dev, shape, wave(shape.Len(), 1)...)
			return step{func() error { return kernels.ToPlanar(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}}, cudaCase{fmt.Sprint("from planar ", shape), func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, shape), tensorOn(t, dev, device.Shape{shape.Len()}, wave(shape.Len(), 1)...)
			return step{func() error { return kernels.FromPlanar(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}})
	}
	identical(t, cases)
}

func TestClipOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, limit := range []float64{0, 0.01, 1.5, math.Inf(1)} {
		cases = append(cases, over(fmt.Sprint("to ", limit), func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y := x(0)
			return step{func() error { return kernels.Clip(y, limit) }, []*device.Tensor{y}, nil}
		})...)
	}
	identical(t, cases)
}

func TestLeakyReLUOfExtremesOnGPU(t *testing.T) {
	cases := over("in place", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		y := x(0)
		return step{func() error { return kernels.LeakyReLU(y, y, 0.2) }, []*device.Tensor{y}, nil}
	})
	cases = append(cases, over("mask in place", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		from, v := x(0), x(3)
		return step{func() error { return kernels.LeakyReLUMask(v, from, v, 0.2) }, []*device.Tensor{v}, []*device.Tensor{from}}
	})...)
	identical(t, cases)
}

func TestInterpolateCopyOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range []device.Shape{{1, 1}, {5, 31, 29, 1}} {
		cases = append(cases, cudaCase{fmt.Sprint(shape), func(t testing.TB, dev device.Device) step {
			n := shape.Len()
			dst, copied, real, fake := tensorOn(t, dev, shape), tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(n, 1)...), tensorOn(t, dev, shape, wave(n, 2)...)
			alpha := tensorOn(t, dev, device.Shape{shape[0]}, []float64{0.3, 1, 0.25, 0, 0.9}[:shape[0]]...)
			return step{func() error { return kernels.InterpolateCopy(dst, copied, real, fake, alpha) }, []*device.Tensor{dst, copied}, []*device.Tensor{real, fake, alpha}}
		}})
	}
	equivalent(t, cases)
}
