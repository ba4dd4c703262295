package kernels_test

import (
	"errors"
	"math"
	"testing"

	"ganlib/device"
	"ganlib/kernels"
)

// convShape is a convolution of n images h×w of c channels to o.
type convShape struct {
	name          string
	n, h, w, c, o int
	g             kernels.Window
}

// passes is a case of all that a convolution does: forward and towards the input, without and with bias and
// activation, and towards the weights, to which it adds.
func (s convShape) passes() cudaCase {
	return s.passesOn(func(t testing.TB, dev device.Device, shape device.Shape, scale float64) *device.Tensor {
		return tensorOn(t, dev, shape, wave(shape.Len(), scale)...)
	})
}

// passesOn is passes of images, weights and gradients of results that random makes.
func (s convShape) passesOn(random func(t testing.TB, dev device.Device, shape device.Shape, scale float64) *device.Tensor) cudaCase {
	return cudaCase{s.name, func(t testing.TB, dev device.Device) step {
		oh, ow := s.g.Out(s.h, s.w)
		xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, oh, ow, s.o}, device.Shape{s.o, s.g.KernelH, s.g.KernelW, s.c}
		x, dy, w := random(t, dev, xs, 1), random(t, dev, ys, 0.7), random(t, dev, ws, 0.3)
		bo, bc := tensorOn(t, dev, device.Shape{s.o}, wave(s.o, 0.5)...), tensorOn(t, dev, device.Shape{s.c}, wave(s.c, 0.5)...)
		blank := func(shape device.Shape) *device.Tensor { return tensorOn(t, dev, shape, math.NaN()) }
		y, yBias, dx, dxBias, dw := blank(ys), blank(ys), blank(xs), blank(xs), tensorOn(t, dev, ws, wave(ws.Len(), 0.4)...)
		return step{func() error {
			return errors.Join(
				kernels.Conv2D(y, x, w, s.g), kernels.Conv2DBias(yBias, x, w, bo, 0.2, s.g),
				kernels.Conv2DInput(dx, dy, w, s.g), kernels.Conv2DInputBias(dxBias, dy, w, bc, 0.2, s.g),
				kernels.Conv2DWeight(dw, x, dy, s.g),
			)
		}, []*device.Tensor{y, yBias, dx, dxBias, dw}, []*device.Tensor{x, dy, w, bo, bc}}
	}}
}

// passesOf are the passes of each shape.
func passesOf(shapes []convShape) (cases []cudaCase) {
	for _, s := range shapes {
		cases = append(cases, s.passes())
	}
	return cases
}

func TestConvolutionOnGPU(t *testing.T) {
	equivalent(t, passesOf([]convShape{
		{"one number", 1, 1, 1, 1, 1, kernels.Square(1, 1, 0)},
		{"1×1", 3, 4, 3, 7, 5, kernels.Square(1, 1, 0)},
		{"1×1 s2", 2, 5, 7, 8, 4, kernels.Square(1, 2, 0)},
		{"k3 s1 p1", 2, 5, 7, 3, 17, kernels.Square(3, 1, 1)},
		{"k3 s1 p1, fours", 3, 9, 9, 16, 20, kernels.Square(3, 1, 1)},
		{"k4 s2 p1, odd size", 1, 7, 9, 1, 2, kernels.Square(4, 2, 1)},
		{"k4 s2 p1, 64", 3, 8, 6, 64, 64, kernels.Square(4, 2, 1)},
		{"k4 s2 p1, from colours", 2, 8, 8, 3, 64, kernels.Square(4, 2, 1)},
		{"k5 s2 same", 2, 14, 13, 1, 4, kernels.Same(5, 2, 14, 13)},
		{"k5 s2 same, 17", 2, 9, 11, 17, 12, kernels.Same(5, 2, 9, 11)},
		{"k4 s1 p0, one position", 5, 4, 4, 20, 24, kernels.Square(4, 1, 0)},
		{"k4 s2 p0, one position to one", 3, 4, 4, 12, 1, kernels.Square(4, 2, 0)},
		{"k4 s1 p0", 2, 6, 5, 4, 3, kernels.Square(4, 1, 0)},
		{"k2 s3", 2, 9, 8, 4, 8, kernels.Square(2, 3, 0)},
		{"k2 s3, odd", 2, 10, 7, 5, 3, kernels.Square(2, 3, 1)},
		{"border out of reach", 1, 9, 9, 8, 4, kernels.Square(4, 2, 0)},
		{"sides all different", 2, 6, 5, 3, 2, kernels.Window{KernelH: 2, KernelW: 3, StrideH: 3, StrideW: 1, Top: 1, Bottom: 2, Left: 0, Right: 3}},
		{"sides all different, fours", 2, 6, 5, 12, 8, kernels.Window{KernelH: 5, KernelW: 2, StrideH: 2, StrideW: 3, Top: 3, Bottom: 0, Left: 2, Right: 1}},
		{"stride longer than kernel and image", 2, 3, 8, 2, 3, kernels.Window{KernelH: 2, KernelW: 1, StrideH: 5, StrideW: 4}},
		{"kernel longer than image", 1, 2, 3, 2, 2, kernels.Square(5, 1, 2)},
		{"windows of zeros only", 2, 1, 2, 2, 3, kernels.Square(2, 1, 4)},
		{"to few channels", 5, 9, 9, 16, 3, kernels.Square(3, 1, 1)},
	}))
}

// eachTiling runs a test with every version of the products' kernels in float32, and numbers of channels for it: many and
// few.
func eachTiling(t *testing.T, test func(t *testing.T, wide, narrow int)) {
	for _, name := range []string{"128x128", "128x64", "64x64", "tall", "any"} {
		t.Run(name, func(t *testing.T) {
			kernels.OnlyTiling(t, name)
			wide, narrow := 132, 12
			if name == "tall" {
				wide, narrow = 4, 3
			}
			test(t, wide, narrow)
		})
	}
}

// TestConvolutionTilingsOnGPU gives every version of the kernels shapes that fill no tile.
func TestConvolutionTilingsOnGPU(t *testing.T) {
	eachTiling(t, func(t *testing.T, wide, narrow int) {
		equivalent(t, passesOf([]convShape{
			{"to many channels", 3, 14, 13, narrow, wide, kernels.Square(4, 2, 1)},
			{"to few channels", 3, 13, 9, wide, narrow, kernels.Square(3, 2, 1)},
			{"k3 s1 p1", 2, 11, 8, 8, 4, kernels.Square(3, 1, 1)},
		}))
	})
}

// TestLongConvolutionsOnGPU has sums that are cut into many slices, and, on few multiprocessors, into few.
func TestLongConvolutionsOnGPU(t *testing.T) {
	cases := []cudaCase{
		convShape{"many positions", 3, 32, 31, 1, 2, kernels.Square(3, 1, 1)}.passes(),
		convShape{"many positions, fours", 4, 32, 31, 4, 8, kernels.Square(4, 2, 1)}.passes(),
		convShape{"many channels", 2, 4, 4, 264, 140, kernels.Square(4, 2, 1)}.passes(),
		convShape{"many channels, odd", 1, 3, 3, 131, 101, kernels.Square(3, 1, 1)}.passes(),
	}
	for _, n := range []int{132, 1} {
		kernels.FewProcessors(t, n)
		equivalent(t, cases)
	}
}
