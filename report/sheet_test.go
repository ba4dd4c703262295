package report

import (
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func filled(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func TestSheet(t *testing.T) {
	red, green, black := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 0, 255}
	sheet, err := Sheet([]image.Image{filled(10, 10, red), filled(20, 10, green), filled(5, 15, red), filled(1, 1, green), filled(40, 40, red)}, 4, 10, 10)
	require.NoError(t, err)
	assert.Equal(t, image.Pt(4*12+2, 2*12+2), sheet.Bounds().Size())
	assert.Equal(t, black, sheet.RGBAAt(1, 1))
	assert.Equal(t, red, sheet.RGBAAt(2, 2))
	assert.Equal(t, red, sheet.RGBAAt(11, 11))
	assert.Equal(t, black, sheet.RGBAAt(12, 11))
	assert.Equal(t, black, sheet.RGBAAt(14, 3), "above a wide picture")
	assert.Equal(t, green, sheet.RGBAAt(14, 6))
	assert.Equal(t, black, sheet.RGBAAt(26, 5), "beside a high one")
	assert.Equal(t, red, sheet.RGBAAt(31, 5))
	assert.Equal(t, green, sheet.RGBAAt(38, 2))
	assert.Equal(t, green, sheet.RGBAAt(47, 11))
	assert.Equal(t, red, sheet.RGBAAt(2, 14))
	assert.Equal(t, black, sheet.RGBAAt(20, 20), "no picture")

	// A grid of samples and a sheet of their pictures are the same.
	x := make([]float32, 3*4*4)
	for i := range x {
		x[i] = float32(i%7)/3 - 1
	}
	grid, err := Grid(x, 3, 4, 4, 1, GridOptions{Columns: 2})
	require.NoError(t, err)
	var pictures []image.Image
	for i := range 3 {
		one, err := Grid(x[16*i:16*(i+1)], 1, 4, 4, 1, GridOptions{})
		require.NoError(t, err)
		pictures = append(pictures, one)
	}
	sheet, err = Sheet(pictures, 2, 4, 4)
	require.NoError(t, err)
	assert.Equal(t, grid.Pix, sheet.Pix)
}

func TestSheetErrors(t *testing.T) {
	one := []image.Image{filled(1, 1, color.RGBA{})}
	for want, f := range map[string]func() (*image.RGBA, error){
		"0 pictures":                           func() (*image.RGBA, error) { return Sheet(nil, 1, 1, 1) },
		"in -1 columns":                        func() (*image.RGBA, error) { return Sheet(one, -1, 1, 1) },
		"of 0×1 pixels":                        func() (*image.RGBA, error) { return Sheet(one, 1, 0, 1) },
		"at most 16384 on a side":              func() (*image.RGBA, error) { return Sheet(one, 1, 20_000, 1) },
		"rows of 1×9000":                       func() (*image.RGBA, error) { return Sheet(append(one, one...), 1, 1, 9000) },
		"picture 0 has 0×0 pixels: want at le": func() (*image.RGBA, error) { return Sheet([]image.Image{image.NewRGBA(image.Rectangle{})}, 1, 1, 1) },
	} {
		_, err := f()
		assert.ErrorContains(t, err, want)
	}
}

func TestFit(t *testing.T) {
	for _, c := range [][6]int{{10, 10, 20, 30, 20, 20}, {1000, 1, 10, 10, 10, 1}, {1, 1000, 10, 10, 1, 10}, {3, 2, 64, 64, 64, 43}, {16384, 16384, 16384, 16384, 16384, 16384}} {
		w, h := fit(image.Pt(c[0], c[1]), c[2], c[3])
		assert.Equal(t, [2]int{c[4], c[5]}, [2]int{w, h}, c)
	}
}
