package page

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A series that is full keeps the means of twice as many rows, without losing any.
func TestSeriesHalves(t *testing.T) {
	s := newSeries(8, "step", "value")
	for i := range 8 {
		s.add([]float64{float64(i), float64(10 * i)})
	}
	assert.Equal(t, 8, s.rows())
	assert.Equal(t, 1, s.stride)
	version := s.version
	s.add([]float64{8, 80})
	assert.Equal(t, 2, s.stride)
	assert.NotEqual(t, version, s.version, "clients begin again")
	assert.Equal(t, []float64{0.5, 5, 2.5, 25, 4.5, 45, 6.5, 65}, s.values)
	s.add([]float64{9, 90})
	assert.Equal(t, []float64{8.5, 85}, s.values[8:])
	assert.InDelta(t, 85, s.last(1), 0)
	for i := 10; i < 1000; i++ {
		s.add([]float64{float64(i), float64(10 * i)})
	}
	assert.LessOrEqual(t, s.rows(), 8)
	assert.Equal(t, 128, s.stride)
	for row := range s.rows() { // each the mean of its rows
		assert.InDelta(t, float64(row*128)+63.5, s.values[2*row], 1e-9)
	}
	s.clear()
	assert.Equal(t, 0, s.rows())
	assert.True(t, math.IsNaN(s.last(1)))
}

func TestSeriesJSON(t *testing.T) {
	s := newSeries(8, "step", "value")
	assert.Equal(t, "[[],[]]", string(s.json(nil, 0)))
	values := []float64{0.1, math.NaN(), math.Inf(1), -1e300, 3e-9}
	for i, v := range values {
		s.add([]float64{float64(16777217 + i), v})
	}
	var got [][]*float64
	require.NoError(t, json.Unmarshal(s.json(nil, 1), &got))
	require.Len(t, got[1], 4)
	assert.InDelta(t, 16777218, *got[0][0], 0, "steps are exact")
	assert.Nil(t, got[1][0])
	assert.Nil(t, got[1][1])
	assert.InDelta(t, -1e300, *got[1][2], 0)
	assert.InDelta(t, 3e-9, *got[1][3], 1e-15)
}
