package datasets

import (
	"errors"
	"fmt"
	"image"
	"regexp"
	"strconv"
)

// ErrImageSize is wrapped by the error for an image that can be read but is smaller or larger than
// Options allow, or smaller than what is to be cut out of it.
var ErrImageSize = errors.New("not of the wanted size")

// Crop is the part of an encoded image that is used; it is cut out before the image is resized. The
// zero value is the whole image. The others are as [ParseCrop] reads them.
type Crop struct {
	Square bool // the largest square in the middle; then the rest is not used
	W, H   int  // a part of this size, 0 or 1 to MaxSide, in the middle
	Placed bool // or with its upper left corner at X, Y
	X, Y   int  // 0 to MaxSide
}

var cropForm = regexp.MustCompile(`^(\d{1,5})x(\d{1,5})(?:\+(\d{1,5})\+(\d{1,5}))?$`)

// ParseCrop reads a crop: "none" or "" for the whole image, "square" for the largest square in the
// middle, "108x108" for as many pixels, width first, in the middle, "108x108+35+40" for those that
// begin 35 from the left and 40 from the top.
func ParseCrop(text string) (Crop, error) {
	switch text {
	case "", "none":
		return Crop{}, nil
	case "square":
		return Crop{Square: true}, nil
	}
	m := cropForm.FindStringSubmatch(text)
	if m == nil {
		return Crop{}, fmt.Errorf("datasets: crop %q: want none, square, WxH or WxH+X+Y", text)
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // at most five digits; "" is 0
		return n
	}
	c := Crop{W: number(1), H: number(2), Placed: m[3] != "", X: number(3), Y: number(4)}
	if err := c.check(); err != nil || c == (Crop{}) {
		return Crop{}, fmt.Errorf("datasets: crop %q: want a width and a height of 1 to %d", text, MaxSide)
	}
	return c, nil
}

// String writes the crop as ParseCrop reads it.
func (c Crop) String() string {
	switch {
	case c.Square:
		return "square"
	case c.Placed:
		return fmt.Sprintf("%dx%d+%d+%d", c.W, c.H, c.X, c.Y)
	case c.W > 0:
		return fmt.Sprintf("%dx%d", c.W, c.H)
	}
	return "none"
}

// check reports values out of range.
func (c Crop) check() error {
	inRange := func(v, lo int) bool { return v >= lo && v <= MaxSide }
	whole := c.W == 0 && c.H == 0 && !c.Placed
	switch {
	case c.Square || whole:
		return nil
	case !inRange(c.W, 1) || !inRange(c.H, 1) || c.Placed && (!inRange(c.X, 0) || !inRange(c.Y, 0)):
		return fmt.Errorf("crop %d×%d at %d,%d: want sides of 1 to %d, at 0 to %d", c.W, c.H, c.X, c.Y, MaxSide, MaxSide)
	}
	return nil
}

// within returns the part of an image of w×h pixels. What is left over in the middle's way is half on
// each side, the odd pixel to the right and below.
func (c Crop) within(w, h int) (image.Rectangle, error) {
	switch {
	case c.Square:
		c.W, c.H = min(w, h), min(w, h)
	case c.W == 0:
		c.W, c.H = w, h
	}
	if !c.Placed || c.Square {
		c.X, c.Y = (w-c.W)/2, (h-c.H)/2
	}
	r := image.Rect(c.X, c.Y, c.X+c.W, c.Y+c.H)
	if !r.In(image.Rect(0, 0, w, h)) {
		return r, fmt.Errorf("%w: %d×%d pixels do not hold the crop %v", ErrImageSize, w, h, c)
	}
	return r, nil
}

// chosen returns the part of an image of w×h pixels that o asks for, or why the image is left out.
func (o Options) chosen(w, h int) (image.Rectangle, error) {
	switch {
	case min(w, h) < o.MinSide:
		return image.Rectangle{}, fmt.Errorf("%w: %d×%d pixels: want sides of at least %d", ErrImageSize, w, h, o.MinSide)
	case o.MaxSide > 0 && max(w, h) > o.MaxSide:
		return image.Rectangle{}, fmt.Errorf("%w: %d×%d pixels: want sides of at most %d", ErrImageSize, w, h, o.MaxSide)
	}
	return o.Crop.within(w, h)
}

// cut returns the part r of an *image.Gray or *image.RGBA that starts at (0,0), whose pixels it shares.
func cut(m image.Image, r image.Rectangle) image.Image {
	switch m := m.(type) {
	case *image.Gray:
		return m.SubImage(r)
	case *image.RGBA:
		return m.SubImage(r)
	}
	return m // no other is made here
}
