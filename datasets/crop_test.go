package datasets

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCrop(t *testing.T) {
	for text, want := range map[string]Crop{
		"": {}, "none": {}, "square": {Square: true},
		"108x80": {W: 108, H: 80}, "1x16384": {W: 1, H: 16384},
		"108x80+0+7": {W: 108, H: 80, Placed: true, Y: 7},
	} {
		got, err := ParseCrop(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		again, err := ParseCrop(got.String())
		require.NoError(t, err)
		assert.Equal(t, want, again)
	}
	for _, text := range []string{"108", "x", "0x0", "1x0", "0x0+1+1", "-1x2", "1x2+3", "1x2-3+4", "16385x1", "1x2+3+99999", "99999999999999999999x1", "Square", " square", "1x2 "} {
		c, err := ParseCrop(text)
		assert.ErrorContains(t, err, fmt.Sprintf("crop %q", text))
		assert.Equal(t, Crop{}, c)
	}
}

func TestCropWithin(t *testing.T) {
	for _, c := range []struct {
		crop string
		w, h int
		want image.Rectangle
	}{
		{"none", 7, 4, image.Rect(0, 0, 7, 4)},
		{"square", 7, 4, image.Rect(1, 0, 5, 4)},
		{"square", 4, 7, image.Rect(0, 1, 4, 5)},
		{"square", 5, 5, image.Rect(0, 0, 5, 5)},
		{"3x2", 7, 4, image.Rect(2, 1, 5, 3)},
		{"2x1", 7, 4, image.Rect(2, 1, 4, 2)},
		{"7x4", 7, 4, image.Rect(0, 0, 7, 4)},
		{"3x2+4+2", 7, 4, image.Rect(4, 2, 7, 4)},
		{"3x2+0+0", 7, 4, image.Rect(0, 0, 3, 2)},
	} {
		crop, err := ParseCrop(c.crop)
		require.NoError(t, err)
		got, err := crop.within(c.w, c.h)
		require.NoError(t, err, c.crop)
		assert.Equal(t, c.want, got, c.crop)
	}
	for _, text := range []string{"8x4", "7x5", "3x2+5+0", "3x2+0+3"} {
		crop, err := ParseCrop(text)
		require.NoError(t, err)
		_, err = crop.within(7, 4)
		assert.ErrorIs(t, err, ErrImageSize)
		assert.ErrorContains(t, err, text)
	}
}

// noise is an image of random colours.
func noise(w, h int, grey bool) image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	if grey {
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i := range m.Pix {
			m.Pix[i] = byte(r.Uint32())
		}
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 255})
		}
	}
	return m
}

// Cropping while decoding gives what the part gives that was cut out before it was encoded.
func TestDecodeCropped(t *testing.T) {
	for _, grey := range []bool{false, true} {
		m := noise(23, 17, grey)
		for _, text := range []string{"none", "square", "16x8", "5x9+18+8"} {
			crop, err := ParseCrop(text)
			require.NoError(t, err)
			r, err := crop.within(23, 17)
			require.NoError(t, err)
			part := m.(interface {
				SubImage(image.Rectangle) image.Image
			}).SubImage(r)
			for _, o := range []Options{{Size: 9, Channels: 3}, {Size: 17, Channels: 1}, {Size: 40, Channels: 3}} {
				o = o.withDefaults()
				want, got := make([]byte, o.Size*o.Size*o.Channels), make([]byte, o.Size*o.Size*o.Channels)
				require.NoError(t, decode(want, encodePNG(t, part), o))
				o.Crop = crop
				require.NoError(t, decode(got, encodePNG(t, m), o))
				assert.Equal(t, want, got, "%s %+v", text, o)

				// The same from pixels in memory.
				set, err := NewSet("noise", 17, 23, 3, rgbBytes(m))
				require.NoError(t, err)
				src, err := Resized(set, o)
				require.NoError(t, err)
				require.NoError(t, src.Read(0, got))
				assert.Equal(t, want, got, "resized %s %+v", text, o)
			}
		}
	}
}

func rgbBytes(m image.Image) (pix []byte) {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
			pix = append(pix, c.R, c.G, c.B)
		}
	}
	return pix
}

// Images of a size that is not wanted are errors that say so, before they are decoded.
func TestImageSizeLimits(t *testing.T) {
	dir := t.TempDir()
	whole := encodePNG(t, noise(20, 10, true))
	writeFile(t, []string{dir, "a.png"}, whole)
	writeFile(t, []string{dir, "cut.png"}, whole[:60])
	read := func(o Options) error {
		o.Size, o.Channels = 4, 1
		src, err := Folder(dir, o)
		require.NoError(t, err)
		return src.Read(0, make([]byte, 16))
	}
	assert.NoError(t, read(Options{MinSide: 10, MaxSide: 20}))
	assert.ErrorIs(t, read(Options{MinSide: 11}), ErrImageSize)
	err := read(Options{MaxSide: 19})
	assert.ErrorIs(t, err, ErrImageSize)
	assert.ErrorContains(t, err, "a.png: not of the wanted size: 20×10 pixels: want sides of at most 19")
	assert.ErrorContains(t, read(Options{Crop: Crop{W: 4, H: 11}}), "do not hold the crop 4x11")
	src, err := Folder(dir, Options{Size: 4, Channels: 1, MinSide: 11})
	require.NoError(t, err)
	assert.ErrorIs(t, src.Read(1, make([]byte, 16)), ErrImageSize, "the header suffices")

	// Of a set in memory all images are wanted or none.
	set, err := NewSet("set", 10, 20, 1, make([]byte, 200))
	require.NoError(t, err)
	_, err = Resized(set, Options{Size: 4, Channels: 1, MinSide: 11})
	assert.ErrorIs(t, err, ErrImageSize)
	square, err := NewSet("square", 4, 4, 1, make([]byte, 16))
	require.NoError(t, err)
	for _, o := range []Options{{MinSide: 5}, {MaxSide: 3}, {Crop: Crop{W: 5, H: 1}}} {
		o.Size, o.Channels = 4, 1
		_, err = Resized(square, o)
		assert.ErrorIs(t, err, ErrImageSize, "%+v", o)
	}
	same, err := Resized(square, Options{Size: 4, Channels: 1, MinSide: 4, MaxSide: 4})
	require.NoError(t, err)
	assert.Same(t, square, same)

	for _, o := range []Options{{MinSide: -1}, {MaxSide: -1}, {MinSide: 3, MaxSide: 2}, {Crop: Crop{W: 3}}, {Crop: Crop{W: -1, H: 1}}, {Crop: Crop{W: 1, H: 1, Placed: true, X: -1}}, {Crop: Crop{Placed: true}}} {
		o.Size, o.Channels = 4, 1
		_, err := Open(filepath.Join(dir), o)
		assert.ErrorContains(t, err, "want", "%+v", o)
		assert.Error(t, o.Validate())
	}
}
