package sampler_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/sampler"
)

// Noise and Generate are the two halves of Sample.
func TestNoiseAndGenerate(t *testing.T) {
	s, err := sampler.Open(trained(t))
	require.NoError(t, err)
	defer s.Close()
	const n = 70 // more than a batch
	z, err := s.Noise(9, 2, n)
	require.NoError(t, err)
	assert.Len(t, z, n*s.Config().ZDim)
	x, err := s.Generate(z)
	require.NoError(t, err)
	want, err := s.Sample(9, 2, n)
	require.NoError(t, err)
	assert.Equal(t, want, x)
	assert.False(t, s.Uniform())

	for _, wrong := range [][]float32{nil, z[1:], z[:5]} {
		_, err := s.Generate(wrong)
		assert.ErrorContains(t, err, "want a positive multiple of 100")
	}
	_, err = s.Noise(9, -1, 1)
	assert.ErrorContains(t, err, "want at least 0")
}

func TestSlerp(t *testing.T) {
	a, b := []float32{3, 0, 0}, []float32{0, 3, 0}
	got := make([]float32, 3)
	sampler.Slerp(got, a, b, 0.5)
	assert.InDeltaSlice(t, []float32{3 / math.Sqrt2, 3 / math.Sqrt2, 0}, got, 1e-6)
	sampler.Slerp(got, a, b, 1.0/3)
	assert.InDeltaSlice(t, []float64{3 * math.Cos(math.Pi/6), 3 * math.Sin(math.Pi/6), 0}, []float64{float64(got[0]), float64(got[1]), float64(got[2])}, 1e-6)
	for _, c := range []struct {
		name    string
		a, b    []float32
		t       float64
		want    []float32
		exactly bool
	}{
		{"start", []float32{1, 2, 3}, []float32{-4, 0, 1}, 0, []float32{1, 2, 3}, true},
		{"end", []float32{1, 2, 3}, []float32{-4, 0, 1}, 1, []float32{-4, 0, 1}, true},
		{"one vector", []float32{1, 2, 3}, []float32{1, 2, 3}, 0.3, []float32{1, 2, 3}, false},
		{"opposite", []float32{1, 0, 0}, []float32{-1, 0, 0}, 0.5, []float32{0, 0, 0}, false},
		{"zero", []float32{0, 0, 0}, []float32{2, 0, 0}, 0.5, []float32{1, 0, 0}, false},
	} {
		sampler.Slerp(got, c.a, c.b, c.t)
		if c.exactly {
			assert.Equal(t, c.want, got, c.name)
		} else {
			assert.InDeltaSlice(t, c.want, got, 1e-6, c.name)
		}
	}
}

// Numbers of a truncated normal distribution: inside, in order, and with the standard deviation that
// the distribution truncated at 1 has, √(1 − 2φ(1)/(2Φ(1)−1)) = 0.53956.
func TestTruncate(t *testing.T) {
	const n = 20_001
	z := make([]float32, n)
	for i := range z { // quantiles of the normal distribution
		z[i] = float32(math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/n-1))
	}
	got := append([]float32(nil), z...)
	sampler.Truncate(got, 1, false)
	var squares float64
	for i, v := range got {
		assert.LessOrEqual(t, math.Abs(float64(v)), 1.0)
		if i > 0 {
			require.GreaterOrEqual(t, v, got[i-1])
		}
		squares += float64(v) * float64(v)
	}
	assert.InDelta(t, 0.53956, math.Sqrt(squares/n), 1e-4)

	for _, limit := range []float64{0, -1, math.Inf(1), math.NaN()} {
		same := append([]float32(nil), z...)
		sampler.Truncate(same, limit, false)
		assert.Equal(t, z, same, limit)
	}
	far := []float32{-40, 40, 0}
	sampler.Truncate(far, 0.5, false)
	assert.Equal(t, []float32{-0.5, 0.5, 0}, far)
	sampler.Truncate(far, 8, false)
	even := []float32{-1, 0.5, 0}
	sampler.Truncate(even, 0.5, true)
	assert.Equal(t, []float32{-0.5, 0.25, 0}, even)
	sampler.Truncate(even, 3, true)
	assert.Equal(t, []float32{-0.5, 0.25, 0}, even)
}
