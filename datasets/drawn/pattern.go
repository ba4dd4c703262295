package drawn

import "math"

// part says which part of the cat a place belongs to.
type part int

const (
	onHead part = iota
	onEar
	onBody
)

// reflectance is the colour of the hair at the place (x,y) of the face. hair is the texture there,
// in (-1,1): it makes the hair lighter and darker and frays the edges of markings.
func (p *painter) reflectance(x, y, hair float64, on part) rgb {
	c := &p.coat
	colour := c.hair.ground
	if c.marked {
		colour = p.marks(x, y, hair, on)
	}
	return colour.scale(1 + c.ticking*hair)
}

// marks is the colour of a coat with markings, each painted over the one before.
func (p *painter) marks(x, y, hair float64, on part) rgb {
	c := &p.coat
	ax := abs(x)
	rough := noise(3.1*x+p.texture.x, 3.1*y+p.texture.y)
	colour := c.hair.ground
	if c.masks > 0 && on == onHead {
		colour = colour.mix(c.hair.light, c.masks*p.lightMask(ax, y))
	}
	if c.stripes > 0 {
		colour = colour.mix(c.hair.dark, c.stripes*p.stripes(x, y, rough+0.5*hair, on))
	}
	if c.patched {
		n := noise(c.patchSize*x+p.texture.y, c.patchSize*y+p.texture.x) + 1.4*c.patchSoft*rough + 0.1*hair
		colour = colour.mix(c.patches, rise(c.patchEdge-c.patchSoft, c.patchEdge+c.patchSoft, n))
	}
	if c.pointed > 0 {
		colour = colour.mix(c.points, c.pointed*p.pointMask(ax, y, rough+hair, on))
	}
	if c.white && on != onEar {
		colour = colour.mix(white.ground, p.whiteMask(x, y, 0.05*rough+0.02*hair, on))
	}
	return colour
}

// lightMask is 1 on the muzzle, the chin and around the eyes of a tabby.
func (p *painter) lightMask(ax, y float64) float64 {
	e := &p.eyes
	dx, dy := (ax-e.x)/(1.5*e.width), (y-e.y-0.02)/(1.9*e.height)
	around := 0.75 * inside(math.Sqrt(dx*dx+dy*dy)-1, 0.45)
	return max(around, inside(p.muzzlePatch.distance(ax, y), 0.09))
}

// stripes is 1 on the dark markings of a tabby: the M on the forehead, whose lines fan out from the
// bridge of the nose, the lines that sweep back from the eyes over the cheeks, and bands on the
// neck.
func (p *painter) stripes(x, y, rough float64, on part) float64 {
	ax, s := abs(x), p.coat.spacing
	switch on {
	case onEar:
		return 0.25
	case onBody:
		return rise(-0.1, 0.5, wave(3*s*(y-0.3*ax*ax)+0.25*rough))
	}
	var dark float64
	broken := 0.35 * noise(2.3*x+p.texture.y, 2.3*y+p.texture.x)
	if y < 0.05 {
		fan := ax / (0.52 - y)
		lines := wave(4.3*s*fan*(1.1-0.35*fan)+0.15*rough+0.04) + broken
		brow := y + 0.28*min(ax, 0.35) - 0.6*max(0, ax-0.45)
		dark = rise(-0.1, 0.45, lines) * rise(-0.04, -0.22, brow) * rise(0.8, 0.5, ax)
	}
	if out := ax - 0.4; out > 0 {
		sweep := y - p.eyes.y - 0.3*out + 0.35*out*out
		lines := wave(3.6*s*sweep+0.14*rough) + broken - 0.1
		dark = max(dark, rise(-0.05, 0.45, lines)*rise(0.06, 0.18, out)*rise(-0.16, -0.06, sweep))
	}
	return dark
}

// pointMask is 1 where the hair of a colourpoint is dark: the ears and the middle of the face.
func (p *painter) pointMask(ax, y, rough float64, on part) float64 {
	switch on {
	case onEar:
		return 1
	case onBody:
		return 0.08
	}
	dx, dy := ax/p.coat.pointReach, (y-0.26)/(1.15*p.coat.pointReach)
	return rise(1.25, 0.45, math.Sqrt(dx*dx+dy*dy)+0.07*rough)
}

// whiteMask is 1 on the white areas: a wedge from the forehead over the muzzle, and the chest.
func (p *painter) whiteMask(x, y, rough float64, on part) float64 {
	if on == onBody {
		return inside(abs(x)-0.45+2*rough, 0.06)
	}
	c := &p.coat
	edge := c.blaze + c.flare*rise(-0.1, 0.62, y)
	return inside(abs(x-c.lean*rise(0.7, -0.2, y))-edge+rough, 0.022)
}
