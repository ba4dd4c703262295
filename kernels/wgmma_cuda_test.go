package kernels_test

import (
	"errors"
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

// hopper returns an emulated GPU of compute capability 9.0, for the time of the test.
func hopper(t testing.TB, o ptxsim.Options) *device.CUDA {
	t.Helper()
	o.Major = 9
	dev, err := device.OpenCUDA(ptxsim.New(o), 0)
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	require.NoError(t, dev.SetPrecision(device.BFloat16))
	return dev
}

// eachHopper is enginetest.EachGPU in bfloat16 on GPUs of compute capability 9.0.
func eachHopper(t *testing.T, test func(t *testing.T, dev *device.CUDA, bound float64)) {
	t.Run("ptxsim", func(t *testing.T) {
		enginetest.Emulated(t) // or this is no place for it
		test(t, hopper(t, ptxsim.Options{}), fromWide)
	})
	t.Run("cuda", func(t *testing.T) {
		dev := enginetest.GPU(t)
		if p := dev.Properties(); p.Major != 9 || p.Minor != 0 {
			t.Skipf("compute capability %d.%d", p.Major, p.Minor)
		}
		inPrecision(t, dev, device.BFloat16)
		test(t, dev, 1e-4) // tensor cores cut sums off
	})
}

// groupsEquivalent runs a convolution's passes with wgmma, and compares them with sums in float64 of the same rounded
// operands.
func groupsEquivalent(t *testing.T, tile string, s convShape) {
	t.Run(s.name, func(t *testing.T) {
		c := s.ofOperands()
		wide := resultsOf(t, device.NewCPU64(1), roundOperands(c, device.BFloat16))
		eachHopper(t, func(t *testing.T, dev *device.CUDA, bound float64) {
			launched := launchedBy(t, dev, c.build(t, dev))
			for _, pass := range []string{"forward", "input", "weight"} {
				assert.Contains(t, launched, fmt.Sprintf("conv2d_%s_bf16_wgmma_%s ", pass, tile))
			}
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
	for _, tile := range groupTiles {
		t.Run(tile, func(t *testing.T) {
			kernels.OnlyTiling(t, "bf16_wgmma_"+tile)
			groupsEquivalent(t, tile, convShape{"k4 s2 p1", 7, 14, 13, 64, 192, kernels.Square(4, 2, 1)})
			groupsEquivalent(t, tile, convShape{"k3 s1 p1", 2, 7, 9, 128, 64, kernels.Square(3, 1, 1)})
			kernels.FewProcessors(t, 1)
			groupsEquivalent(t, tile, convShape{"k4 s2 p1, long", 1, 13, 12, 192, 64, kernels.Square(4, 2, 1)})
		})
	}
}

func TestWgmmaShapesOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, "bf16_wgmma_64x64")
	for _, s := range []convShape{
		{"k5 s2 same", 2, 14, 13, 64, 64, kernels.Same(5, 2, 14, 13)},
		{"1×1 s2", 2, 9, 9, 64, 64, kernels.Square(1, 2, 0)},
		{"k2 s3", 3, 10, 7, 64, 64, kernels.Square(2, 3, 1)},
		{"sides all different", 5, 6, 5, 128, 64, kernels.Window{KernelH: 5, KernelW: 2, StrideH: 2, StrideW: 1, Top: 3, Bottom: 0, Left: 2, Right: 1}},
		{"border out of reach", 4, 9, 9, 64, 64, kernels.Square(4, 2, 0)},
	} {
		groupsEquivalent(t, "64x64", s)
	}
}

// TestWgmmaMutants leaves out each barrier, fence and wait of the smallest tiles' kernels: the emulator, or the
// results, must show it.
func TestWgmmaMutants(t *testing.T) {
	enginetest.Emulated(t)      // or this is no place for it
	kernels.FewProcessors(t, 1) // sums are in one piece, of more slabs than there are stages
	c := convShape{"", 24, 8, 8, 64, 128, kernels.Square(4, 2, 1)}.ofOperands()
	want := resultsOf(t, device.NewCPU64(1), roundOperands(c, device.BFloat16))
	kernels.OnlyTiling(t, "bf16_wgmma_64x64")
	seen := 0
	for _, m := range ptxsim.Mutants(kernels.WgmmaPTX("64x64")) {
		if strings.Contains(m.Name, " bra") {
			continue
		}
		seen++
		t.Run(m.String(), func(t *testing.T) {
			kernels.UseWgmma(t, m.PTX)
			mutantFails(t, hopper(t, ptxsim.Options{Threads: 1}), c, want, 1e-3)
		})
	}
	assert.Equal(t, 3*7, seen) // of a kernel: two waits for copies and for products, fences of both kinds, barrier, commit
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
			ptx := kernels.WgmmaPTX("64x64")
			changed := test.change.Replace(ptx)
			assert.Equal(t, name == "wrong", changed != ptx)
			kernels.UseWgmma(t, changed)
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
	kernels.OnlyTiling(t, "bf16_wgmma_128x64")
	kernels.UseWgmma(t, kernels.WgmmaPTX("128x64"))
	c := convShape{"", 7, 8, 8, 64, 128, kernels.Square(4, 2, 1)}.ofOperands()
	want := resultsOf(t, hopper(t, ptxsim.Options{NoRace: true}), c)
	for _, o := range []ptxsim.Options{{}, {Seed: 7}, {Seed: 9, GlobalRace: true}} {
		assert.Equal(t, want, resultsOf(t, hopper(t, o), c), "%+v", o)
	}
}

// TestWgmmaDescriptors has descriptors name another swizzle, another step between groups of eight, and offsets that are
// exchanged: the results must show it.
func TestWgmmaDescriptors(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	kernels.OnlyTiling(t, "bf16_wgmma_128x128")
	c := convShape{"", 9, 8, 8, 128, 128, kernels.Square(4, 2, 1)}.ofOperands()
	want := resultsOf(t, device.NewCPU64(1), roundOperands(c, device.BFloat16))
	const leading, stride = ", 33554432;", ", 4611686293305294848;" // 8192 bytes, 1024 bytes and a swizzle of 128
	for name, change := range map[string]*strings.Replacer{
		"swizzle":   wrongSwizzle,
		"stride":    strings.NewReplacer(stride, ", 4611686568183201792;"),
		"exchanged": strings.NewReplacer(leading, ", 4194304;", stride, ", 4611688217450643456;"),
	} {
		t.Run(name, func(t *testing.T) {
			ptx := kernels.WgmmaPTX("128x128")
			changed := change.Replace(ptx)
			require.NotEqual(t, ptx, changed)
			kernels.UseWgmma(t, changed)
			dev := hopper(t, ptxsim.Options{})
			s := c.build(t, dev)
			err := errors.Join(s.run(), dev.Sync())
			for i := range want {
				if err == nil && name == "exchanged" && i < 2 {
					continue // both operands have k next to each other
				}
				if err == nil {
					assert.Greater(t, distance(valuesOf(s.results[i]), want[i]), 0.1, "result %d", i)
				}
			}
		})
	}
}
