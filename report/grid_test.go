package report_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

func TestGridSize(t *testing.T) {
	cases := []struct {
		n, side, c, columns int
		want                image.Point
	}{
		{32, 64, 3, 0, image.Pt(530, 266)},
		{25, 28, 1, 5, image.Pt(152, 152)},
		{144, 28, 1, 12, image.Pt(362, 362)},
		{32, 128, 3, 0, image.Pt(1042, 522)},
		{9, 4, 1, 0, image.Pt(8*6+2, 2*6+2)},
		{3, 4, 1, 0, image.Pt(3*6+2, 6+2)},
		{3, 4, 1, 100, image.Pt(3*6+2, 6+2)},
		{2, 4, 1, 1, image.Pt(6+2, 2*6+2)},
		{1, 64, 3, 0, image.Pt(64, 64)},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d of %d", c.n, c.side), func(t *testing.T) {
			img, err := report.Grid(make([]float32, c.n*c.side*c.side*c.c), c.n, c.side, c.side, c.c,
				report.GridOptions{Columns: c.columns})
			require.NoError(t, err)
			assert.Equal(t, image.Rectangle{Max: c.want}, img.Bounds())
		})
	}
}

// Each sample is its number; every pixel of the picture is the sample's or black.
func TestGridPlaces(t *testing.T) {
	const n, h, w, columns = 5, 2, 3, 2
	for _, c := range []int{1, 3} {
		x := make([]float32, n*h*w*c)
		for i := range x {
			x[i] = float32(i)/128 - 1 // byte i, see TestGridBytes
		}
		img, err := report.Grid(x, n, h, w, c, report.GridOptions{Columns: columns})
		require.NoError(t, err)
		for py := range img.Rect.Dy() {
			for px := range img.Rect.Dx() {
				want := color.RGBA{A: 255}
				col, row := px/(w+2), py/(h+2)
				i := row*columns + col
				ix, iy := px%(w+2)-2, py%(h+2)-2
				if ix >= 0 && iy >= 0 && i < n {
					at := func(ch int) uint8 {
						v := (float64(x[((i*h+iy)*w+ix)*c+min(ch, c-1)]) + 1) / 2
						return uint8(math.Floor(255*v + 0.5))
					}
					want = color.RGBA{at(0), at(1), at(2), 255}
				}
				require.Equal(t, want, img.RGBAAt(px, py), "channels %d, pixel %d,%d", c, px, py)
			}
		}
	}
}

func TestGridBytes(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	cases := []struct {
		name string
		r    report.Range
		x    []float32
		want []uint8
	}{
		{"fixed", report.Fixed, []float32{-1, 1, 0, -0.5, 0.5}, []uint8{0, 255, 128, 64, 191}},
		{"fixed, outside", report.Fixed, []float32{-1.5, 1.5, -inf, inf, nan}, []uint8{0, 255, 0, 255, 0}},
		// v = k/255 ± a little less than half a step rounds to k.
		{"fixed, rounding", report.Fixed, []float32{2*100.49/255 - 1, 2*100.51/255 - 1, 2*254.6/255 - 1}, []uint8{100, 101, 255}},
		{"min-max", report.MinMax, []float32{2, 6, 4, 3}, []uint8{0, 255, 128, 64}},
		{"min-max, constant", report.MinMax, []float32{7, 7, 7}, []uint8{0, 0, 0}},
		{"min-max, nearly constant", report.MinMax, []float32{0, 5e-6}, []uint8{0, 128}},
		{"min-max, not finite", report.MinMax, []float32{1, nan, 3, inf, -inf, 2}, []uint8{0, 0, 255, 255, 0, 128}},
		{"min-max, nothing finite", report.MinMax, []float32{nan, inf, -inf}, []uint8{0, 255, 0}},
		{"min-max, overflow", report.MinMax, []float32{-math.MaxFloat32, math.MaxFloat32}, []uint8{0, 255}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			img, err := report.Grid(c.x, 1, 1, len(c.x), 1, report.GridOptions{Range: c.r})
			require.NoError(t, err)
			for i, want := range c.want {
				assert.Equal(t, color.RGBA{want, want, want, 255}, img.RGBAAt(i, 0), "value %v", c.x[i])
			}
		})
	}
}

