package drawn

import "math"

// painter is a face ready to be looked at: its traits, and what follows from them for all points.
type painter struct {
	traits

	turnX, turnY  vec // rows of the matrix from the picture to the face
	gradientAlong vec // of the backdrop
	keyDirection  [3]float64
	highlight     vec // place of the gleam in an eye, in radii of the iris

	cranium, cheek, jaw ellipse
	muzzlePatch         ellipse // light hair of a tabby
	chest               ellipse
	relief              [7]bump
	earShapes           [2]earShape // left, right
	eyeShape            eyeShape
	whiskers            [2]whiskerSet // left, right

	lidColour, lipColour, tuftColour, whiskerColour rgb // as lit
}

func newPainter(seed uint64, index int) *painter {
	p := &painter{traits: *newTraits(seed, index)}
	p.aim()
	p.aimLight()
	p.shapeHead()
	p.shapeEars()
	p.shapeEyes()
	p.shapeWhiskers()
	sin, cos := math.Sincos(p.backdrop.angle)
	p.gradientAlong = vec{cos, sin}

	hair := &p.coat.hair
	p.lidColour = p.lit(paint(36, 28, 26), 0.8)
	p.lipColour = p.lit(paint(58, 36, 34).scale(0.4).add(hair.ground.scale(0.08)), 0.6)
	p.tuftColour = hair.light.mix(white.ground, 0.5)
	p.whiskerColour = p.lit(white.light, 0.8)
	return p
}

// at is the light that comes from the point (u,v) of the picture, which is [-1,1]².
func (p *painter) at(u, v float64) rgb {
	x, y := p.place(u, v)
	dx, dy := x, y-furY
	radius := math.Sqrt(dx*dx + dy*dy)
	hair := fur(dx, dy, radius, p.texture)

	outline := p.headDistance(abs(x), y)
	fluff := p.head.fluff
	frayed := outline - (0.008+0.05*fluff*rise(0, 0.5, y))*hair
	// The outline is softest where hair of the head stands before the ears.
	soft := 0.018 + 0.025*fluff + 0.05*rise(0, -0.3, y)*rise(0.1, 0.35, abs(x))
	head := inside(frayed, soft)

	var colour rgb
	if head < 1 {
		colour = p.behind(u, v, x, y, outline, hair)
	}
	fx, fy := p.turned(x, y)
	if head > 0 {
		hair *= rise(0.08, 0.5, radius) // short on the nose
		colour = colour.mix(p.headAt(fx, fy, hair), head)
	}
	return p.whiskersAt(fx, fy, colour).scale(p.light.exposure)
}

// behind is what the head stands before: backdrop, body and ears. outline is the distance from the
// head.
func (p *painter) behind(u, v, x, y, outline, hair float64) rgb {
	colour := p.backdropAt(u, v)
	if body := inside(p.chest.distance(x, y)-0.03*hair, 0.03); body > 0 {
		coat := p.reflectance(x, y, hair, onBody)
		shadow := 0.45 + 0.55*rise(0, 0.3, outline) // of the head
		colour = colour.mix(p.lit(coat, p.lambert(0.5*x, 0.3)).scale(shadow), body)
	}
	if y < 0.15 {
		colour = p.earAt(x, y, hair, colour)
	}
	return colour
}

// headAt is the colour of the head at a place of the frontal face.
func (p *painter) headAt(x, y, hair float64) rgb {
	diffuse := p.lambert(p.slopes(x, y))
	colour := p.lit(p.reflectance(x, y, hair, onHead), diffuse)
	gloss := diffuse * diffuse * (1 + hair)
	colour = colour.add(p.light.key.scale(p.light.sheen * gloss * gloss))
	colour = p.eyeAt(x, y, diffuse, colour)
	return p.mouthAt(x-noseYaw*p.pose.yaw, y-nosePitch*p.pose.pitch, diffuse, colour)
}
