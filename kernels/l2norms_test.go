package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// normsOf returns the norms of tensors with the given values.
func normsOf(t testing.TB, dev device.Device, values ...[]float64) []float64 {
	t.Helper()
	var list []*device.Tensor
	for _, v := range values {
		list = append(list, tensorOn(t, dev, device.Shape{len(v)}, v...))
	}
	n, err := kernels.NewL2Norms(list...)
	require.NoError(t, err)
	norms := tensorOn(t, dev, device.Shape{len(list)}, math.NaN())
	require.NoError(t, n.Compute(norms))
	return valuesOf(norms)
}

// normExtremes are tensors whose norms must be seen, and their norms.
func normExtremes() (values [][]float64, want []float64) {
	long := make([]float64, 40_001)
	long[40_000] = -3
	nan, infinite := make([]float64, 33), make([]float64, 20_000)
	nan[32], infinite[17_000] = math.NaN(), math.Inf(-1)
	return [][]float64{{3, -4}, {0, 0, 0}, long, nan, infinite, {3e-30, 4e-30}, {3e30, 4e30}, {1e-45}},
		[]float64{5, 0, 3, math.NaN(), math.Inf(1), 5e-30, 5e30, 1e-45}
}

func assertNorms(t *testing.T, want, got []float64) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, w := range want {
		switch {
		case math.IsNaN(w):
			assert.True(t, math.IsNaN(got[i]), "tensor %d: %v", i, got[i])
		case w == 0 || math.IsInf(w, 0):
			assert.Equal(t, w, got[i], "tensor %d", i)
		case w < 1e-40: // one bit of a float32
			assert.Greater(t, got[i], 0.0, "tensor %d", i)
		default:
			assert.InEpsilon(t, w, got[i], 1e-6, "tensor %d", i)
		}
	}
}

func TestL2Norms(t *testing.T) {
	values, want := normExtremes()
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		assertNorms(t, want, normsOf(t, enginetest.CPU(t, e, 2), values...))
	})
	assertNorms(t, want, normsOf(t, device.NewCPU64(2), values...))
}

func TestL2NormsOnGPU(t *testing.T) {
	values, want := normExtremes()
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		assertNorms(t, want, normsOf(t, dev, values...))
	})
	equivalent(t, []cudaCase{{"lengths", func(t testing.TB, dev device.Device) step { return l2Step(t, dev, 1, 31, 255, 257, 33_000) }}})
}

func TestL2NormsRefuse(t *testing.T) {
	_, err := kernels.NewL2Norms()
	assert.ErrorContains(t, err, "kernels: l2 norms: no tensors")
	dev := device.NewCPU(1)
	n, err := kernels.NewL2Norms(tensorOn(t, dev, device.Shape{3}))
	require.NoError(t, err)
	assert.EqualError(t, n.Compute(tensorOn(t, dev, device.Shape{2})), "kernels: l2 norms: norms (2): want 1 elements, one for each tensor")
	assert.ErrorContains(t, n.Compute(tensorOn(t, device.NewCPU(1), device.Shape{1})), "is on device")
}

// l2Step takes the norms of tensors of the given lengths.
func l2Step(t testing.TB, dev device.Device, lengths ...int) step {
	s := step{results: []*device.Tensor{tensorOn(t, dev, device.Shape{len(lengths)})}}
	for _, n := range lengths {
		s.inputs = append(s.inputs, tensorOn(t, dev, device.Shape{n}, wave(n, 1/math.Sqrt(float64(n)))...))
	}
	n, err := kernels.NewL2Norms(s.inputs...)
	require.NoError(t, err)
	s.run = func() error { return n.Compute(s.results[0]) }
	return s
}