// The contrast is stretched over the whole grid, not per sample.
func TestGridMinMaxIsShared(t *testing.T) {
	img, err := report.Grid([]float32{0, 1, 2, 4}, 4, 1, 1, 1, report.GridOptions{Range: report.MinMax})
	require.NoError(t, err)
	for i, want := range []uint8{0, 64, 128, 255} {
		assert.Equal(t, want, img.RGBAAt(2+3*i, 2).R)
	}
}

func TestGridErrors(t *testing.T) {
	cases := []struct {
		name       string
		length     int
		n, h, w, c int
		o          report.GridOptions
		want       string
	}{
		{"no samples", 0, 0, 1, 1, 1, report.GridOptions{}, "samples (0,1,1,1)"},
		{"negative", 1, -1, -1, 1, 1, report.GridOptions{}, "samples (-1,-1,1,1)"},
		{"channels", 2, 1, 1, 1, 2, report.GridOptions{}, "1 or 3 channels"},
		{"length", 11, 1, 2, 2, 3, report.GridOptions{}, "x has 11 values: want as many as samples (1,2,2,3)"},
		{"nothing", 0, 1, 2, 2, 3, report.GridOptions{}, "x has 0 values"},
		{"overflow", 0, 1 << 32, 1 << 32, 1, 1, report.GridOptions{}, "x has 0 values"},
		{"columns", 1, 1, 1, 1, 1, report.GridOptions{Columns: -1}, "-1 columns"},
		{"range", 1, 1, 1, 1, 1, report.GridOptions{Range: 2}, "range 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := report.Grid(make([]float32, c.length), c.n, c.h, c.w, c.c, c.o)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "report: grid: ")
		})
	}
}

func TestScale(t *testing.T) {
	src := image.NewRGBA(image.Rect(5, 5, 8, 7)) // 3×2, not at the origin
	for i := range src.Pix {
		src.Pix[i] = uint8(20 * i)
		if i%4 == 3 {
			src.Pix[i] = 255
		}
	}
	big, err := report.Scale(src, 12)
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 12, 8), big.Bounds())
	for y := range 8 {
		for x := range 12 {
			require.Equal(t, src.At(5+x/4, 5+y/4), big.At(x, y), "a whole multiple repeats pixels")
		}
	}
	same, err := report.Scale(src, 3)
	require.NoError(t, err)
	assert.Equal(t, image.Image(src), same)
	for width, height := range map[int]int{1: 1, 2: 1, 5: 3, 220: 147} {
		img, err := report.Scale(src, width)
		require.NoError(t, err)
		assert.Equal(t, image.Rect(0, 0, width, height), img.Bounds())
	}
}

// Between whole multiples neighbours are mixed.
func TestScaleSmooth(t *testing.T) {
	src := image.NewGray(image.Rect(0, 0, 2, 1))
	src.Pix = []uint8{0, 255}
	img, err := report.Scale(src, 5)
	require.NoError(t, err)
	r, _, _, _ := img.At(2, 0).RGBA()
	assert.InDelta(t, 128, r>>8, 2, "the middle is the mean")
}

func TestScaleErrors(t *testing.T) {
	tall := image.NewGray(image.Rect(0, 0, 1, 3000))
	for width, want := range map[int]string{0: "width 0", -3: "width -3", 1<<14 + 1: "width 16385", 7: "height of 21000"} {
		_, err := report.Scale(tall, width)
		require.ErrorContains(t, err, want)
	}
	_, err := report.Scale(image.NewGray(image.Rect(0, 0, 0, 3)), 5)
	require.ErrorContains(t, err, "0×3")
}
