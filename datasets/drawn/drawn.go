package drawn

import (
	"fmt"
	"image"
	"math"
)

// Sizes that faces can be drawn at, in pixels.
const (
	MinSize = 16
	MaxSize = 1024
)

// Faces is a set of drawn cats' faces; it implements [ganlib/datasets.Images]. Face i is a pure
// function of the seed, i, the size and the number of channels. The bytes are the same on every
// run on one platform; on another, whose floating-point arithmetic rounds elsewhere, single pixels
// may differ slightly. Its methods may be called by several goroutines.
type Faces struct {
	seed           uint64
	n              int
	size, channels int
}

// New returns the first n faces of the seed as images of size × size pixels, MinSize <= size <=
// MaxSize, of 1 channel (grey) or 3 (RGB). Nothing is drawn until it is read. Arguments out of
// range are an error.
func New(seed uint64, n, size, channels int) (*Faces, error) {
	switch {
	case n < 0:
		return nil, fmt.Errorf("drawn: new: n %d: want 0 faces or more", n)
	case size < MinSize || size > MaxSize:
		return nil, fmt.Errorf("drawn: new: size %d: want %d to %d", size, MinSize, MaxSize)
	case channels != 1 && channels != 3:
		return nil, fmt.Errorf("drawn: new: channels %d: want 1 (grey) or 3 (RGB)", channels)
	}
	return &Faces{seed, n, size, channels}, nil
}

// Name names the set and its seed: "drawn cat faces (seed 1)".
func (f *Faces) Name() string { return fmt.Sprintf("drawn cat faces (seed %d)", f.seed) }

// Len returns the number of faces that New was asked for. Face and Read know those after them too.
func (f *Faces) Len() int { return f.n }

// Size returns height, width and channels of every image.
func (f *Faces) Size() (h, w, c int) { return f.size, f.size, f.channels }

// Read draws face i >= 0 into dst, which has h*w*c bytes, in the order (H,W,C). A negative i and a
// dst of another length are errors.
func (f *Faces) Read(i int, dst []byte) error {
	if i < 0 {
		return fmt.Errorf("drawn: read: face %d: want 0 or more", i)
	}
	if want := f.size * f.size * f.channels; len(dst) != want {
		return fmt.Errorf("drawn: read: dst has %d bytes: want %d for (%d,%d,%d)", len(dst), want, f.size, f.size, f.channels)
	}
	f.draw(i, dst, f.channels)
	return nil
}

// Face returns face i >= 0, the one that Read draws, as an *[image.Gray] or, of three channels, an opaque
// *[image.RGBA].
func (f *Faces) Face(i int) image.Image {
	bounds := image.Rect(0, 0, f.size, f.size)
	if f.channels == 1 {
		img := image.NewGray(bounds)
		f.draw(i, img.Pix, 1)
		return img
	}
	img := image.NewRGBA(bounds)
	f.draw(i, img.Pix, 4)
	return img
}

// samplesAcross is how many points are looked at along the side of a small picture. Pictures of
// more than half as many pixels have two points along the side of each pixel.
const samplesAcross = 128

// draw writes face i to pix, which has 1 (grey), 3 (RGB) or 4 (RGBA) bytes a pixel. A pixel is the
// mean of the light in it.
func (f *Faces) draw(i int, pix []byte, bytes int) {
	p := newPainter(f.seed, i)
	quads := max(1, samplesAcross/2/f.size)
	side := 2 / float64(f.size*quads)
	for y := range f.size {
		for x := range f.size {
			var light rgb
			for qy := range quads {
				v := float64(y*quads+qy)*side - 1
				for qx := range quads {
					light = light.add(p.quad(float64(x*quads+qx)*side-1, v, side))
				}
			}
			light = light.scale(1 / float64(quads*quads))
			c := rgb{develop(light.r), develop(light.g), develop(light.b)}
			at := pix[(y*f.size+x)*bytes:][:bytes]
			if bytes == 1 {
				at[0] = quantise(c.grey())
				continue
			}
			at[0], at[1], at[2] = quantise(c.r), quantise(c.g), quantise(c.b)
			if bytes == 4 {
				at[3] = 255
			}
		}
	}
}

// quad is the mean light in the square of the given side whose upper left corner is (u,v): from two
// points on its diagonal or, if these differ, from four.
func (p *painter) quad(u, v, side float64) rgb {
	const alike = 0.1 // as a part of the sum
	near, far := 0.25*side, 0.75*side
	a, b := p.at(u+near, v+near), p.at(u+far, v+far)
	sum := a.add(b)
	if abs(a.r-b.r)+abs(a.g-b.g)+abs(a.b-b.b) < alike*(sum.r+sum.g+sum.b) {
		return sum.scale(0.5)
	}
	return sum.add(p.at(u+far, v+near)).add(p.at(u+near, v+far)).scale(0.25)
}

// develop is the tone curve from light to what is shown: a square root, close to sRGB's curve, bent
// as film bends it, so that bright light does not burn out and the middle has more contrast.
func develop(light float64) float64 {
	const (
		knee     = 0.6 // light above it is compressed
		contrast = 0.6
	)
	if light > knee {
		light = 1 - (1-knee)*(1-knee)/(light+1-2*knee)
	}
	v := math.Sqrt(max(0, light))
	return v + contrast*(rise(0, 1, v)-v)
}

// quantise turns a value of [0,1] into a byte.
func quantise(v float64) byte { return byte(255*clamp01(v) + 0.5) }
