package kernels_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// operandOn returns an operand with values that a tensor of the same shape has.
func operandOn(t testing.TB, dev device.Device, shape device.Shape, scale float64) *device.Tensor {
	t.Helper()
	x, err := device.NewOperand(dev, shape)
	require.NoError(t, err)
	numbers := make([]float32, shape.Len())
	for i, v := range wave(len(numbers), scale) {
		numbers[i] = float32(v)
	}
	require.NoError(t, x.CopyFrom(numbers))
	return x
}

// ofOperands is passes of operands.
func (s convShape) ofOperands() cudaCase { return s.passesOn(operandOn) }

// launchedBy runs a step and returns the kernels that it launches.
func launchedBy(t testing.TB, dev *device.CUDA, s step) string {
	t.Helper()
	times, err := dev.Profile(s.run)
	require.NoError(t, err)
	var names []string
	for _, k := range times {
		names = append(names, k.Kernel)
	}
	return strings.Join(names, " ") + " "
}

// roundedKernels are what the tilings of operands that are rounded already begin with.
var roundedKernels = map[device.Precision]string{device.TF32: "tf32_rounded_", device.BFloat16: "bf16_copies_"}

// roundedEquivalent runs cases in a precision on every GPU, and compares them with sums in float64 of the same rounded
// operands. Each pass that is named must be a kernel that reads operands as they were rounded, of the tile if one is
// given; the others must not.
func roundedEquivalent(t *testing.T, p device.Precision, tile string, s convShape, passes ...string) {
	t.Run(s.name, func(t *testing.T) {
		c := s.ofOperands()
		rounded := roundOperands(c, p)
		if len(passes) < 3 {
			c = rounded // the other passes are in float32
		}
		enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
			inPrecision(t, dev, p)
			run := c.build(t, dev)
			launched := launchedBy(t, dev, run)
			for _, pass := range []string{"forward", "input", "weight"} {
				kernel := fmt.Sprintf("conv2d_%s_%s", pass, roundedKernels[p])
				if tile != "" {
					kernel += tile + " "
				}
				assert.Equal(t, strings.Contains(strings.Join(passes, " "), pass), strings.Contains(launched, kernel), "%s of %s", pass, launched)
			}
			bound := fromWide
			if !strings.Contains(dev.String(), "ptxsim") {
				bound = 1e-4 // tensor cores cut sums off
			}
			wide := resultsOf(t, device.NewCPU64(1), rounded)
			for i, have := range resultsOf(t, dev, c) {
				assert.LessOrEqual(t, distance(have, wide[i]), bound, "result %d", i)
			}
		})
	})
}

// TestConvolutionsOfRoundedOnGPU gives every tile shapes that fill neither it nor the last slab, with sums in slices and
// in one piece, which is longer than a tensor core may add up.
func TestConvolutionsOfRoundedOnGPU(t *testing.T) {
	for p, tiles := range map[device.Precision][]string{
		device.TF32:     {"128x128", "128x64", "64x64"},
		device.BFloat16: {"128x128", "128x64", "64x64", "128x128x2", "256x128"},
	} {
		for _, tile := range tiles {
			t.Run(roundedKernels[p]+tile, func(t *testing.T) {
				kernels.OnlyTiling(t, roundedKernels[p]+tile)
				roundedEquivalent(t, p, tile, convShape{"k4 s2 p1", 7, 14, 13, 64, 192, kernels.Square(4, 2, 1)}, "forward", "input", "weight")
				kernels.FewProcessors(t, 1)
				roundedEquivalent(t, p, tile, convShape{"k4 s2 p1, long", 1, 13, 12, 192, 64, kernels.Square(4, 2, 1)}, "forward", "input", "weight")
			})
		}
	}
}

