package animation

import (
	"image"
	"image/color"
	"slices"
)

// most is how many colours a frame of a GIF has.
const most = 256

// quantise returns an opaque picture in at most 256 colours: its own, if it has no more, or those of a
// median cut (Heckbert 1982, "Color Image Quantization for Frame Buffer Display"). Nothing is dithered:
// the dots would flicker from frame to frame.
func quantise(img *image.RGBA) *image.Paletted {
	if exact := own(img); exact != nil {
		return exact
	}
	cells := count(img)
	boxes := divide(cells)
	out := image.NewPaletted(img.Rect, nil)
	var index [cellCount]uint8
	for i, b := range boxes {
		out.Palette = append(out.Palette, b.mean())
		for _, c := range b {
			index[c.key] = uint8(i)
		}
	}
	for i := range out.Pix {
		out.Pix[i] = index[key(img.Pix[4*i:])]
	}
	return out
}

// own returns the picture in its own colours, nil if they are too many.
func own(img *image.RGBA) *image.Paletted {
	out := image.NewPaletted(img.Rect, nil)
	index := map[[3]uint8]uint8{}
	for i := range out.Pix {
		p := img.Pix[4*i:]
		rgb := [3]uint8{p[0], p[1], p[2]}
		at, ok := index[rgb]
		if !ok {
			if len(index) == most {
				return nil
			}
			at = uint8(len(index))
			index[rgb] = at
			out.Palette = append(out.Palette, color.RGBA{rgb[0], rgb[1], rgb[2], 255})
		}
		out.Pix[i] = at
	}
	return out
}

// A cell is all colours whose components agree in their upper bits.
const (
	cellBits  = 5
	cellCount = 1 << (3 * cellBits)
)

// cell is how many pixels have a colour of it, and the sum of their components.
type cell struct {
	key int
	n   int
	sum [3]int
}

// key returns the number of a pixel's cell.
func key(p []uint8) int {
	const drop = 8 - cellBits
	return int(p[0]>>drop)<<(2*cellBits) | int(p[1]>>drop)<<cellBits | int(p[2]>>drop)
}

// of returns the mean of a cell's component.
func (c cell) of(axis int) int { return c.sum[axis] / c.n }

// count returns the cells that a picture has pixels of.
func count(img *image.RGBA) []cell {
	all := make([]cell, cellCount)
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+4]
		c := &all[key(p)]
		c.n++
		for axis := range c.sum {
			c.sum[axis] += int(p[axis])
		}
	}
	for i := range all {
		all[i].key = i
	}
	return slices.DeleteFunc(all, func(c cell) bool { return c.n == 0 })
}

// box is some cells that share a colour.
type box []cell

// spread returns the component in which a box is widest, and how much there is to gain by dividing it:
// the number of pixels times the width.
func (b box) spread() (axis, gain int) {
	if len(b) == 1 {
		return 0, -1
	}
	pixels, width := 0, -1
	for _, c := range b {
		pixels += c.n
	}
	for a := range 3 {
		lo, hi := 255, 0
		for _, c := range b {
			lo, hi = min(lo, c.of(a)), max(hi, c.of(a))
		}
		if hi-lo > width {
			axis, width = a, hi-lo
		}
	}
	return axis, pixels * width
}

// divide cuts the cells into at most 256 boxes: again and again the one with most to gain, at the median
// of its pixels.
func divide(cells []cell) []box {
	type candidate struct {
		box        box
		axis, gain int
	}
	measure := func(b box) candidate {
		axis, gain := b.spread()
		return candidate{b, axis, gain}
	}
	list := []candidate{measure(cells)}
	for len(list) < most {
		best := 0
		for i, c := range list {
			if c.gain > list[best].gain {
				best = i
			}
		}
		c := list[best]
		if c.gain < 0 {
			break
		}
		lower, upper := c.box.cut(c.axis)
		list[best] = measure(lower)
		list = append(list, measure(upper))
	}
	boxes := make([]box, len(list))
	for i, c := range list {
		boxes[i] = c.box
	}
	return boxes
}

// cut divides a box of at least two cells so that about as many pixels lie on both sides.
func (b box) cut(axis int) (lower, upper box) {
	slices.SortFunc(b, func(x, y cell) int {
		if d := x.of(axis) - y.of(axis); d != 0 {
			return d
		}
		return x.key - y.key
	})
	pixels := 0
	for _, c := range b {
		pixels += c.n
	}
	at, below := 1, b[0].n
	for at < len(b)-1 && 2*below < pixels {
		below += b[at].n
		at++
	}
	return b[:at], b[at:]
}

// mean returns the mean colour of a box's pixels.
func (b box) mean() color.RGBA {
	var sum [3]int
	n := 0
	for _, c := range b {
		n += c.n
		for axis := range sum {
			sum[axis] += c.sum[axis]
		}
	}
	return color.RGBA{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n), 255}
}
