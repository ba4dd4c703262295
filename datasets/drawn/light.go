package drawn

import "math"

// lightTraits is how the cat is lit and exposed.
type lightTraits struct {
	aim      vec // where the key light stands, beside the viewer; y < 0 is above
	key      rgb // its strength and colour
	ambient  rgb // light from everywhere
	exposure float64
	sheen    float64 // gloss of the hair
}

func drawLight(d *dice) lightTraits {
	warm := d.around(0, 0.14)
	return lightTraits{
		key:      rgb{1 + warm, 1, 1 - warm}.scale(d.between(0.55, 1.15)),
		ambient:  rgb{1 - 0.5*warm, 1, 1 + 0.5*warm}.scale(d.between(0.12, 0.4)), // the sky is bluer than the sun
		aim:      vec{d.around(0, 0.9), d.around(-0.5, 0.45)},
		exposure: d.around(0.86, 0.34),
		sheen:    d.between(0.01, 0.05),
	}
}

// aimLight fixes the direction of the key light and where it is mirrored in the eyes.
func (p *painter) aimLight() {
	l := p.light.aim
	n := 1 / math.Sqrt(1+l.x*l.x+l.y*l.y)
	p.keyDirection = [3]float64{l.x * n, l.y * n, n}
	p.highlight = vec{math.Copysign(0.32, l.x), -0.36}
}

// bump is a smooth hill on the face, or a hollow if its height is negative:
//
//	height·(1-level)²
//
// inside an ellipse, flat outside.
type bump struct {
	ellipse
	height float64
}

func newBump(x, y, rx, ry, height float64) bump { return bump{newEllipse(x, y, rx, ry), height} }

// slope adds the gradient of the bump at (x,y) to (gx,gy).
func (b *bump) slope(x, y, gx, gy float64) (float64, float64) {
	dx, dy := (x-b.centre.x)*b.inverse.x, (y-b.centre.y)*b.inverse.y
	t := 1 - dx*dx - dy*dy
	if t <= 0 {
		return gx, gy
	}
	t *= -4 * b.height
	return gx + t*dx*b.inverse.x, gy + t*dy*b.inverse.y
}

// lambert is how much of the key light a matt surface of slope (gx,gy) sends on, 0 to 1. Hair
// scatters light, so that it is not yet dark where the light grazes it.
func (p *painter) lambert(gx, gy float64) float64 {
	const wrap = 0.3
	l := &p.keyDirection
	facing := (l[2] - gx*l[0] - gy*l[1]) / math.Sqrt(1+gx*gx+gy*gy)
	return max(0, (facing+wrap)/(1+wrap))
}

// lit is the light from a surface of reflectance c that sends on the part diffuse of the key light.
func (p *painter) lit(c rgb, diffuse float64) rgb {
	return c.mul(p.light.key.scale(diffuse).add(p.light.ambient))
}
