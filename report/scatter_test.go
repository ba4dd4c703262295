package report_test

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

var white = color.RGBA{255, 255, 255, 255}

func TestScatter(t *testing.T) {
	// (1.5, -0.75) lies at 512/6·(3+1.5) = 384 and 512/6·(3+0.75) = 320.
	img, err := report.Scatter(nil, []float32{1.5, -0.75})
	require.NoError(t, err)
	assert.Equal(t, image.Rect(0, 0, 512, 512), img.Bounds())
	dot := img.RGBAAt(384, 320)
	assert.Greater(t, dot.B, dot.R, "generated points are blue")
	assert.NotEqual(t, white, img.RGBAAt(386, 320))
	assert.Equal(t, white, img.RGBAAt(387, 320))
	assert.Equal(t, white, img.RGBAAt(384, 192), "y points up")

	twice, err := report.Scatter(nil, []float32{1.5, -0.75, 1.5, -0.75})
	require.NoError(t, err)
	assert.Less(t, twice.RGBAAt(384, 320).R, dot.R, "two dots are darker than one")

	both, err := report.Scatter([]float32{-1.5, -0.75, 1.5, -0.75}, []float32{1.5, -0.75})
	require.NoError(t, err)
	grey := both.RGBAAt(128, 320)
	assert.True(t, grey.R == grey.G && grey.G == grey.B && grey.R < 255, "real points are grey")
	over := both.RGBAAt(384, 320)
	assert.Greater(t, over.B, over.R, "generated points lie over real ones")
}

func TestScatterLeavesOut(t *testing.T) {
	empty, err := report.Scatter(nil, nil)
	require.NoError(t, err)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	img, err := report.Scatter([]float32{nan, 0, 0, nan}, []float32{3.01, 0, 0, -3.01, inf, 0, 0, -inf, 1e30, 1e30})
	require.NoError(t, err)
	assert.True(t, bytes.Equal(empty.Pix, img.Pix))

	corners, err := report.Scatter([]float32{-3, -3, 3, 3}, []float32{-3, 3, 3, -3})
	require.NoError(t, err)
	for _, p := range []image.Point{{0, 0}, {511, 0}, {0, 511}, {511, 511}} {
		assert.NotEqual(t, white, corners.RGBAAt(p.X, p.Y), "corner %v", p)
	}
}

func TestScatterErrors(t *testing.T) {
	_, err := report.Scatter(make([]float32, 3), nil)
	require.ErrorContains(t, err, "report: scatter: real has 3 values")
	_, err = report.Scatter(nil, make([]float32, 1))
	require.ErrorContains(t, err, "generated 1")
}
