package kernels_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver/clockdriver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// hopper returns an emulated GPU of compute capability 9.0, in a precision, for the time of the test.
func hopper(t testing.TB, p device.Precision, o ptxsim.Options) *device.CUDA {
	t.Helper()
	o.Major = 9
	dev, err := device.OpenCUDA(ptxsim.New(o), 0)
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	require.NoError(t, dev.SetPrecision(p))
	return dev
}

// eachHopper is enginetest.EachGPU in a precision on GPUs of compute capability 9.0.
func eachHopper(t *testing.T, p device.Precision, test func(t *testing.T, dev *device.CUDA, bound float64)) {
	t.Run("ptxsim", func(t *testing.T) {
		enginetest.Emulated(t) // or this is no place for it
		test(t, hopper(t, p, ptxsim.Options{}), fromWide)
	})
	t.Run("cuda", func(t *testing.T) {
		dev := enginetest.GPU(t)
		if has := dev.Properties(); has.Major != 9 || has.Minor != 0 {
			t.Skipf("compute capability %d.%d", has.Major, has.Minor)
		}
		inPrecision(t, dev, p)
		test(t, dev, 1e-4) // tensor cores cut sums off
	})
}

// groupPasses are those that wgmma can do in a precision.
var groupPasses = map[device.Precision][]string{device.TF32: {"forward", "input"}, device.BFloat16: {"forward", "input", "weight"}}

// eachGroupPrecision runs a test in each of them.
func eachGroupPrecision(t *testing.T, test func(t *testing.T, p device.Precision)) {
	for p := range groupPasses {
		t.Run(p.String(), func(t *testing.T) { test(t, p) })
	}
}

// onlyGroups has convolutions computed with wgmma in a precision, by a tile.
func onlyGroups(t *testing.T, p device.Precision, tile string) {
	kernels.OnlyTiling(t, fmt.Sprintf("%v_wgmma_%s", p, tile))
}

// groupsEquivalent runs a convolution's passes with wgmma, and compares them with sums in float64 of the same rounded
// operands.
func groupsEquivalent(t *testing.T, p device.Precision, tile string, s convShape) {
	t.Run(s.name, func(t *testing.T) {
		c := s.ofOperands()
		eachHopper(t, p, func(t *testing.T, dev *device.CUDA, bound float64) {
			launched := launchedBy(t, dev, c.build(t, dev))
			for _, pass := range groupPasses[p] {
				assert.Contains(t, launched, fmt.Sprintf("conv2d_%s_%v_wgmma_%s ", pass, p, tile))
			}
			wide := resultsOf(t, device.NewCPU64(1), roundOperands(c, p))
			for i, have := range resultsOf(t, dev, c) {
				assert.LessOrEqual(t, distance(have, wide[i]), bound, "result %d", i)
			}
		})
	})
}

var groupTiles = []string{"128x128", "128x64", "64x64", "256x128", "128x256"}

// TestWgmmaOnGPU gives every tile shapes that fill neither it nor the last slab, with sums in slices and in one piece,
// which is longer than a tensor core may add up.
func TestWgmmaOnGPU(t *testing.T) {
	eachGroupPrecision(t, func(t *testing.T, p device.Precision) {
		for _, tile := range groupTiles {
			t.Run(tile, func(t *testing.T) {
				onlyGroups(t, p, tile)
				groupsEquivalent(t, p, tile, convShape{"k4 s2 p1", 7, 14, 13, 64, 192, kernels.Square(4, 2, 1)})
				kernels.FewProcessors(t, 1)
				groupsEquivalent(t, p, tile, convShape{"k4 s2 p1, long forward", 1, 13, 12, 192, 64, kernels.Square(4, 2, 1)})
				groupsEquivalent(t, p, tile, convShape{"k3 s1 p1, long input", 1, 6, 7, 128, 256, kernels.Square(3, 1, 1)})
			})
		}
	})
}

func TestWgmmaShapesOnGPU(t *testing.T) {
	shapes := []convShape{
		{"k5 s2 same", 2, 14, 13, 64, 64, kernels.Same(5, 2, 14, 13)},
		{"1×1 s2", 2, 9, 9, 64, 64, kernels.Square(1, 2, 0)},
		{"k2 s3", 3, 10, 7, 64, 64, kernels.Square(2, 3, 1)},
		{"sides all different", 5, 6, 5, 128, 64, kernels.Window{KernelH: 5, KernelW: 2, StrideH: 2, StrideW: 1, Top: 3, Bottom: 0, Left: 2, Right: 1}},
		{"border out of reach", 4, 9, 9, 64, 64, kernels.Square(4, 2, 0)},
	}
	eachGroupPrecision(t, func(t *testing.T, p device.Precision) {
		onlyGroups(t, p, "64x64")
		for _, s := range shapes {
			groupsEquivalent(t, p, "64x64", s)
		}
	})
}

// wrongSwizzle is what has descriptors name another swizzle than the slabs have.
var wrongSwizzle = strings.NewReplacer(", 4611686293305294848;", ", -9223371761976868864;")

