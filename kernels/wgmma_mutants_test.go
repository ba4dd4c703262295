package kernels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// TestWgmmaMutants leaves out each barrier, fence and wait of the smallest tiles' kernels: the emulator, or the
// results, must show it.
func TestWgmmaMutants(t *testing.T) {
	enginetest.Emulated(t)      // or this is no place for it
	kernels.FewProcessors(t, 1) // sums are in one piece, of more slabs than there are stages
	c := convShape{"", 24, 8, 8, 64, 128, kernels.Square(4, 2, 1)}.ofOperands()
	eachGroupPrecision(t, func(t *testing.T, p device.Precision) {
		want := resultsOf(t, device.NewCPU64(1), roundOperands(c, p))
		onlyGroups(t, p, "64x64")
		seen := 0
		for _, m := range ptxsim.Mutants(kernels.WgmmaPTX(p, "64x64")) {
			if strings.Contains(m.Name, " bra") {
				continue
			}
			seen++
			t.Run(m.String(), func(t *testing.T) {
				kernels.UseWgmma(t, p, m.PTX)
				mutantFails(t, hopper(t, p, ptxsim.Options{Threads: 1}), c, want, 1e-3)
			})
		}
		// Of a kernel: two waits for copies and for products, fences of both kinds, barrier, commit. With weights in registers each
		// of four instructions has a wait, a fence and a commit.
		assert.Equal(t, map[device.Precision]int{device.TF32: 7 + 16, device.BFloat16: 3 * 7}[p], seen)
	})
}

// TestWgmmaDescriptors has descriptors name another swizzle, another step between groups of eight, and offsets that are
// exchanged where both are used: the results must show it.
func TestWgmmaDescriptors(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	c := convShape{"", 9, 8, 8, 128, 128, kernels.Square(4, 2, 1)}.ofOperands()
	const leading, stride = ", 33554432;", ", 4611686293305294848;" // 8192 bytes, 1024 bytes and a swizzle of 128
	wrongStride := strings.NewReplacer(stride, ", 4611686568183201792;")
	exchanged := strings.NewReplacer(leading, ", 4194304;", stride, ", 4611688217450643456;")
	eachGroupPrecision(t, func(t *testing.T, p device.Precision) {
		onlyGroups(t, p, "128x128")
		want := resultsOf(t, device.NewCPU64(1), roundOperands(c, p))
		shows := func(name string, change *strings.Replacer, first, end int) {
			t.Run(name, func(t *testing.T) {
				ptx := kernels.WgmmaPTX(p, "128x128")
				changed := change.Replace(ptx)
				require.NotEqual(t, ptx, changed)
				kernels.UseWgmma(t, p, changed)
				dev := hopper(t, p, ptxsim.Options{})
				s := c.build(t, dev)
				err := errors.Join(s.run(), dev.Sync())
				for i := first; i < end && err == nil; i++ {
					assert.Greater(t, distance(valuesOf(s.results[i]), want[i]), 0.1, "result %d", i)
				}
			})
		}
		results := map[device.Precision]int{device.TF32: 4, device.BFloat16: 5}[p] // the fifth is of weights
		shows("swizzle", wrongSwizzle, 0, results)
		shows("stride", wrongStride, 0, results)
		if p == device.BFloat16 {
			shows("exchanged", exchanged, 2, results) // before that all operands have k next to each other
		}
	})
}
