package watchdog

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

// TestDistance compares the distance with that of all pairs.
func TestDistance(t *testing.T) {
	const n, width = 5, 3
	x, err := device.NewCPU(1).New(device.Shape{n, width})
	require.NoError(t, err)
	values := device.Data[float32](x)
	random := device.Random{Seed: 1}
	for i := range values {
		values[i] = random.Uniform(i)
	}
	sum, pairs := 0.0, 0.0
	for i := range n {
		for j := range i {
			pairs++
			for k := range width {
				d := float64(values[i*width+k] - values[j*width+k])
				sum += d * d
			}
		}
	}
	got, err := New(Options{}).distance(x)
	require.NoError(t, err)
	assert.InDelta(t, math.Sqrt(sum/pairs), got, 1e-6)

	one, err := device.NewCPU(1).New(device.Shape{1, width})
	require.NoError(t, err)
	got, err = New(Options{}).distance(one)
	require.NoError(t, err)
	assert.Zero(t, got, "of one sample")
}
