package kernels_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
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

const winograd = "winograd_128x64"

// winogradShapes are convolutions whose passes Winograd's algorithm can compute.
var winogradShapes = []convShape{
	{"one tile", 1, 4, 4, 8, 8, kernels.Square(4, 2, 1)},
	{"one result", 1, 2, 2, 8, 16, kernels.Square(4, 2, 1)},
	{"tiles that reach out of the result", 3, 14, 10, 16, 24, kernels.Square(4, 2, 1)},
	{"odd images", 2, 15, 13, 24, 16, kernels.Square(4, 2, 1)},
	{"sides all different", 2, 13, 11, 16, 8, kernels.Window{KernelH: 4, KernelW: 4, StrideH: 2, StrideW: 2, Top: 1, Bottom: 2, Left: 2, Right: 1}},
	{"more tiles than rows of a block", 9, 16, 16, 8, 72, kernels.Square(4, 2, 1)},
	{"more channels than columns of a block", 2, 8, 8, 136, 72, kernels.Square(4, 2, 1)},
	{"more channels than rows of a block", 1, 6, 6, 8, 200, kernels.Square(4, 2, 1)},
	{"no padding", 2, 10, 12, 16, 16, kernels.Square(4, 2, 0)},
	{"much padding", 2, 5, 6, 8, 16, kernels.Square(4, 2, 3)},
	{"border out of reach", 2, 9, 9, 16, 8, kernels.Square(4, 2, 0)},
	{"stride 1", 2, 7, 6, 16, 24, kernels.Square(2, 1, 0)},
	{"stride 1 and 3", 2, 7, 11, 8, 16, kernels.Window{KernelH: 2, KernelW: 6, StrideH: 1, StrideW: 3, Top: 1, Bottom: 0, Left: 2, Right: 3}},
	{"stride 3 and 2", 2, 11, 9, 16, 8, kernels.Window{KernelH: 6, KernelW: 4, StrideH: 3, StrideW: 2, Top: 2, Bottom: 2, Left: 1, Right: 1}},
}

func TestWinogradOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, winograd)
	equivalent(t, passesOf(winogradShapes))
}

// TestWinogradHasItsKernelsOnGPU has Winograd's kernels do those passes, and no others the same.
func TestWinogradHasItsKernelsOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, winograd)
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, s := range winogradShapes {
			assert.ElementsMatch(t, []string{
				"conv2d_forward_winograd_128x64", "conv2d_forward_winograd_results", "conv2d_input_winograd_128x64", "conv2d_input_winograd_results",
				"conv2d_weight_winograd_128x64", "conv2d_weight_winograd_results",
			}, kernelsOf(t, dev, s.passes(), nil), s.name)
		}
	})
}

// TestWinogradOfWeightsAloneOnGPU has convolutions of which Winograd's kernels take nothing but the gradient of the weights:
// its slabs may lie in several pixels, and of any number of phases.
func TestWinogradOfWeightsAloneOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, winograd)
	cases := passesOf([]convShape{
		{"12 channels to 20", 2, 8, 6, 12, 20, kernels.Square(4, 2, 1)},
		{"132 channels to 68", 1, 6, 6, 132, 68, kernels.Square(4, 2, 1)},
		{"stride 3", 3, 14, 11, 12, 12, kernels.Square(6, 3, 2)},
		{"stride 4", 1, 20, 13, 20, 132, kernels.Window{KernelH: 8, KernelW: 8, StrideH: 4, StrideW: 4, Top: 3, Bottom: 1, Left: 2, Right: 5}},
	})
	equivalent(t, cases)
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, c := range cases {
			names := slices.DeleteFunc(kernelsOf(t, dev, c, nil), func(name string) bool { return !strings.HasPrefix(name, "conv2d_weight") })
			assert.ElementsMatch(t, []string{"conv2d_weight_winograd_128x64", "conv2d_weight_winograd_results"}, names, c.name)
		}
	})
}

// TestWinogradBiasAnywhereOnGPU has biases that begin anywhere in memory.
func TestWinogradBiasAnywhereOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, winograd)
	s := winogradShapes[3]
	oh, ow := s.g.Out(s.h, s.w)
	xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, oh, ow, s.o}, device.Shape{s.o, s.g.KernelH, s.g.KernelW, s.c}
	equivalent(t, []cudaCase{{s.name, func(t testing.TB, dev device.Device) step {
		x, dy, w := tensorOn(t, dev, xs, wave(xs.Len(), 1)...), tensorOn(t, dev, ys, wave(ys.Len(), 1)...), tensorOn(t, dev, ws, wave(ws.Len(), 1)...)
		bias := tensorOn(t, dev, device.Shape{64}, wave(64, 1)...)
		bo, bc := bias.Slice(1, device.Shape{s.o}), bias.Slice(2, device.Shape{s.c})
		y, dx := tensorOn(t, dev, ys), tensorOn(t, dev, xs)
		return step{func() error {
			return errors.Join(kernels.Conv2DBias(y, x, w, bo, 0.2, s.g), kernels.Conv2DInputBias(dx, dy, w, bc, 0.2, s.g))
		}, []*device.Tensor{y, dx}, []*device.Tensor{x, dy, w, bias}}
	}}})
}

