package drawn

import "math"

// eyeShape holds what follows from the traits of the eyes. Its coordinates are those of the right
// eye, upright along its own axis; the left eye is its mirror image but for iris, gaze and
// highlight.
type eyeShape struct {
	cos, sin float64 // of the slant
	iris     float64 // radius
	reach    float64 // nothing is drawn farther from the centre
}

// shapeEyes fixes the shape of the eyes.
func (p *painter) shapeEyes() {
	t := &p.eyes
	sin, cos := math.Sincos(t.slant)
	p.eyeShape = eyeShape{cos: cos, sin: sin, iris: 0.49 * (t.width + t.height), reach: t.width + 0.16}
}

// eyeAt draws the eyes over colour at a place of the frontal face, where the part diffuse of the
// key light arrives.
func (p *painter) eyeAt(x, y, diffuse float64, colour rgb) rgb {
	t, e := &p.eyes, &p.eyeShape
	ux, uy := abs(x)-t.x, y-t.y
	if abs(ux) > e.reach || abs(uy) > e.reach {
		return colour
	}
	ex, ey := ux*e.cos-uy*e.sin, ux*e.sin+uy*e.cos
	d, upper := p.lids(ex, ey)
	rim := max(inside(d-0.022, 0.022), 0.85*p.tearDuct(ex+t.width, ey))
	if rim == 0 {
		return colour
	}
	colour = colour.mix(p.lidColour, t.rim*rim)
	if ball := inside(d+0.008, 0.014); ball > 0 {
		look := p.ballAt(math.Copysign(ux, ux*x), ey, ey-upper, diffuse, x > 0)
		colour = colour.mix(look, ball)
	}
	return colour
}

// lids is the distance from the outline of the eye, negative inside, and the height of the upper
// lid. The lids are two arcs that meet in the corners.
func (p *painter) lids(ex, ey float64) (d, upper float64) {
	t := &p.eyes
	k := 1 - ex*ex/(t.width*t.width)
	if k <= 0 {
		corner := abs(ex) - t.width
		return math.Sqrt(corner*corner + ey*ey), 0
	}
	arc := t.height * (t.round*math.Sqrt(k) + (1-t.round)*k)
	upper = -(1 - t.lid) * arc
	return max(upper-ey, ey-0.92*arc), upper
}

// tearDuct is 1 on the dark line from the inner corner of the eye, at (0,0), towards the nose.
func (p *painter) tearDuct(x, y float64) float64 {
	const dx, dy, length = -0.6, 0.8, 0.1
	along := clamp01((x*dx + y*dy) / length)
	x -= along * length * dx
	y -= along * length * dy
	return inside(math.Sqrt(x*x+y*y)-0.018*(1-0.6*along), 0.025)
}

// ballAt is the colour of an eyeball at (x,y), which is depth below the upper lid. x is not
// mirrored.
func (p *painter) ballAt(x, y, depth, diffuse float64, right bool) rgb {
	t, r := &p.eyes, p.eyeShape.iris
	colour := t.iris[0]
	if right {
		colour = t.iris[1]
	}
	gx, gy := (x-t.gaze.x)/r, (y-t.gaze.y+0.02*t.lid)/r
	level := math.Sqrt(gx*gx + gy*gy)
	colour = colour.mix(colour.mul(colour).scale(1.2), 0.55*rise(0.75, 0.2, level)) // deeper around the pupil
	colour = colour.scale(1 + 0.35*rise(-0.5, 0.9, gy))                             // light falls in from above
	colour = colour.scale(1 - t.ring*rise(0.72, 1.02, level))

	const tall = 0.84 // the pupil's height; its width is t.pupil of that
	px, py := gx/(tall*t.pupil), gy/tall
	colour = colour.scale(1 - 0.97*inside(math.Sqrt(px*px+py*py)-1, 0.10/t.pupil))

	shadow := 0.45 + 0.55*rise(-0.01, 0.11, depth) // of the upper lid
	colour = p.lit(colour, 0.45+0.4*diffuse).scale(shadow)
	hx, hy := x/r-p.highlight.x, y/r-p.highlight.y
	gleam := 0.95 * inside(math.Sqrt(hx*hx+hy*hy)-0.17, 0.14)
	return colour.add(rgb{gleam, gleam, gleam})
}
