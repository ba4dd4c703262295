package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

func TestGatherImages(t *testing.T) {
	dev := device.NewCPU(1)
	// Three images of 1×3 pixels and two channels.
	src, err := dev.NewBytes([]byte{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 255})
	require.NoError(t, err)
	asIs := device.Permutation{N: 3, Identity: true}
	dst := tensorOn(t, dev, device.Shape{2, 1, 3, 2})

	require.NoError(t, kernels.GatherImages(dst, src, asIs, 1, 0, 255, nil))
	assert.Equal(t, []float64{10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 255}, valuesOf(dst))

	require.NoError(t, kernels.GatherImages(dst, src, asIs, 0, -1, 1, nil))
	assert.Equal(t, -1.0, valuesOf(dst)[0], "0 gives lo exactly")
	assert.InDelta(t, 2*5/255.0-1, valuesOf(dst)[5], 1e-7)
	require.NoError(t, kernels.GatherImages(dst, src, asIs, 1, -0.3, 1e-12, nil))
	assert.Equal(t, float64(float32(1e-12)), valuesOf(dst)[11], "255 gives hi exactly")

	t.Run("mirrored", func(t *testing.T) {
		flip := randomWithBits(t, 0, 1)
		require.NoError(t, kernels.GatherImages(dst, src, asIs, 0, 0, 255, &flip))
		assert.Equal(t, []float64{0, 1, 2, 3, 4, 5, 14, 15, 12, 13, 10, 11}, valuesOf(dst))
	})
	t.Run("mirrored line by line", func(t *testing.T) {
		flip := randomWithBits(t, 1)
		dst := tensorOn(t, dev, device.Shape{1, 2, 3, 1})
		require.NoError(t, kernels.GatherImages(dst, src, asIs, 0, 0, 255, &flip))
		assert.Equal(t, []float64{2, 1, 0, 5, 4, 3}, valuesOf(dst))
	})
	t.Run("shuffled", func(t *testing.T) {
		order := device.Permutation{Random: device.Random{Seed: 2}, N: 3}
		dst := tensorOn(t, dev, device.Shape{3, 1, 3, 2})
		require.NoError(t, kernels.GatherImages(dst, src, order, 0, 0, 255, nil))
		for i := range 3 {
			assert.Equal(t, float64(10*order.At(i)), valuesOf(dst)[6*i])
		}
	})
}

// TestGatherImagesOnEngines compares engines with the reference, bit by bit: images of several channels
// and more, lines longer than a buffer, and ranges; in the last, 165/255 of 3·(1+67·2⁻²⁴) lies half-way
// between two float32, so that every rounding counts.
func TestGatherImagesOnEngines(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		for _, shape := range []device.Shape{{5, 9, 7, 3}, {4, 3, 1500, 1}, {3, 2, 700, 3}, {3, 5, 4, 2}, {2, 1, 2, 1025}} {
			for _, r := range []struct{ lo, hi float64 }{{-1, 1}, {0, 1}, {0, 255}, {1, -1}, {-0.3, 1e-12}, {0, 3 + 3*67*0x1p-24}} {
				gather := func(e device.Engine) []float64 {
					dev := enginetest.CPU(t, e, 1)
					data := make([]byte, (shape[0]+1)*shape.RowLen())
					for i := range data {
						data[i] = byte(i * i % 257)
					}
					src, err := dev.NewBytes(data)
					require.NoError(t, err)
					dst := tensorOn(t, dev, shape)
					order := device.Permutation{Random: device.Random{Seed: 5}, N: shape[0] + 1}
					require.NoError(t, kernels.GatherImages(dst, src, order, 1, r.lo, r.hi, &device.Random{Seed: 6}))
					return valuesOf(dst)
				}
				assert.Equal(t, gather(device.EngineReference), gather(e), "%v in [%g,%g]", shape, r.lo, r.hi)
			}
		}
	})
}

// randomWithBits returns a sequence whose first elements have the given lowest bits.
func randomWithBits(t *testing.T, bits ...uint32) device.Random {
	t.Helper()
seeds:
	for seed := range uint64(1000) {
		words := device.Random{Seed: seed}.Words(0)
		for i, bit := range bits {
			if words[i]&1 != bit {
				continue seeds
			}
		}
		return device.Random{Seed: seed}
	}
	t.Fatal("no such sequence")
	return device.Random{}
}

func TestGatherImagesRefuses(t *testing.T) {
	dev, other := device.NewCPU(1), device.NewCPU(1)
	src, err := dev.NewBytes(make([]byte, 18))
	require.NoError(t, err)
	asIs := device.Permutation{N: 3, Identity: true}
	for _, c := range []struct {
		name  string
		dst   *device.Tensor
		order device.Permutation
		start int
		want  string
	}{
		{"a vector", tensorOn(t, dev, device.Shape{2, 6}), asIs, 0, "want (N,H,W,C)"},
		{"a part of an image", tensorOn(t, dev, device.Shape{1, 1, 4, 1}), asIs, 0, "src of 18 bytes"},
		{"another device", tensorOn(t, other, device.Shape{1, 1, 3, 2}), asIs, 0, "device"},
		{"an order that is too long", tensorOn(t, dev, device.Shape{1, 1, 3, 2}), device.Permutation{N: 4}, 0, "order of 4 rows: src holds 3"},
		{"a negative start", tensorOn(t, dev, device.Shape{1, 1, 3, 2}), asIs, -1, "start -1"},
		{"a start behind the end", tensorOn(t, dev, device.Shape{2, 1, 3, 2}), asIs, 2, "start 2"},
		{"a batch that is too large", tensorOn(t, dev, device.Shape{4, 1, 3, 2}), asIs, 0, "start 0"},
		{"an order without rows", tensorOn(t, dev, device.Shape{1, 1, 3, 2}), device.Permutation{}, 0, "order of 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := kernels.GatherImages(c.dst, src, c.order, c.start, 0, 1, nil)
			assert.ErrorContains(t, err, "kernels: gather images: ")
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestGatherRows(t *testing.T) {
	dev := device.NewCPU64(1)
	src := tensorOn(t, dev, device.Shape{4, 2}, 0, 1, 10, 11, 20, 21, 30, 31)
	dst := tensorOn(t, dev, device.Shape{2, 2})
	require.NoError(t, kernels.GatherRows(dst, src, device.Permutation{N: 4, Identity: true}, 2))
	assert.Equal(t, []float64{20, 21, 30, 31}, valuesOf(dst))

	order := device.Permutation{Random: device.Random{Seed: 1}, N: 4}
	require.NoError(t, kernels.GatherRows(dst, src, order, 1))
	assert.Equal(t, []float64{float64(10 * order.At(1)), float64(10 * order.At(2))}, []float64{valuesOf(dst)[0], valuesOf(dst)[2]})

	var shapes *device.ShapeError
	require.ErrorAs(t, kernels.GatherRows(tensorOn(t, dev, device.Shape{2, 3}), src, order, 0), &shapes)
	assert.ErrorContains(t, kernels.GatherRows(dst, src, order, 3), "start 3")
}
