package datasets

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGaussianMixtures(t *testing.T) {
	for _, c := range []struct {
		draw  func(uint64, int) Points
		modes int
		sigma float64
		far   float64 // the largest distance of a centre from 0
		near  float64 // the smallest distance of two centres
	}{
		{EightGaussians, 8, 0.05, 2, 4 * math.Sin(math.Pi/8)},
		{TwentyFiveGaussians, 25, 0.05 / 2.828, 4 * math.Sqrt2 / 2.828, 2 / 2.828},
	} {
		const n = 20_000
		p := c.draw(7, n)
		t.Run(p.Name, func(t *testing.T) {
			require.Len(t, p.XY, 2*n)
			require.Len(t, p.Centres, c.modes)
			assert.Equal(t, c.sigma, p.Sigma)
			far, near := 0.0, math.Inf(1)
			for i, a := range p.Centres {
				far = max(far, math.Hypot(a[0], a[1]))
				for _, b := range p.Centres[:i] {
					near = min(near, math.Hypot(a[0]-b[0], a[1]-b[1]))
				}
			}
			assert.InDelta(t, c.far, far, 1e-12)
			assert.InDelta(t, c.near, near, 1e-12)

			// Each mode has its share of the points, within five standard deviations of a count, and
			// about its centre they have the variance that they should, in x and in y. spread is that
			// of each mode apart, whose points' offsets must not depend on which mode it is.
			counts, spread := make([]int, c.modes), make([]float64, c.modes)
			var dx, dy, dxx, dyy, dxy float64
			for i := range n {
				x, y := float64(p.XY[2*i]), float64(p.XY[2*i+1])
				best, least := 0, math.Inf(1)
				for k, centre := range p.Centres {
					if d := math.Hypot(x-centre[0], y-centre[1]); d < least {
						best, least = k, d
					}
				}
				counts[best]++
				x, y = (x-p.Centres[best][0])/c.sigma, (y-p.Centres[best][1])/c.sigma
				spread[best] += x*x + y*y
				dx, dy, dxx, dyy, dxy = dx+x/n, dy+y/n, dxx+x*x/n, dyy+y*y/n, dxy+x*y/n
			}
			want := float64(n) / float64(c.modes)
			for k, count := range counts {
				assert.InDelta(t, want, count, 5*math.Sqrt(want))
				assert.InDelta(t, 2, spread[k]/float64(count), 5*2/math.Sqrt(float64(count)))
			}
			for _, moment := range []float64{dx, dy, dxx - 1, dyy - 1, dxy} {
				assert.InDelta(t, 0, moment, 5*math.Sqrt2/math.Sqrt(n))
			}

			covered, share := Modes(p.XY, p)
			assert.Equal(t, c.modes, covered)
			assert.InDelta(t, 1-math.Exp(-4.5), share, 0.004)
		})
	}
}

func TestTwentyFiveGaussiansHaveUnitVariance(t *testing.T) {
	p := TwentyFiveGaussians(1, 20_000)
	var sum float64
	for _, v := range p.XY {
		sum += float64(v) * float64(v)
	}
	assert.InDelta(t, 1, sum/float64(len(p.XY)), 0.02)
}

func TestSwissRollLiesOnItsSpiral(t *testing.T) {
	p := SwissRoll(3, 5000)
	assert.Nil(t, p.Centres)
	least, most, far := math.Inf(1), 0.0, 0.0
	for i := range p.N {
		x, y := 7.5*float64(p.XY[2*i]), 7.5*float64(p.XY[2*i+1])
		// The nearest turn of r = t at this angle; turns are 2π apart, so noise of 0.25 cannot confuse them.
		r, angle := math.Hypot(x, y), math.Atan2(y, x)
		turn := angle + 2*math.Pi*math.Round((r-angle)/(2*math.Pi))
		far = max(far, math.Abs(r-turn))
		least, most = min(least, turn), max(most, turn)
	}
	assert.Less(t, far, 5*0.25)
	assert.Greater(t, far, 2*0.25)
	assert.InDelta(t, 1.5*math.Pi, least, 0.25)
	assert.InDelta(t, 4.5*math.Pi, most, 0.25)
}

func TestPointsDependOnSeedAndIndexOnly(t *testing.T) {
	for _, draw := range []func(uint64, int) Points{EightGaussians, TwentyFiveGaussians, SwissRoll} {
		long, short, other := draw(1, 100), draw(1, 10), draw(2, 100)
		assert.Equal(t, long.XY[:20], short.XY)
		assert.NotEqual(t, long.XY, other.XY)
		for _, n := range []int{0, -3} {
			empty := draw(1, n)
			assert.Zero(t, empty.N)
			assert.Empty(t, empty.XY)
		}
	}
}

func TestModes(t *testing.T) {
	two := Points{Centres: [][2]float64{{0, 0}, {10, 0}}, Sigma: 1}
	// at returns 200 samples: so many at the first mode, so many at the second, the rest far away.
	at := func(first, second int) []float32 {
		xy := make([]float32, 400)
		for i := range 200 {
			switch {
			case i < first:
				xy[2*i], xy[2*i+1] = 0, 3 // 3σ is still inside
			case i < first+second:
				xy[2*i], xy[2*i+1] = 9, 1
			default:
				xy[2*i], xy[2*i+1] = 0, 3.001
			}
		}
		return xy
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		name    string
		points  []float32
		set     Points
		covered int
		share   float64
	}{
		{"all", at(100, 100), two, 2, 1},
		{"one percent counts", at(2, 150), two, 2, 0.76},
		{"less does not", at(1, 150), two, 1, 0.755},
		{"far away", at(0, 0), two, 0, 0},
		{"no samples", nil, two, 0, 0},
		{"no modes", at(100, 100), Points{}, 0, 0},
		{"not numbers", []float32{nan, 0, 0, nan}, two, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			covered, share := Modes(c.points, c.set)
			assert.Equal(t, c.covered, covered)
			assert.InDelta(t, c.share, share, 1e-12)
		})
	}
}
