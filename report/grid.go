package report

import (
	"fmt"
	"image"
	"math"
)

// Range says how a grid maps sample values to brightness.
type Range int

const (
	// Fixed maps [-1,1], the range of a generator that ends in tanh, to [0,1]: v = (x+1)/2.
	Fixed Range = iota
	// MinMax stretches the contrast over the whole grid: v = (x-lo)/max(hi-lo, 1e-5), with lo and hi
	// the smallest and largest finite value. Grids of different steps cannot be compared then.
	MinMax
)

// GridOptions are the settings of [Grid]; the zero value is the usual grid.
type GridOptions struct {
	Columns int   // samples per row; 0 means 8
	Range   Range // how values become brightness
}

const (
	defaultColumns = 8
	gridGap        = 2 // black pixels around and between samples
)

// Grid draws n samples of h×w pixels side by side, as torchvision's make_grid and save_image do:
//
//	columns = min(o.Columns, n)     width = columns·(w+2)+2     height = ceil(n/columns)·(h+2)+2
//	pixel   = floor(255·v + 0.5), clamped to [0,255], with v by o.Range
//
// so 32 samples of 64×64 make a picture of 530×266. Places without a sample are black. One sample
// alone is drawn without a border. x has the layout (N,H,W,C) and c is 1, drawn as equal red, green
// and blue, or 3. NaN is drawn black, infinities as the end of the range that they lie beyond. A
// dimension below 1, another c, negative columns, an unknown range and a length of x other than
// n·h·w·c are errors.
func Grid(x []float32, n, h, w, c int, o GridOptions) (*image.RGBA, error) {
	switch {
	case n < 1 || h < 1 || w < 1 || c != 1 && c != 3:
		return nil, fmt.Errorf("report: grid: samples (%d,%d,%d,%d): want positive N, H, W and 1 or 3 channels", n, h, w, c)
	case !isProduct(len(x), n, h, w, c):
		return nil, fmt.Errorf("report: grid: x has %d values: want as many as samples (%d,%d,%d,%d)", len(x), n, h, w, c)
	case o.Columns < 0:
		return nil, fmt.Errorf("report: grid: %d columns: want 0 or more", o.Columns)
	case o.Range != Fixed && o.Range != MinMax:
		return nil, fmt.Errorf("report: grid: range %d: want Fixed or MinMax", o.Range)
	}
	lo, span := float32(-1), float32(2)
	if o.Range == MinMax {
		lo, span = bounds(x)
	}
	if n == 1 {
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		drawSample(img, 0, 0, x, h, w, c, lo, span)
		return img, nil
	}
	columns := o.Columns
	if columns == 0 {
		columns = defaultColumns
	}
	columns = min(columns, n)
	rows := (n + columns - 1) / columns
	img := image.NewRGBA(image.Rect(0, 0, columns*(w+gridGap)+gridGap, rows*(h+gridGap)+gridGap))
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	for i := range n {
		left := gridGap + i%columns*(w+gridGap)
		top := gridGap + i/columns*(h+gridGap)
		drawSample(img, left, top, x[i*h*w*c:(i+1)*h*w*c], h, w, c, lo, span)
	}
	return img, nil
}

// drawSample writes one sample (H,W,C) with its upper left pixel at (left,top).
func drawSample(img *image.RGBA, left, top int, x []float32, h, w, c int, lo, span float32) {
	for y := range h {
		row := img.Pix[img.PixOffset(left, top+y):]
		for i := range w {
			px := x[(y*w+i)*c:]
			r := toByte((px[0] - lo) / span)
			g, b := r, r
			if c == 3 {
				g, b = toByte((px[1]-lo)/span), toByte((px[2]-lo)/span)
			}
			row[4*i], row[4*i+1], row[4*i+2], row[4*i+3] = r, g, b, 255
		}
	}
}

// toByte returns floor(255v + 0.5) clamped to [0,255], and 0 for NaN. The product is rounded before
// the sum, as PyTorch does, on machines with fused multiply-add too.
func toByte(v float32) uint8 {
	b := float32(255*v) + 0.5
	switch {
	case b >= 255:
		return 255
	case b >= 0:
		return uint8(b)
	}
	return 0
}

// bounds returns the smallest finite value of x and the distance to the largest, at least 1e-5.
func bounds(x []float32) (lo, span float32) {
	hi := float32(math.Inf(-1))
	lo = float32(math.Inf(1))
	for _, v := range x {
		if math.Abs(float64(v)) <= math.MaxFloat32 {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi {
		return 0, 1
	}
	// The distance of two finite numbers may not be finite.
	return lo, min(max(hi-lo, 1e-5), math.MaxFloat32)
}

// isProduct reports whether the product of positive factors is length, without overflow.
func isProduct(length int, factors ...int) bool {
	for _, f := range factors {
		if length%f != 0 {
			return false
		}
		length /= f
	}
	return length == 1
}