// TestTuneChecksResults lets the tuner have wgmma where there is one, and take it where it is fast, but never if its
// results are wrong.
func TestTuneChecksResults(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	kernels.OnlyTiling(t, "bf16_copies_64x64", "bf16_wgmma_64x64")
	for name, test := range map[string]struct {
		major  int
		change *strings.Replacer
		chosen bool
	}{
		"right":        {9, strings.NewReplacer(), true},
		"wrong":        {9, wrongSwizzle, false},
		"another card": {8, strings.NewReplacer(), false},
	} {
		t.Run(name, func(t *testing.T) {
			ptx := kernels.WgmmaPTX(device.BFloat16, "64x64")
			changed := test.change.Replace(ptx)
			assert.Equal(t, name == "wrong", changed != ptx)
			kernels.UseWgmma(t, device.BFloat16, changed)
			drv := clockdriver.New(ptxsim.New(ptxsim.Options{Major: test.major}), taking(100, map[string]func() int{"conv2d_forward_bf16_wgmma_64x64": func() int { return 10 }}))
			dev, err := device.OpenCUDA(drv, 0)
			require.NoError(t, err)
			defer dev.Close()
			require.NoError(t, dev.SetPrecision(device.BFloat16))
			x, w, y := operandOn(t, dev, device.Shape{2, 8, 8, 64}, 1), operandOn(t, dev, device.Shape{64, 4, 4, 64}, 1), newTensor(t, dev, 2, 4, 4, 64)
			var tuning kernels.Tuning
			product := func() error { return kernels.Conv2D(y, x, w, kernels.Square(4, 2, 1)) }
			require.NoError(t, tuning.Tune(t.Context(), dev, product, nil))
			require.Len(t, tuning.Choices(), 1)
			c := tuning.Choices()[0]
			assert.Equal(t, test.chosen, c.Tile == "bf16_wgmma_64x64", "%+v", c)
			assert.Equal(t, "bf16_copies_64x64", c.Default.Tile)
			var ways, wrong int
			for _, way := range c.Ways {
				switch wgmma := way.Tile == "bf16_wgmma_64x64"; {
				case way.Wrong != "":
					assert.True(t, wgmma, "%+v", way)
					assert.Regexp(t, `^its result is not that of the default: number \d+ of 2048 is \S+, and should be \S+$`, way.Wrong)
					assert.Zero(t, way.Seconds)
					wrong++
				case wgmma:
					ways++
				}
			}
			assert.Equal(t, name == "right", ways > 0)
			assert.Equal(t, name == "wrong", wrong > 0)
		})
	}
}

// TestWgmmaOfAnotherCard has a tuning that says wgmma computed as is estimated where there is none.
func TestWgmmaOfAnotherCard(t *testing.T) {
	dev := enginetest.Emulated(t)
	require.NoError(t, dev.SetPrecision(device.BFloat16))
	var tuning kernels.Tuning
	p := kernels.Product{Kernel: "conv2d_forward", Count: 1, M: 32, N: 64, K: 1024, Aligned: "abckr", Precision: "bf16"}
	require.NoError(t, tuning.Add(kernels.Choice{Product: p, Way: kernels.Way{Tile: "bf16_wgmma_64x64", Slices: 1}}))
	dev.SetTuning(&tuning)
	x, w, y := operandOn(t, dev, device.Shape{2, 8, 8, 64}, 1), operandOn(t, dev, device.Shape{64, 4, 4, 64}, 1), newTensor(t, dev, 2, 4, 4, 64)
	require.NoError(t, kernels.Conv2D(y, x, w, kernels.Square(4, 2, 1)))
	require.NoError(t, dev.Sync())
	assert.EqualError(t, tuning.Suit(dev), "kernels: tuning: 1 of 1 choices are not for this GPU, the first: conv2d_forward of 1×(32,64,1024) in bf16 with bf16_wgmma_64x64")
	assert.Empty(t, tuning.Choices())
	assert.NoError(t, tuning.Suit(dev))
}

// TestWgmmaInAnyOrder has blocks and warps take other turns, and looks for races in global memory too: results are the
// same bits.
func TestWgmmaInAnyOrder(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	c := convShape{"", 7, 8, 8, 64, 128, kernels.Square(4, 2, 1)}.ofOperands()
	eachGroupPrecision(t, func(t *testing.T, p device.Precision) {
		onlyGroups(t, p, "128x64")
		kernels.UseWgmma(t, p, kernels.WgmmaPTX(p, "128x64"))
		want := resultsOf(t, hopper(t, p, ptxsim.Options{NoRace: true}), c)
		for _, o := range []ptxsim.Options{{}, {Seed: 7}, {Seed: 9, GlobalRace: true}} {
			assert.Equal(t, want, resultsOf(t, hopper(t, p, o), c), "%+v", o)
		}
	})
}

// TestCostsOfWgmma counts the bytes of the numbers that are read.
func TestCostsOfWgmma(t *testing.T) {
	enginetest.Emulated(t)      // or this is no place for it
	kernels.FewProcessors(t, 1) // no sum is cut
	xs, ws, ys := device.Shape{4, 8, 8, 64}, device.Shape{64, 4, 4, 64}, device.Shape{4, 4, 4, 64}
	eachGroupPrecision(t, func(t *testing.T, p device.Precision) {
		onlyGroups(t, p, "64x64")
		dev := hopper(t, p, ptxsim.Options{})
		x, w, y := operandOn(t, dev, xs, 1), operandOn(t, dev, ws, 1), newTensor(t, dev, ys[:]...)
		times, err := dev.Profile(func() error { return kernels.Conv2D(y, x, w, kernels.Square(4, 2, 1)) })
		require.NoError(t, err)
		require.Len(t, times, 1)
		size := map[device.Precision]int{device.TF32: 4, device.BFloat16: 2}[p]
		assert.EqualValues(t, size*(xs.Len()+ws.Len())+4*ys.Len(), times[0].Cost.Bytes)
		assert.Equal(t, p, times[0].Cost.Precision)
	})
}
