package drawn

import "math"

// mouthAt draws the nose and the mouth over colour at a place of the frontal face, where the part
// diffuse of the key light arrives.
func (p *painter) mouthAt(x, y, diffuse float64, colour rgb) rgb {
	ax, y := abs(x), y-p.mouth.noseY
	if ax > 0.36 || y < -0.12 || y > 0.42 {
		return colour
	}
	colour = p.lipsAt(ax, y, colour)
	return p.noseAt(ax, y, diffuse, colour)
}

// noseHeight is the height of the nose over half its width.
const noseHeight = 0.82

// lipsAt draws the line from the nose to the mouth, the mouth, which goes from the middle down and
// out, then up, and its shadow. y is relative to the nose.
func (p *painter) lipsAt(ax, y float64, colour rgb) rgb {
	m := &p.mouth
	lipY := 0.5*noseHeight*m.noseWidth + 0.085
	line := inside(max(ax-0.007, abs(y-0.75*lipY)-0.3*lipY), 0.016)
	if t := ax / (0.24 * m.muzzle); t < 1.15 {
		below := y - lipY - 3.2*m.smile*t*(1.05-t)
		ends := rise(1.15, 0.7, t)
		line = max(line, inside(abs(below)-0.010*(1-0.5*t), 0.020)*ends)
		colour = colour.scale(1 - 0.35*rise(0, 0.02, below)*rise(0.12, 0, below)*ends)
	}
	return colour.mix(p.lipColour, 0.8*line)
}

// noseAt draws the nose, a triangle on its tip with soft corners. y is relative to it.
func (p *painter) noseAt(ax, y, diffuse float64, colour rgb) rgb {
	w := p.mouth.noseWidth
	h := noseHeight * w
	side := 0.76*ax + 0.65*y - 0.6*w
	top := -y - 0.5*h - 0.1*ax
	d := -union(-side, -top, 0.05)
	cover := inside(d, 0.016)
	if cover == 0 {
		return colour
	}
	skin := p.lit(p.coat.nose, 0.3+0.7*diffuse)
	skin = skin.scale(1 - 0.45*inside(-d-0.016, 0.016)) // towards the edge
	nx, ny := ax-0.55*w, 2*(y-0.12*h)
	skin = skin.scale(1 - 0.8*inside(math.Sqrt(nx*nx+ny*ny)-0.026, 0.016)) // nostril
	wet := (y + 0.28*h) / 0.03
	gleam := 0.1 * max(0, 1-wet*wet-ax*ax/(0.3*w*w))
	return colour.mix(skin.add(rgb{gleam, gleam, gleam}), cover)
}
