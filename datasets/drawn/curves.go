package drawn

import "math"

// vec is a point or direction; x grows to the right, y downwards. The picture is [-1,1]².
type vec struct{ x, y float64 }

func abs(x float64) float64 { return math.Abs(x) }

// clamp01 limits x to [0,1].
func clamp01(x float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	return x
}

// rise goes smoothly from 0 at x <= lo to 1 at x >= hi. It and the next are most of the work: the
// branches make a face a tenth faster than min and max do, which order NaN and signed zeros too.
func rise(lo, hi, x float64) float64 {
	t := (x - lo) / (hi - lo)
	if t <= 0 {
		return 0
	}
	if t >= 1 {
		return 1
	}
	return t * t * (3 - 2*t)
}

// inside is the coverage of a shape at distance d from its outline, negative inside, when the
// outline is softened by soft on either side.
func inside(d, soft float64) float64 {
	if d >= soft {
		return 0
	}
	if d <= -soft {
		return 1
	}
	t := 0.5 - 0.5*d/soft
	return t * t * (3 - 2*t)
}

// wave goes from -1 to 1 and back once as x grows by one, 1 at integers.
func wave(x float64) float64 { return 4*abs(x-math.Floor(x)-0.5) - 1 }

// union joins two shapes given by distances, with a fillet of about k where they meet.
func union(a, b, k float64) float64 {
	if b < a {
		a, b = b, a
	}
	h := k - (b - a)
	if h <= 0 {
		return a
	}
	return a - h*h/(4*k)
}

// ellipse is an axis-parallel ellipse with its radii inverted, to multiply by.
type ellipse struct {
	centre  vec
	inverse vec
	mean    float64
}

func newEllipse(x, y, rx, ry float64) ellipse {
	return ellipse{vec{x, y}, vec{1 / rx, 1 / ry}, (rx + ry) / 2}
}

// level is 0 at the centre of e, 1 on its outline, and grows with the square of the distance.
func (e *ellipse) level(x, y float64) float64 {
	x = (x - e.centre.x) * e.inverse.x
	y = (y - e.centre.y) * e.inverse.y
	return x*x + y*y
}

// distance is about the distance from the outline of e, negative inside.
func (e *ellipse) distance(x, y float64) float64 {
	return (math.Sqrt(e.level(x, y)) - 1) * e.mean
}
