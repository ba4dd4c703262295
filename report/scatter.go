package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

const (
	scatterSide   = 512 // pixels
	scatterLimit  = 3.0 // both axes show [-3,3]
	scatterRadius = 2   // pixels
)

var (
	paperColor     = color.RGBA{255, 255, 255, 255}
	axisColor      = color.RGBA{225, 225, 225, 255}
	realColor      = color.RGBA{120, 120, 120, 255}
	generatedColor = color.RGBA{20, 90, 200, 255}
)

// Opacity of one dot, so that dense places look dense.
const (
	realOpacity      = 0.25
	generatedOpacity = 0.35
)

// Scatter draws 2-D points into a picture of 512×512 pixels that shows [-3,3] on both axes, x to the
// right and y up: real points in grey, generated ones over them in blue, both translucent. real and
// generated have the layout (N,2), N may be 0. Points outside the axes and NaN are not drawn. An odd
// length is an error.
func Scatter(real, generated []float32) (*image.RGBA, error) {
	if len(real)%2 != 0 || len(generated)%2 != 0 {
		return nil, fmt.Errorf("report: scatter: real has %d values, generated %d: want two a point", len(real), len(generated))
	}
	img := image.NewRGBA(image.Rect(0, 0, scatterSide, scatterSide))
	for y := range scatterSide {
		for x := range scatterSide {
			img.SetRGBA(x, y, paperColor)
		}
	}
	for unit := -scatterLimit + 1; unit < scatterLimit; unit++ {
		x, y := toPixel(unit, unit)
		for i := range scatterSide {
			img.SetRGBA(x, i, axisColor)
			img.SetRGBA(i, y, axisColor)
		}
	}
	drawDots(img, real, realColor, realOpacity)
	drawDots(img, generated, generatedColor, generatedOpacity)
	return img, nil
}

// toPixel returns the pixel that holds a point of the axes.
func toPixel(x, y float64) (int, int) {
	const scale = scatterSide / (2 * scatterLimit)
	return int(math.Floor((x + scatterLimit) * scale)), int(math.Floor((scatterLimit - y) * scale))
}

func drawDots(img *image.RGBA, points []float32, c color.RGBA, opacity float64) {
	for ; len(points) > 0; points = points[2:] {
		x, y := float64(points[0]), float64(points[1])
		// Written so that NaN is left out as well.
		if !(math.Abs(x) <= scatterLimit && math.Abs(y) <= scatterLimit) {
			continue
		}
		px, py := toPixel(x, y)
		for dy := -scatterRadius; dy <= scatterRadius; dy++ {
			for dx := -scatterRadius; dx <= scatterRadius; dx++ {
				if dx*dx+dy*dy <= scatterRadius*scatterRadius && image.Pt(px+dx, py+dy).In(img.Rect) {
					blend(img.Pix[img.PixOffset(px+dx, py+dy):], c, opacity)
				}
			}
		}
	}
}

// blend lays c over the opaque pixel at the start of pix.
func blend(pix []uint8, c color.RGBA, opacity float64) {
	for i, over := range [3]uint8{c.R, c.G, c.B} {
		pix[i] = uint8(math.Round(float64(pix[i])*(1-opacity) + float64(over)*opacity))
	}
}
