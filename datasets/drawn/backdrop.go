package drawn

import "math"

// backdropTraits is what is seen, out of focus, behind the cat.
type backdropTraits struct {
	near, far rgb
	angle     float64 // direction of the gradient, radians
	blobs     [3]blob
}

// blob is a blurred spot of light or colour.
type blob struct {
	ellipse
	colour rgb
	weight float64
}

// scenes are colours that are seen behind cats, and how common they are.
var scenes = []struct {
	weight    float64
	near, far rgb
}{
	{4, paint(178, 152, 122), paint(92, 70, 52)},    // wood
	{4, paint(206, 196, 182), paint(150, 138, 124)}, // wall
	{3, paint(120, 140, 84), paint(60, 82, 44)},     // garden
	{2, paint(132, 150, 168), paint(70, 84, 104)},   // dusk
	{4, paint(70, 64, 60), paint(24, 22, 22)},       // dark room
	{2, paint(232, 230, 226), paint(188, 190, 194)}, // window
	{1, paint(156, 84, 76), paint(84, 42, 42)},      // red cloth
	{1.5, paint(96, 132, 156), paint(52, 74, 96)},   // blue cloth
}

// drawBackdrop draws a scene and, before it, spots of other scenes' colours.
func drawBackdrop(d *dice) backdropTraits {
	weights := make([]float64, len(scenes))
	for i := range scenes {
		weights[i] = scenes[i].weight
	}
	scene, tone := scenes[d.pick(weights...)], d.around(1, 0.4)
	b := backdropTraits{near: scene.near.scale(tone), far: scene.far.scale(tone), angle: d.between(0, 2*math.Pi)}
	for i := range b.blobs {
		other := scenes[d.pick(weights...)]
		b.blobs[i] = blob{
			ellipse: newEllipse(d.between(-1.1, 1.1), d.between(-1.1, 0.4), d.between(0.3, 0.8), d.between(0.3, 0.8)),
			colour:  other.near.mix(other.far, d.unit()),
			weight:  d.between(0.1, 0.55),
		}
	}
	return b
}

// backdropAt is the colour behind the cat at the point (x,y) of the picture.
func (p *painter) backdropAt(x, y float64) rgb {
	b := &p.backdrop
	n := noise(1.3*x+p.texture.y, 1.3*y+p.texture.x)
	colour := b.near.mix(b.far, clamp01(0.5+0.42*(x*p.gradientAlong.x+y*p.gradientAlong.y)+0.2*n))
	for i := range b.blobs {
		spot := &b.blobs[i]
		if t := 1 - spot.level(x, y); t > 0 {
			colour = colour.mix(spot.colour, spot.weight*t*t)
		}
	}
	return colour
}