func TestConvolutionShapesOfRoundedOnGPU(t *testing.T) {
	for _, test := range []struct {
		convShape
		tf32, bf16 string // passes that read what is rounded already
	}{
		{convShape{"k5 s2 same", 2, 14, 13, 64, 64, kernels.Same(5, 2, 14, 13)}, "forward input weight", "forward input weight"},
		{convShape{"1×1 s2", 2, 9, 9, 64, 64, kernels.Square(1, 2, 0)}, "forward input weight", "forward input weight"},
		{convShape{"k2 s3", 3, 10, 7, 64, 64, kernels.Square(2, 3, 1)}, "forward input weight", "forward input weight"},
		{convShape{"sides all different", 5, 6, 5, 128, 64, kernels.Window{KernelH: 5, KernelW: 2, StrideH: 2, StrideW: 1, Top: 3, Bottom: 0, Left: 2, Right: 1}}, "forward input weight", "forward input weight"},
		{convShape{"border out of reach", 4, 9, 9, 64, 64, kernels.Square(4, 2, 0)}, "forward input weight", "forward input weight"},
		{convShape{"kernel longer than image", 2, 1, 1, 64, 64, kernels.Square(5, 1, 4)}, "forward weight", "forward weight"},
		{convShape{"to 72 channels", 3, 7, 6, 64, 72, kernels.Square(3, 1, 1)}, "forward weight", "forward weight"},
		{convShape{"from 72 channels", 3, 7, 6, 72, 64, kernels.Square(3, 1, 1)}, "input weight", "input weight"},
		{convShape{"from 36 channels", 3, 7, 6, 36, 64, kernels.Square(3, 1, 1)}, "input weight", ""},
		{convShape{"from 96 channels", 3, 7, 6, 96, 64, kernels.Square(3, 1, 1)}, "forward input weight", "input weight"},
		{convShape{"49 taps", 2, 9, 9, 64, 64, kernels.Square(7, 1, 3)}, "weight", "weight"},
	} {
		roundedEquivalent(t, device.TF32, "", test.convShape, strings.Fields(test.tf32)...)
		roundedEquivalent(t, device.BFloat16, "", test.convShape, strings.Fields(test.bf16)...)
	}
}

// TestPlansOfCopies has what a plan says launched on the emulator, at the same cost.
func TestPlansOfCopies(t *testing.T) {
	dev := enginetest.Emulated(t)
	require.NoError(t, dev.SetPrecision(device.BFloat16))
	for _, shape := range []convShape{
		{"k4 s2 p1", 2, 8, 8, 64, 64, kernels.Square(4, 2, 1)},
		{"to 72 channels", 3, 7, 6, 64, 72, kernels.Square(3, 1, 1)},
	} {
		t.Run(shape.name, func(t *testing.T) {
			plan := device.NewMetaFor(dev)
			plan.NoteLaunches()
			require.NoError(t, convolveOperands(t, plan, shape, 0))
			have, err := dev.Profile(func() error { return convolveOperands(t, dev, shape, 0) })
			require.NoError(t, err)
			want := plan.Launches()
			require.NotEmpty(t, want)
			launches := map[device.KernelTime]bool{}
			for _, k := range have {
				k.Time = 0
				launches[k] = true
			}
			for _, k := range want {
				assert.True(t, launches[k], "%+v of %+v", k, have)
			}
			assert.Len(t, have, len(want))
			for _, p := range kernels.Products(plan) {
				assert.Equal(t, shape.o%64 == 0 || p.Kernel != "conv2d_input", strings.HasSuffix(p.Aligned, "r"), "%v %s", p, p.Aligned)
			}
		})
	}
}

// convolveOperands does the passes on operands of which the first begins so many elements after one that all copies may be
// read from, without results to look at.
func convolveOperands(t testing.TB, dev device.Device, s convShape, after int) error {
	t.Helper()
	oh, ow := s.g.Out(s.h, s.w)
	xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, oh, ow, s.o}, device.Shape{s.o, s.g.KernelH, s.g.KernelW, s.c}
	operand := func(shape device.Shape) *device.Tensor {
		x, err := device.NewOperand(dev, device.Shape{after + shape.Len()})
		require.NoError(t, err)
		return x.Slice(after, shape)
	}
	x, dy, w := operand(xs), operand(ys), operand(ws)
	return errors.Join(kernels.Conv2D(newTensor(t, dev, ys[:]...), x, w, s.g), kernels.Conv2DInput(newTensor(t, dev, xs[:]...), dy, w, s.g),
		kernels.Conv2DWeight(newTensor(t, dev, ws[:]...), x, dy, s.g))
}

