package drawn

import "math"

// The face has coordinates of its own: upright, with its middle at x = 0, the eyes near y = 0, the
// cheeks near x = ±0.75, the tips of the ears near y = -0.9 and the chin near y = 0.85.
const (
	headY = 0.12 // centre of the head
	furY  = 0.22 // the hair radiates from (0,furY), above the nose

	// Turning the head by a yaw or pitch of 1 moves what is nearest the viewer this far, what is
	// warpReach from the centre not at all, and the ears the other way.
	yawReach   = 0.15
	pitchReach = 0.09
	warpReach  = 0.92
	earYaw     = 0.06
	earPitch   = 0.03
	noseYaw    = 0.03 // in addition, since the nose stands out
	nosePitch  = 0.02
)

// aim fixes the way from the picture to the face.
func (p *painter) aim() {
	sin, cos := math.Sincos(p.pose.roll)
	s := 1 / p.pose.scale
	p.turnX, p.turnY = vec{cos * s, sin * s}, vec{-sin * s, cos * s}
}

// place takes a point of the picture to the face's coordinates.
func (p *painter) place(u, v float64) (x, y float64) {
	u -= p.pose.shift.x
	v -= p.pose.shift.y
	return p.turnX.x*u + p.turnX.y*v, p.turnY.x*u + p.turnY.y*v
}

// turned undoes yaw and pitch: it takes a place of the turned face to the place of the frontal face
// that is seen there.
func (p *painter) turned(x, y float64) (fx, fy float64) {
	dy := y - headY
	depth := max(0, 1-(x*x+dy*dy)/(warpReach*warpReach))
	return x - p.pose.yaw*yawReach*depth, y - p.pose.pitch*pitchReach*depth
}

// shapeHead fixes the outlines and the relief of the head and the body.
func (p *painter) shapeHead() {
	h, m, e := &p.head, &p.mouth, &p.eyes
	p.cranium = newEllipse(0, 0.08, 0.70*h.width, 0.60)
	p.cheek = newEllipse(0.33, 0.28, 0.42*h.width*h.cheeks, 0.36)
	p.jaw = newEllipse(0, 0.52, 0.42, 0.34*h.chin)
	p.muzzlePatch = newEllipse(0.12, 0.53, 0.24*m.muzzle, 0.20*m.muzzle)
	p.chest = newEllipse(-0.1*p.pose.yaw, 1.35, 1.05+0.2*h.fluff, 0.88)

	p.relief = [...]bump{
		newBump(0, 0.15, 1.05, 1, 0.72),                                 // skull
		newBump(0.52, 0.34, 0.36, 0.34, 0.07*h.cheeks),                  // cheek
		newBump(0.14, m.noseY+0.13, 0.23*m.muzzle, 0.16*m.muzzle, 0.10), // muzzle
		newBump(0, 0.69, 0.2, 0.15, 0.06),                               // chin
		newBump(0, 0.14, 0.17, 0.48, 0.11),                              // bridge of the nose
		newBump(e.x-0.02, e.y-0.22, 0.26, 0.17, 0.045),                  // brow
		newBump(e.x, e.y, 1.6*e.width, 1.8*e.height, -0.07),             // eye socket
	}
}

// headDistance is about the distance from the outline of the head at (±ax,y), negative inside. Deep
// inside it is only negative.
func (p *painter) headDistance(ax, y float64) float64 {
	const deep = 0.75
	if p.cranium.level(ax, y) < deep*deep {
		return (deep - 1) * p.cranium.mean
	}
	const fillet = 0.12
	d := union(p.cranium.distance(ax, y), p.cheek.distance(ax, y), fillet)
	return union(d, p.jaw.distance(ax, y), fillet)
}

// slopes is the gradient of the head's relief at a place of the frontal face.
func (p *painter) slopes(x, y float64) (gx, gy float64) {
	ax := abs(x)
	for i := range p.relief {
		gx, gy = p.relief[i].slope(ax, y, gx, gy)
	}
	return math.Copysign(gx, gx*x), gy
}
