package kernels_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// fewShapes are convolutions from few channels to many that fill no block.
var fewShapes = []convShape{
	{"k4 s2 p1, colours", 3, 18, 14, 3, 64, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, odd size", 2, 15, 9, 3, 132, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, grey", 2, 28, 28, 1, 32, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, two channels", 2, 9, 12, 2, 20, kernels.Square(4, 2, 1)},
	{"k4 s2 p1, four channels", 2, 10, 8, 4, 68, kernels.Square(4, 2, 1)},
	{"k3 s1 p1", 2, 11, 7, 3, 36, kernels.Square(3, 1, 1)},
	{"k3 s1 p0", 1, 9, 13, 2, 64, kernels.Square(3, 1, 0)},
	{"k3 s2 p1", 2, 12, 9, 4, 48, kernels.Square(3, 2, 1)},
	{"k5 s3 p2", 2, 13, 11, 3, 24, kernels.Square(5, 3, 2)},
	{"k5 s3 p1, four channels", 2, 17, 10, 4, 16, kernels.Square(5, 3, 1)},
	{"k3 s3", 1, 14, 11, 1, 40, kernels.Square(3, 3, 0)},
	{"k5 s2 same", 2, 14, 13, 1, 64, kernels.Same(5, 2, 14, 13)},
	{"k2 s3, pixels that no tap reaches", 2, 10, 7, 3, 16, kernels.Square(2, 3, 1)},
	{"k7 s1 p3", 1, 12, 10, 4, 16, kernels.Square(7, 1, 3)},
	{"1×1 s2", 3, 9, 8, 3, 64, kernels.Square(1, 2, 0)},
	{"border out of reach", 2, 9, 9, 3, 16, kernels.Square(4, 2, 0)},
	{"sides all different", 2, 6, 5, 3, 20, kernels.Window{KernelH: 2, KernelW: 3, StrideH: 3, StrideW: 1, Top: 1, Bottom: 2, Left: 0, Right: 3}},
	{"patches in two parts", 4, 23, 17, 4, 20, kernels.Window{KernelH: 5, KernelW: 3, StrideH: 3, StrideW: 2, Top: 1, Bottom: 1, Left: 2, Right: 0}},
	{"stride longer than kernel and image", 2, 3, 8, 2, 16, kernels.Window{KernelH: 2, KernelW: 1, StrideH: 5, StrideW: 4}},
	{"kernel longer than image", 2, 2, 3, 2, 16, kernels.Square(5, 1, 2)},
	{"windows of zeros only", 2, 1, 2, 2, 16, kernels.Square(2, 1, 4)},
}

// halfFewShapes do not fit into the kernel of the gradient of images, for each reason.
var halfFewShapes = []convShape{
	{"rows of patches too long", 1, 12, 11, 4, 16, kernels.Square(5, 5, 1)},
	{"positions too many", 1, 3, 230, 1, 16, kernels.Square(3, 1, 1)},
	{"sums too long", 1, 7, 6, 1, 44, kernels.Square(7, 1, 3)},
}

func TestFewChannelsOnGPU(t *testing.T) {
	equivalent(t, passesOf(append(halfFewShapes, fewShapes...)))
}

// TestInfinitiesOfFewChannelsOnGPU has infinities in images and gradients, which must come out where it belongs, and
// nowhere else.
func TestInfinitiesOfFewChannelsOnGPU(t *testing.T) {
	for _, s := range []convShape{fewShapes[0], fewShapes[5]} {
		oh, ow := s.g.Out(s.h, s.w)
		xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, oh, ow, s.o}, device.Shape{s.o, s.g.KernelH, s.g.KernelW, s.c}
		equivalent(t, []cudaCase{{s.name, func(t testing.TB, dev device.Device) step {
			infinite := func(shape device.Shape) *device.Tensor {
				values := wave(shape.Len(), 1)
				for c := range 3 { // one of every channel
					values[shape.Len()*3/4+c] = math.Inf(1)
				}
				return tensorOn(t, dev, shape, values...)
			}
			x, dy, w := infinite(xs), infinite(ys), tensorOn(t, dev, ws, wave(ws.Len(), 1)...)
			y, dx, dw := tensorOn(t, dev, ys), tensorOn(t, dev, xs), tensorOn(t, dev, ws)
			return step{func() error {
				return errors.Join(kernels.Conv2D(y, x, w, s.g), kernels.Conv2DInput(dx, dy, w, s.g), kernels.Conv2DWeight(dw, x, dy, s.g))
			}, []*device.Tensor{y, dx, dw}, []*device.Tensor{x, dy, w}}
		}}})
	}
}

