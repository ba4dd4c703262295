package kernels_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
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
	enginetest.Emulated(t) // or this is no place for it
	kernels.FewProcessors(t, 1) // sums are in one piece, of more slabs than there are stages
	c := convShape{"", 24, 8, 8, 64, 128, kernels.Square(4, 2, 1)}.ofOperands()
	want := resultsOf(t, device.NewCPU64(1), roundOperands(c, device.BFloat16))
	kernels.OnlyTiling(t, "bf16_wgmma_64x64")
	seen := 0
	for _, m := range kernels.WgmmaMutants(t, "64x64") {
		if strings.HasSuffix(m.Kernel, "128x64") || strings.Contains(m.Name, " bra") {
			continue
		}
		seen++
		t.Run(m.String(), func(t *testing.T) {
			kernels.UseWgmma(t, m.PTX)
			dev := hopper(t, ptxsim.Options{Threads: 1})
			s := c.build(t, dev)
			err := errors.Join(s.run(), dev.Sync())
			for i := 0; err == nil && i < len(want); i++ {
				if distance(valuesOf(s.results[i]), want[i]) > 1e-3 {
					err = errors.New("wrong results")
				}
			}
			t.Log(err)
			assert.Error(t, err)
		})
	}
	assert.Equal(t, 3*7, seen) // of a kernel: two waits for copies and for products, fences of both kinds, barrier, commit
}
