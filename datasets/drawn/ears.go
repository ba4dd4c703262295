package drawn

import "math"

// earShape places one ear. Its own coordinates are s along its axis, 0 at the base and 1 at the
// tip, and t across, growing towards the middle of the face.
type earShape struct {
	base   vec
	axis   vec // s per unit
	across vec // t per unit
	half   float64
	length float64
	blunt  float64
}

// shapeEars fixes the place and the shape of the ears.
func (p *painter) shapeEars() {
	t := &p.ears
	for i, side := range []float64{-1, 1} {
		sin, cos := math.Sincos(t.tilt + 0.5*side*t.uneven)
		p.earShapes[i] = earShape{
			base:   vec{side*t.spread*p.head.width - earYaw*p.pose.yaw, -0.30 - earPitch*p.pose.pitch},
			axis:   vec{side * sin / t.length, -cos / t.length},
			across: vec{-side * cos, -sin},
			half:   t.width * (1 + 0.25*side*p.pose.yaw), // the ear that turns away looks narrower
			length: t.length,
			blunt:  0.10 + 0.28*t.round,
		}
	}
}

// locate returns a place's coordinates on the ear.
func (e *earShape) locate(x, y float64) (s, t float64) {
	x -= e.base.x
	y -= e.base.y
	return x*e.axis.x + y*e.axis.y, x*e.across.x + y*e.across.y
}

// width is half the width of the ear at s: of a triangle, the more of a parabola the blunter the
// tip.
func (e *earShape) width(s float64) float64 {
	r := 1 - s
	if r <= 0 {
		return 0
	}
	return e.half * (r + e.blunt*(math.Sqrt(r)-r))
}

// earAt draws the ears over colour. hair is the texture of the hair.
func (p *painter) earAt(x, y, hair float64, colour rgb) rgb {
	e := &p.earShapes[0]
	if x > 0.5*(p.earShapes[0].base.x+p.earShapes[1].base.x) {
		e = &p.earShapes[1]
	}
	s, t := e.locate(x, y)
	if s < -0.3 || s > 1.1 || abs(t) > e.half+0.1 {
		return colour
	}
	bow := 0.2 * (1 - s) * s // the outer edge bends out
	d := max(abs(t+bow)-e.width(s)-bow, (s-1)*e.length)
	cover := inside(d+0.012*hair, 0.022)
	if cover == 0 {
		return colour
	}
	coat := p.reflectance(x, y, hair, onEar)
	slope := 0.8 * t / e.half * e.across.x
	diffuse := p.lambert(-slope, 0.25)
	look := p.lit(coat, diffuse)
	bow *= 0.7
	inner := max(abs(t+0.03*e.half+bow)-0.72*e.width((s-0.02)/0.86)-bow, (s-0.84)*e.length)
	if hollow := inside(inner, 0.035); hollow > 0 {
		look = look.mix(p.hollowAt(e, s, t, slope, diffuse, coat), 0.92*hollow)
	}
	return colour.mix(look, cover)
}

// hollowAt is the inside of an ear: skin under thin hair, dark deep down, and long hairs that grow
// from the inner edge.
func (p *painter) hollowAt(e *earShape, s, t, slope, diffuse float64, coat rgb) rgb {
	deep := 0.42 + 0.58*rise(0.1, 0.95, s)
	skin := p.lit(earSkin.mix(coat, p.coat.earHair), p.lambert(slope, 0.1)).scale(deep)
	strand := noise(16*t/e.half+2*s+p.texture.x, 3*s+p.texture.y)
	tuft := p.ears.tufts * rise(-0.3, 0.6, 0.7*strand+1.5*t/e.half-0.1) * rise(0.9, 0.4, s)
	return skin.mix(p.lit(p.tuftColour, diffuse).scale(0.9), 0.8*tuft)
}