// TestFewChannelsAnywhereOnGPU has tensors that begin anywhere in memory: all but y, and y too.
func TestFewChannelsAnywhereOnGPU(t *testing.T) {
	s := fewShapes[5]
	oh, ow := s.g.Out(s.h, s.w)
	xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, oh, ow, s.o}, device.Shape{s.o, s.g.KernelH, s.g.KernelW, s.c}
	for many, name := range []string{"y in fours", "y anywhere"} {
		equivalent(t, []cudaCase{{name, func(t testing.TB, dev device.Device) step {
			from := func(at int, shape device.Shape) *device.Tensor {
				return tensorOn(t, dev, device.Shape{at + shape.Len()}, wave(at+shape.Len(), 1)...).Slice(at, shape)
			}
			x, dy, w, bo, bc := from(1, xs), from(many, ys), from(3, ws), from(1, device.Shape{s.o}), from(1, device.Shape{s.c})
			y, dx, dw := from(many, ys), from(1, xs), from(1, ws)
			return step{func() error {
				return errors.Join(kernels.Conv2DBias(y, x, w, bo, 0.2, s.g), kernels.Conv2DInputBias(dx, dy, w, bc, 0.2, s.g), kernels.Conv2DWeight(dw, x, dy, s.g))
			}, []*device.Tensor{y, dx, dw}, []*device.Tensor{x, dy, w, bo, bc}}
		}}})
	}
}

// kernelsOf adds the names of the kernels that do a case on a GPU to a list.
func kernelsOf(t testing.TB, dev *device.CUDA, c cudaCase, list []string) []string {
	for _, kernel := range strings.Fields(launchedBy(t, dev, c.build(t, dev))) {
		if !slices.Contains(list, kernel) {
			list = append(list, kernel)
		}
	}
	return list
}

// TestFewChannelsHaveTheirKernelsOnGPU has every version of them, and no other, do these convolutions.
func TestFewChannelsHaveTheirKernelsOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		var names []string
		for _, s := range fewShapes {
			names = kernelsOf(t, dev, s.passes(), names)
		}
		assert.ElementsMatch(t, []string{
			"conv2d_few_forward_64", "conv2d_few_forward_32",
			"conv2d_few_input_4", "conv2d_few_input_8", "conv2d_few_input_12", "conv2d_few_input_16",
			"conv2d_few_weight_64x48", "conv2d_few_weight_64x32", "conv2d_few_weight_64x16",
			"conv2d_few_weight_32x48", "conv2d_few_weight_32x32", "conv2d_few_weight_32x16",
			"gemm_sum4",
		}, names)
	})
}

// TestLongFewChannelsOnGPU has gradients of weights in many slices, in few, and in one.
func TestLongFewChannelsOnGPU(t *testing.T) {
	for _, n := range []int{132, 3, 1} {
		kernels.FewProcessors(t, n)
		t.Run(fmt.Sprintf("%d processors", n), func(t *testing.T) {
			equivalent(t, []cudaCase{convShape{"", 5, 33, 30, 3, 36, kernels.Square(4, 2, 1)}.passes()})
		})
	}
}

// TestFewChannelsMutants leaves out each barrier: the emulator, or the results, must show it.
func TestFewChannelsMutants(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	for _, s := range []convShape{
		{"64 columns", 2, 16, 16, 4, 64, kernels.Square(4, 2, 1)},
		{"32 columns", 2, 13, 9, 4, 32, kernels.Square(5, 1, 2)},
	} {
		c := s.passes()
		want := resultsOf(t, device.NewCPU64(1), c)
		used := kernelsOf(t, enginetest.Emulated(t), c, nil)
		for _, m := range kernels.FewChannelsMutants(t) {
			if !slices.Contains(used, m.Kernel) || strings.Contains(m.Name, " bra") {
				continue
			}
			t.Run(s.name+"/"+m.String(), func(t *testing.T) {
				kernels.UseFewChannels(t, m)
				dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{Threads: 1}), 0)
				require.NoError(t, err)
				defer dev.Close()
				mutantFails(t, dev, c, want, fromWide)
			})
		}
	}
}
