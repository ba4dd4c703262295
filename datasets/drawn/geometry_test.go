package drawn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRise(t *testing.T) {
	for _, c := range []struct{ lo, hi, x, want float64 }{
		{0, 1, -1, 0}, {0, 1, 0, 0}, {0, 1, 0.5, 0.5}, {0, 1, 1, 1}, {0, 1, 2, 1},
		{2, 6, 3, 5.0 / 32},
		{1, 0, -1, 1}, {1, 0, 0.5, 0.5}, {1, 0, 2, 0}, // falling
	} {
		assert.InDelta(t, c.want, rise(c.lo, c.hi, c.x), 1e-15, "%v", c)
	}
	assert.Equal(t, 1.0, inside(-0.1, 0.1))
	assert.InDelta(t, 0.5, inside(0, 0.1), 1e-15)
	assert.Equal(t, 0.0, inside(0.1, 0.1))
}

func TestWave(t *testing.T) {
	for x, want := range map[float64]float64{0: 1, 0.25: 0, 0.5: -1, 0.75: 0, 1: 1, -0.25: 0, -0.5: -1, 7.125: 0.5} {
		assert.InDelta(t, want, wave(x), 1e-12, "%g", x)
	}
}

func TestUnion(t *testing.T) {
	assert.Equal(t, -1.0, union(-1, 2, 0.5), "far apart")
	assert.Equal(t, union(0.1, 0.2, 0.5), union(0.2, 0.1, 0.5), "symmetrical")
	assert.Less(t, union(0.1, 0.1, 0.4), 0.1, "fillet")
	assert.InDelta(t, 0.3, union(0.3, 0.7, 0.4), 1e-15, "the fillet ends at k")
}

func TestEllipse(t *testing.T) {
	e := newEllipse(1, 2, 3, 5)
	assert.InDelta(t, 0, e.level(1, 2), 1e-15)
	for _, at := range []vec{{4, 2}, {-2, 2}, {1, 7}, {1, -3}} {
		assert.InDelta(t, 1, e.level(at.x, at.y), 1e-12)
		assert.InDelta(t, 0, e.distance(at.x, at.y), 1e-12)
	}
	assert.Negative(t, e.distance(2, 3))
	assert.Positive(t, e.distance(4, 7))
}

// slope is the derivative of height·(1-level)².
func TestBumpSlope(t *testing.T) {
	b := newBump(0.2, -0.1, 0.5, 0.8, 0.3)
	height := func(x, y float64) float64 {
		k := max(0, 1-b.level(x, y))
		return b.height * k * k
	}
	const h = 1e-5
	for _, at := range []vec{{0.2, -0.1}, {0.3, 0.1}, {-0.2, 0.2}, {0.69, -0.1}, {0.8, 0.5}} {
		gx, gy := b.slope(at.x, at.y, 1, 2)
		assert.InDelta(t, 1+(height(at.x+h, at.y)-height(at.x-h, at.y))/(2*h), gx, 1e-8, "%v", at)
		assert.InDelta(t, 2+(height(at.x, at.y+h)-height(at.x, at.y-h))/(2*h), gy, 1e-8, "%v", at)
	}
}

// The head's relief is symmetrical, and its sides face outwards.
func TestSlopesMirror(t *testing.T) {
	p := newPainter(1, 0)
	for _, at := range []vec{{0.1, 0}, {0.5, 0.3}, {0.7, 0.1}, {0.14, 0.5}} {
		lx, ly := p.slopes(-at.x, at.y)
		rx, ry := p.slopes(at.x, at.y)
		assert.Equal(t, -lx, rx)
		assert.Equal(t, ly, ry)
	}
	gx, _ := p.slopes(0.75, 0.15)
	assert.Negative(t, gx, "the right side falls to the right")
}

// The short cut deep inside the head must not be seen on its outline.
func TestHeadDistance(t *testing.T) {
	for i := range 200 {
		p := newPainter(2, i)
		require.Negative(t, p.headDistance(0, headY))
		require.Positive(t, p.headDistance(1, headY))
		require.Positive(t, p.headDistance(0, -0.6))
		for x := 0.0; x < 1; x += 0.05 {
			if p.cranium.level(x, 0.1) < 0.75*0.75 {
				// farther inside than any outline is soft or frayed
				require.Less(t, p.headDistance(x, 0.1), -0.093-0.058, "face %d", i)
			}
		}
	}
}

func TestPlace(t *testing.T) {
	p := &painter{}
	p.pose = poseTraits{roll: 0.3, scale: 2, shift: vec{0.1, -0.2}}
	p.aim()
	x, y := p.place(0.1, -0.2)
	assert.Equal(t, vec{0, 0}, vec{x, y}, "the shift is the face's origin")
	x, y = p.place(0.1+2*math.Cos(0.3), -0.2+2*math.Sin(0.3))
	assert.InDelta(t, 1, x, 1e-12, "one unit along the turned axis")
	assert.InDelta(t, 0, y, 1e-12)
}

// Turning the head to the right moves the middle of the face, not its outline.
func TestTurned(t *testing.T) {
	p := &painter{}
	p.pose = poseTraits{yaw: 1, pitch: -1}
	x, y := p.turned(0, headY)
	assert.InDelta(t, -yawReach, x, 1e-12)
	assert.InDelta(t, headY+pitchReach, y, 1e-12)
	x, y = p.turned(warpReach, headY)
	assert.Equal(t, vec{warpReach, headY}, vec{x, y})
}
