package events

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewHistogram(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	h, ok := NewHistogram([]float32{0, 30, nan, 1, 1.5, inf, 29.5, 12, -inf})
	require.True(t, ok)
	assert.Equal(t, []float64{0, 30, 6, 74}, []float64{h.Min, h.Max, h.Num, h.Sum})
	assert.InDelta(t, 900+1+2.25+29.5*29.5+144, h.SumSquares, 1e-9)
	require.Len(t, h.Limits, buckets)
	for i, limit := range h.Limits {
		assert.InDelta(t, i+1, limit, 1e-12)
		want := map[int]float64{0: 1, 1: 2, 12: 1, 29: 2}[i]
		assert.Equal(t, want, h.Counts[i], i)
	}

	_, ok = NewHistogram([]float32{nan, inf})
	assert.False(t, ok)
	_, ok = NewHistogram(nil)
	assert.False(t, ok)
	h, ok = NewHistogram([]float32{-2, -2})
	assert.True(t, ok)
	assert.Equal(t, Histogram{Min: -2, Max: -2, Num: 2, Sum: -4, SumSquares: 8, Limits: []float64{-2}, Counts: []float64{2}}, h)
}

// Whatever the numbers, every one is counted once, limits rise and the last is the largest number.
func TestHistogramProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		values := make([]float32, 1+r.IntN(500))
		scale := math.Pow(10, 76*r.Float64()-38)
		for i := range values {
			values[i] = float32(scale * (r.Float64() - 0.5))
		}
		if r.IntN(2) == 0 {
			values[0] = math.MaxFloat32
			values[len(values)-1] = -math.MaxFloat32
		}
		h, ok := NewHistogram(values)
		require.True(t, ok)
		sum := 0.0
		for i, n := range h.Counts {
			sum += n
			if i > 0 {
				require.Greater(t, h.Limits[i], h.Limits[i-1])
			}
		}
		require.EqualValues(t, len(values), sum)
		require.Equal(t, h.Max, h.Limits[len(h.Limits)-1])
	}
}

func BenchmarkHistogram(b *testing.B) {
	values := make([]float32, 1<<20)
	for i := range values {
		values[i] = rand.Float32()
	}
	for b.Loop() {
		NewHistogram(values)
	}
	b.SetBytes(4 << 20)
}
