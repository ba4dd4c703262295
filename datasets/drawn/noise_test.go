package drawn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNoise(t *testing.T) {
	d := newDice(1, 0, groupTexture)
	var values []float64
	for range 5000 {
		x, y := d.between(-100, 100), d.between(-100, 100)
		v := noise(x, y)
		require.True(t, v > -1 && v < 1, "noise(%g,%g) = %g", x, y, v)
		require.InDelta(t, v, noise(x+latticeLen, y-latticeLen), 1e-9, "period")
		// The steepest slope of smoothstep is 1.5, over a step of 2.
		require.InDelta(t, v, noise(x+1e-4, y), 3.1e-4, "continuous in x")
		require.InDelta(t, v, noise(x, y+1e-4), 3.1e-4, "continuous in y")
		values = append(values, v)
	}
	mean, std := meanStd(values)
	assert.InDelta(t, 0, mean, 0.06)
	assert.InDelta(t, 0.42, std, 0.05)
	for range 100 {
		x, y := math.Floor(d.between(0, 64)), math.Floor(d.between(0, 64))
		require.Equal(t, float64(lattice[int(y)*latticeLen+int(x)]), noise(x, y), "lattice value")
	}
}

// The hair has no seam where the angle starts again, nor between quadrants.
func TestFurHasNoSeam(t *testing.T) {
	origin := vec{12.3, 45.6}
	for _, radius := range []float64{0.2, 0.5, 1} {
		for quadrant := range 4 {
			angle := float64(quadrant) * math.Pi / 2
			at := func(a float64) float64 {
				return fur(radius*math.Cos(a), radius*math.Sin(a), radius, origin)
			}
			assert.InDelta(t, at(angle-1e-6), at(angle+1e-6), 1e-3, "radius %g, quadrant %d", radius, quadrant)
		}
	}
	assert.False(t, math.IsNaN(fur(0, 0, 0, origin)))
}

func TestDice(t *testing.T) {
	d := newDice(1, 2, groupPose)
	first := []float64{d.unit(), d.unit(), d.unit(), d.unit(), d.unit()}
	d = newDice(1, 2, groupPose)
	for i, want := range first {
		require.Equal(t, want, d.unit(), "number %d again", i)
	}
	for name, other := range map[string]*dice{
		"seed":  newDice(2, 2, groupPose),
		"index": newDice(1, 3, groupPose),
		"group": newDice(1, 2, groupHead),
	} {
		assert.NotEqual(t, first[0], other.unit(), name)
	}

	const n = 20000
	var picked [3]int
	var sum, least, most float64
	for range n {
		picked[d.pick(1, 0, 3)]++
		v := d.around(5, 2)
		sum, least, most = sum+v, min(least, v-5), max(most, v-5)
	}
	assert.InDelta(t, 0.25, float64(picked[0])/n, 0.015)
	assert.Zero(t, picked[1], "weight 0")
	assert.InDelta(t, 5, sum/n, 0.03)
	assert.True(t, least > -2 && least < -1.9, "least %g", least)
	assert.True(t, most < 2 && most > 1.9, "most %g", most)
}
