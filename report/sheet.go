package report

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// Sheet lays pictures of any size side by side, row by row, each fitted into a cell of w×h pixels with its
// aspect kept and its middle in that of the cell:
//
//	columns = min(columns, n)     width = columns·(w+2)+2     height = ceil(n/columns)·(h+2)+2
//
// as [Grid] does with samples; what is left of a cell is black, and so is what is transparent. Pictures
// that fit exactly, or a whole number of times, keep their pixels; others are resampled with Catmull-Rom.
// columns of 0 means 8. No pictures, an empty one, and a sheet beyond 16384 pixels on a side are errors.
func Sheet(pictures []image.Image, columns, w, h int) (*image.RGBA, error) {
	if columns == 0 {
		columns = defaultColumns
	}
	if len(pictures) == 0 || columns < 1 || w < 1 || h < 1 {
		return nil, fmt.Errorf("report: sheet: %d pictures in %d columns of %d×%d pixels: want at least one of each", len(pictures), columns, w, h)
	}
	columns = min(columns, len(pictures))
	rows := (len(pictures) + columns - 1) / columns
	if w > maxWidth || h > maxWidth || columns > (maxWidth-gridGap)/(w+gridGap) || rows > (maxWidth-gridGap)/(h+gridGap) {
		return nil, fmt.Errorf("report: sheet: %d columns and %d rows of %d×%d pixels: want a sheet of at most %d on a side", columns, rows, w, h, maxWidth)
	}
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(w+gridGap)+gridGap, rows*(h+gridGap)+gridGap))
	draw.Draw(sheet, sheet.Rect, image.Black, image.Point{}, draw.Src)
	for i, p := range pictures {
		size := p.Bounds().Size()
		if size.X < 1 || size.Y < 1 {
			return nil, fmt.Errorf("report: sheet: picture %d has %d×%d pixels: want at least one", i, size.X, size.Y)
		}
		left, top := gridGap+i%columns*(w+gridGap), gridGap+i/columns*(h+gridGap)
		fw, fh := fit(size, w, h)
		at := image.Rect(0, 0, fw, fh).Add(image.Pt(left+(w-fw)/2, top+(h-fh)/2))
		var kernel draw.Scaler = draw.CatmullRom
		if fw%size.X == 0 && fh%size.Y == 0 {
			kernel = draw.NearestNeighbor
		}
		kernel.Scale(sheet, at, p, p.Bounds(), draw.Over, nil)
	}
	return sheet, nil
}

// fit returns the largest size of a picture's aspect, at least a pixel, within w×h.
func fit(size image.Point, w, h int) (fw, fh int) {
	x, y := int64(size.X), int64(size.Y)
	if x*int64(h) >= y*int64(w) {
		return w, max(int((y*int64(w)+x/2)/x), 1)
	}
	return max(int((x*int64(h)+y/2)/y), 1), h
}