// TestWinogradLeavesOthersOnGPU has numbers of channels, kernels and addresses that Winograd's kernels do not take.
func TestWinogradLeavesOthersOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, winograd)
	equivalent(t, passesOf([]convShape{
		{"3 channels", 2, 8, 8, 3, 8, kernels.Square(4, 2, 1)},
		{"to 3 channels", 2, 8, 8, 8, 3, kernels.Square(4, 2, 1)},
		{"18 channels to 20", 2, 8, 6, 18, 20, kernels.Square(4, 2, 1)},
		{"20 channels to 18", 2, 8, 6, 20, 18, kernels.Square(4, 2, 1)},
		{"16 channels to 1", 2, 8, 6, 16, 1, kernels.Square(4, 2, 1)},
		{"130 channels", 1, 6, 6, 130, 16, kernels.Square(4, 2, 1)},
		{"k3 s2", 2, 8, 8, 16, 16, kernels.Square(3, 2, 1)},
	}))
}

// TestLongWinogradOnGPU has sums in one go, of more than a thread adds up one by one, and in several slices.
func TestLongWinogradOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, winograd)
	for _, n := range []int{1, 132} {
		kernels.FewProcessors(t, n)
		t.Run(fmt.Sprintf("%d processors", n), func(t *testing.T) {
			equivalent(t, []cudaCase{
				convShape{"many channels", 2, 6, 6, 264, 16, kernels.Square(4, 2, 1)}.passes(),
				convShape{"to many channels", 1, 4, 6, 8, 648, kernels.Square(4, 2, 1)}.passes(),
				convShape{"many tiles", 9, 32, 34, 8, 8, kernels.Square(4, 2, 1)}.passes(),
			})
		})
	}
}

// TestWinogradErrorOnGPU bounds the error for random numbers as the CPU's is bounded, and by a multiple of that of the
// other kernels.
func TestWinogradErrorOnGPU(t *testing.T) {
	const most, others = 1e-6, 3
	random := rand.New(rand.NewPCG(1, 2))
	normal := func(n int) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(float32(random.NormFloat64()))
		}
		return values
	}
	for _, s := range []convShape{
		{"forward", 2, 8, 8, 512, 8, kernels.Square(4, 2, 1)},
		{"input", 2, 8, 8, 8, 1024, kernels.Square(4, 2, 1)},
		{"weight", 32, 16, 16, 8, 8, kernels.Square(4, 2, 1)},
	} {
		xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, s.h / 2, s.w / 2, s.o}, device.Shape{s.o, 4, 4, s.c}
		x, dy, w := normal(xs.Len()), normal(ys.Len()), normal(ws.Len())
		c := cudaCase{s.name, func(t testing.TB, dev device.Device) step {
			x, dy, w := tensorOn(t, dev, xs, x...), tensorOn(t, dev, ys, dy...), tensorOn(t, dev, ws, w...)
			switch s.name {
			case "forward":
				y := tensorOn(t, dev, ys)
				return step{func() error { return kernels.Conv2D(y, x, w, s.g) }, []*device.Tensor{y}, nil}
			case "input":
				dx := tensorOn(t, dev, xs)
				return step{func() error { return kernels.Conv2DInput(dx, dy, w, s.g) }, []*device.Tensor{dx}, nil}
			}
			dw := tensorOn(t, dev, ws)
			return step{func() error { return kernels.Conv2DWeight(dw, x, dy, s.g) }, []*device.Tensor{dw}, nil}
		}}
		enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
			want := resultsOf(t, device.NewCPU64(1), c)
			direct := distance(resultsOf(t, dev, c)[0], want[0])
			kernels.OnlyTiling(t, winograd)
			first := resultsOf(t, dev, c)[0]
			have := distance(first, want[0])
			t.Logf("%s: %.2g, and %.2g by the other kernels", s.name, have, direct)
			assert.LessOrEqual(t, have, most)
			assert.LessOrEqual(t, have, others*direct)
			assert.Equal(t, bitsOf(first), bitsOf(resultsOf(t, dev, c)[0]), "the same each time")
		})
	}
}

// TestWinogradMutants leaves out each barrier: the emulator, or the results, must show it.
func TestWinogradMutants(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	kernels.OnlyTiling(t, winograd)
	c := convShape{"", 3, 14, 15, 16, 72, kernels.Square(4, 2, 1)}.passes()
	want := resultsOf(t, device.NewCPU64(1), c)
	for _, m := range kernels.WinogradMutants(t) {
		if strings.Contains(m.Name, " bra") {
			continue
		}
		t.Run(m.String(), func(t *testing.T) {
			kernels.UseWinograd(t, m.PTX)
			dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{Threads: 1}), 0)
			require.NoError(t, err)
			defer dev.Close()
			mutantFails(t, dev, c, want, fromWide)
		})
	}
}