// TestCopiesThatCannotBeRead has operands of which one has no copy, or one that does not lie in pieces of 16 bytes, and other
// precisions.
func TestCopiesThatCannotBeRead(t *testing.T) {
	dev := enginetest.Emulated(t)
	shape := convShape{"", 2, 8, 8, 64, 64, kernels.Square(4, 2, 1)}
	products := func(p device.Precision, run func(dev device.Device) error) (aligned []string) {
		require.NoError(t, dev.SetPrecision(p))
		plan := device.NewMetaFor(dev)
		require.NoError(t, run(plan))
		for _, p := range kernels.Products(plan) {
			aligned = append(aligned, p.Aligned)
		}
		return aligned
	}
	passes := func(after int) func(device.Device) error {
		return func(dev device.Device) error { return convolveOperands(t, dev, shape, after) }
	}
	assert.Equal(t, []string{"abckr", "abckr", "abcr"}, products(device.BFloat16, passes(0)))
	assert.Equal(t, []string{"abckr", "abckr", "abcr"}, products(device.BFloat16, passes(8)))
	assert.Equal(t, []string{"abck", "abck", "abc"}, products(device.BFloat16, passes(4)), "no eight numbers at a time")
	assert.Equal(t, []string{"abckr", "abckr", "abcr"}, products(device.TF32, passes(4)))
	assert.Equal(t, []string{"abck", "abck", "abc"}, products(device.Float32, passes(0)))
	assert.Equal(t, []string{"abck"}, products(device.BFloat16, func(dev device.Device) error {
		x, err := device.NewOperand(dev, device.Shape{2, 8, 8, 64})
		require.NoError(t, err)
		return kernels.Conv2D(newTensor(t, dev, 2, 4, 4, 64), x, newTensor(t, dev, 64, 4, 4, 64), shape.g)
	}), "weights without a copy")

	// Operands keep their copies when the precision changes, and numbers are then read as float32.
	require.NoError(t, dev.SetPrecision(device.BFloat16))
	s := shape.ofOperands().build(t, dev)
	require.NoError(t, dev.SetPrecision(device.TF32))
	assert.NotContains(t, launchedBy(t, dev, s), "copies")
}

// TestCostsOfRounded counts the bytes of the numbers that are read, and of the copies that are written.
func TestCostsOfRounded(t *testing.T) {
	dev := enginetest.Emulated(t)
	kernels.FewProcessors(t, 1) // no sum is cut
	ws := device.NewWorkspace(dev)
	xs, wss, ys := device.Shape{4, 8, 8, 64}, device.Shape{64, 4, 4, 64}, device.Shape{4, 4, 4, 64}
	x, w, y := int64(xs.Len()), int64(wss.Len()), int64(ys.Len())
	for p, size := range map[device.Precision]struct{ read, written int64 }{device.BFloat16: {2, 4 + 2}, device.TF32: {4, 4}} {
		inPrecision(t, dev, p)
		g, operand := kernels.Square(4, 2, 1), func(s device.Shape) *device.Tensor { return ws.NewOperand(s) }
		for name, op := range map[string]struct {
			run   func() error
			bytes int64
		}{
			"forward": {func() error { return kernels.Conv2D(operand(ys), operand(xs), operand(wss), g) }, size.read*(x+w) + size.written*y},
			"input":   {func() error { return kernels.Conv2DInput(operand(xs), operand(ys), operand(wss), g) }, size.read*(y+w) + size.written*x},
			"weight":  {func() error { return kernels.Conv2DWeight(ws.New(wss), operand(xs), operand(ys), g) }, size.read*(x+y) + 2*4*w},
		} {
			times, err := dev.Profile(op.run)
			require.NoError(t, err)
			require.Len(t, times, 1, name)
			assert.Contains(t, times[0].Kernel, roundedKernels[p])
			assert.Equal(t, op.bytes, times[0].Cost.Bytes, "%s in %v", name, p)
			assert.Equal(t, p, times[0].Cost.Precision, name)
			assert.EqualValues(t, 2*y*4*4*64, times[0].Cost.Flops, name)
		}
	}
}

// TestTunedCopies takes a choice for products of operands with copies, and for no others.
func TestTunedCopies(t *testing.T) {
	dev := enginetest.Emulated(t)
	require.NoError(t, dev.SetPrecision(device.BFloat16))
	shape := convShape{"", 7, 8, 8, 64, 64, kernels.Square(4, 2, 1)}
	c := kernels.Choice{
		Product: kernels.Product{Kernel: "conv2d_forward", Count: 1, M: 7 * 4 * 4, N: 64, K: 4 * 4 * 64, Aligned: "abckr", Precision: "bf16"},
		Way:     kernels.Way{Tile: "bf16_copies_256x128", Slices: 8},
	}
	tuning := new(kernels.Tuning)
	require.NoError(t, tuning.Add(c))
	dev.SetTuning(tuning)
	launched := launchedBy(t, dev, step{run: func() error { return convolveOperands(t, dev, shape, 0) }})
	assert.Contains(t, launched, "conv2d_forward_bf16_copies_256x128 ")
	assert.NotContains(t, launched, "conv2d_input_bf16_copies_256x128 ")
	for _, aligned := range []string{"abck", "abkr"} {
		c.Aligned = aligned
		assert.ErrorContains(t, tuning.Add(c), "there is no way to do it with bf16_copies_256x128 in 8 slices", aligned)
	}
	c.Aligned, c.Precision = "abckr", "tf32"
	assert.ErrorContains(t, tuning.Add(c), "there is no way")
}
