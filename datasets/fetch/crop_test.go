package fetch

import (
	"image"
	"image/color"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeadSquare(t *testing.T) {
	bounds := image.Rect(0, 0, 600, 400)
	tests := []struct {
		name      string
		box       image.Rectangle
		bounds    image.Rectangle
		want      image.Rectangle
		wantError bool
	}{
		// The published square of Abyssinian_1 has x 327, y 63 and side 103 for the box 333..425, 72..158;
		// the centre is (378.5, 114.5).
		{"a real one", image.Rect(332, 71, 425, 158), bounds, image.Rect(326, 62, 430, 166), false},
		{"tall head", image.Rect(100, 100, 150, 200), bounds, image.Rect(69, 94, 181, 206), false},
		{"in the corner", image.Rect(0, 0, 100, 100), bounds, image.Rect(0, 0, 112, 112), false},
		{"in the far corner", image.Rect(550, 350, 600, 400), bounds, image.Rect(544, 344, 600, 400), false},
		{"as high as the image", image.Rect(100, 0, 480, 400), bounds, image.Rect(90, 0, 490, 400), false},
		{"larger than the image", image.Rect(-50, -50, 700, 700), bounds, image.Rect(100, 0, 500, 400), false},
		{"partly outside", image.Rect(590, 390, 900, 900), bounds, image.Rect(589, 389, 600, 400), false},
		{"one pixel", image.Rect(5, 5, 6, 6), bounds, image.Rect(5, 5, 6, 6), false},
		{"bounds with an origin", image.Rect(10, 10, 20, 20), image.Rect(8, 8, 40, 40), image.Rect(9, 9, 20, 20), false},
		{"outside", image.Rect(600, 0, 700, 100), bounds, image.Rectangle{}, true},
		{"image without pixels", image.Rect(0, 0, 10, 10), image.Rectangle{}, image.Rectangle{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := headSquare(test.box, test.bounds)
			if test.wantError {
				require.ErrorContains(t, err, "outside of the image")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
			assert.Equal(t, got.Dx(), got.Dy(), "square")
			assert.True(t, got.In(test.bounds))
		})
	}
}

// TestHeadSquareEverywhere moves boxes of all sizes over a small image: every square lies inside and
// holds the visible part of the head where it fits.
func TestHeadSquareEverywhere(t *testing.T) {
	bounds := image.Rect(0, 0, 17, 12)
	for w := 1; w < 20; w++ {
		for h := 1; h < 20; h++ {
			for x := -19; x < 17; x++ {
				for y := -19; y < 12; y++ {
					box := image.Rect(x, y, x+w, y+h)
					seen := box.Intersect(bounds)
					square, err := headSquare(box, bounds)
					if seen.Empty() && err != nil {
						continue
					}
					fits := max(seen.Dx(), seen.Dy()) <= 12
					if err != nil || !square.In(bounds) || square.Dx() != square.Dy() || (fits && !seen.In(square)) {
						t.Fatalf("box %v: square %v, error %v", box, square, err)
					}
				}
			}
		}
	}
}

func TestTransparencyBecomesWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 30, 30)) // black, but fully transparent
	crop, err := cropHead(encoded(t, img, "png"), image.Rect(5, 5, 25, 25))
	require.NoError(t, err)
	got, err := decode(crop)
	require.NoError(t, err)
	assert.Equal(t, color.Gray{255}, color.GrayModel.Convert(got.At(10, 10)))
}

func TestDecodeRefuses(t *testing.T) {
	bomb := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00") // 65535 x 65535 pixels
	for name, test := range map[string]struct {
		content []byte
		says    string
	}{
		"empty":       {nil, "neither JPEG, PNG nor GIF"},
		"text":        {[]byte("<html>"), "neither JPEG, PNG nor GIF"},
		"JPEG header": {[]byte("\xff\xd8\xff"), "EOF"},
		"too large":   {bomb, "65535x65535 pixels"},
	} {
		_, err := decode(test.content)
		assert.ErrorContains(t, err, test.says, name)
	}
}
