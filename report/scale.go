package report

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// maxWidth is the widest and highest picture that Scale makes.
const maxWidth = 1 << 14

// Scale returns img at the given width in pixels, its aspect kept and its height at least 1. A whole
// multiple of the width repeats every pixel, so that small samples stay crisp; other widths are
// resampled with Catmull-Rom. A width outside 1 to 16384, a height beyond 16384 and an empty img are
// errors.
func Scale(img image.Image, width int) (image.Image, error) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w < 1 || h < 1 {
		return nil, fmt.Errorf("report: scale: image of %d×%d pixels: want at least one", w, h)
	}
	if width < 1 || width > maxWidth {
		return nil, fmt.Errorf("report: scale: width %d: want 1 to %d", width, maxWidth)
	}
	if width == w {
		return img, nil
	}
	height := max((int64(h)*int64(width)+int64(w)/2)/int64(w), 1)
	if height > maxWidth {
		return nil, fmt.Errorf("report: scale: width %d: makes a height of %d, want at most %d", width, height, maxWidth)
	}
	var kernel draw.Scaler = draw.CatmullRom
	if width%w == 0 {
		kernel = draw.NearestNeighbor
	}
	out := image.NewRGBA(image.Rect(0, 0, width, int(height)))
	kernel.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out, nil
}
