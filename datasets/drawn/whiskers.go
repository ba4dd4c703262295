package drawn

import "math"

// whiskersPerSide is the number of whiskers on each side.
const whiskersPerSide = 4

// whisker is one whisker, a parabola: y = root.y + slope·t + bend·t² at t = |x| - root.x, up to
// t = length.
type whisker struct {
	root        vec
	slope, bend float64
	length      float64
	narrow      float64 // vertical distance times this is about the distance
}

// whiskerSet is the whiskers of one side, which lie between two heights.
type whiskerSet struct {
	hairs       [whiskersPerSide]whisker
	top, bottom float64
}

// shapeWhiskers fixes the whiskers: fanned out from the muzzle, each a little off its place.
func (p *painter) shapeWhiskers() {
	m := &p.mouth
	for side := range p.whiskers {
		set := &p.whiskers[side]
		set.top, set.bottom = math.Inf(1), math.Inf(-1)
		for i := range set.hairs {
			k, jitter := float64(i), m.jitter[side][i]
			slope := m.droop + 0.19*(k-1.5) + 0.07*jitter
			w := whisker{
				root:   vec{0.17 + 0.02*k, m.noseY + 0.10 + 0.035*k},
				slope:  slope,
				bend:   0.12 + 0.10*jitter + 0.1*m.droop,
				length: 0.8 - 0.06*k + 0.12*jitter,
				narrow: 1 / math.Sqrt(1+slope*slope),
			}
			set.hairs[i] = w
			end := w.root.y + w.length*(w.slope+w.bend*w.length)
			set.top = min(set.top, w.root.y-0.03, end-0.03)
			set.bottom = max(set.bottom, w.root.y+0.03, end+0.03)
		}
	}
}

// whiskersAt draws the whiskers over colour at a place of the frontal face.
func (p *painter) whiskersAt(x, y float64, colour rgb) rgb {
	set := &p.whiskers[0]
	if x > 0 {
		set = &p.whiskers[1]
	}
	ax := abs(x)
	if ax < set.hairs[0].root.x || y < set.top || y > set.bottom {
		return colour
	}
	var cover float64
	for i := range set.hairs {
		w := &set.hairs[i]
		t := ax - w.root.x
		if t < 0 || t > w.length {
			continue
		}
		if d := abs(y-w.root.y-t*(w.slope+w.bend*t)) * w.narrow; d < 0.025 {
			left := 1 - t/w.length
			cover = max(cover, inside(d-0.004-0.004*left, 0.012)*min(1, 3*left)*min(1, 8*t))
		}
	}
	return colour.mix(p.whiskerColour, cover*p.mouth.whiskers)
}
