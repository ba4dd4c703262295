package animation

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// coloured returns a picture with smooth colours, many more than 256.
func coloured(w, h, i int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(128 + 100*math.Sin(float64(x+y+9*i)/30)), 255})
		}
	}
	return img
}

func TestWriteGIF(t *testing.T) {
	for loops, want := range map[int]int{0: 0, 1: -1, 5: 4} {
		var b bytes.Buffer
		frame := func(i int) (image.Image, error) { return coloured(90, 60, i), nil }
		require.NoError(t, Write(&b, GIF, 3, frame, Options{Hold: time.Second, Loops: loops}))
		g, err := gif.DecodeAll(&b)
		require.NoError(t, err)
		assert.Equal(t, want, g.LoopCount)
		assert.Equal(t, []int{8, 8, 108}, g.Delay)
		require.Len(t, g.Image, 3)
		for i, got := range g.Image {
			assert.Less(t, difference(coloured(90, 60, i), got), 6.0)
		}
	}
}

// difference returns the root mean square difference of two pictures' components.
func difference(a, b image.Image) float64 {
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, bl2, _ := b.At(x, y).RGBA()
			for _, d := range []float64{float64(r>>8) - float64(r2>>8), float64(g>>8) - float64(g2>>8), float64(bl>>8) - float64(bl2>>8)} {
				sum += d * d
				n++
			}
		}
	}
	return math.Sqrt(sum / float64(n))
}

// Up to 256 colours stay what they are: all greys, say.
func TestQuantiseExact(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 256, 2))
	for x := range 256 {
		img.SetRGBA(x, 0, color.RGBA{uint8(x), uint8(x), uint8(x), 255})
		img.SetRGBA(x, 1, color.RGBA{uint8(255 - x), uint8(255 - x), uint8(255 - x), 255})
	}
	assert.Zero(t, difference(img, quantise(img)))
	img.SetRGBA(0, 0, color.RGBA{1, 2, 3, 255})
	got := quantise(img)
	assert.LessOrEqual(t, len(got.Palette), most)
	assert.Less(t, difference(img, got), 4.0)
}

// Whatever the picture, no more than 256 colours are used, and none is far from what it stands for.
func TestQuantise(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		img := image.NewRGBA(image.Rect(0, 0, 1+r.IntN(80), 1+r.IntN(80)))
		wide := r.IntN(250)
		for i := range img.Pix {
			img.Pix[i] = uint8(5 + r.IntN(wide+1))
			if i%4 == 3 {
				img.Pix[i] = 255
			}
		}
		got := quantise(img)
		require.LessOrEqual(t, len(got.Palette), most)
		require.LessOrEqual(t, difference(img, got), max(float64(wide)/8, 4))
		require.Equal(t, img.Rect, got.Rect)
	}
}

func TestWriteAPNG(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Write(&b, APNG, 2, func(i int) (image.Image, error) { return coloured(30, 20, i), nil }, Options{}))
	img, err := png.Decode(&b)
	require.NoError(t, err)
	assert.Zero(t, difference(coloured(30, 20, 0), img))
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]Format{"a.gif": GIF, "b/a.GIF": GIF, "a.png": APNG, "a.apng": APNG} {
		f, err := FormatOf(path)
		assert.NoError(t, err)
		assert.Equal(t, want, f)
	}
	_, err := FormatOf("a.mp4")
	assert.ErrorContains(t, err, "a.mp4: want a name that ends in")
}

func TestErrors(t *testing.T) {
	good := func(i int) (image.Image, error) { return coloured(4, 4, i), nil }
	broken := errors.New("broken")
	for _, f := range []Format{GIF, APNG} {
		assert.ErrorContains(t, Write(io.Discard, f, 0, good, Options{}), "0 frames")
		assert.ErrorContains(t, Write(io.Discard, f, 1, good, Options{Delay: -1}), "nothing below 0")
		assert.ErrorIs(t, Write(io.Discard, f, 2, func(int) (image.Image, error) { return nil, broken }, Options{}), broken)
		other := func(i int) (image.Image, error) { return coloured(4+i, 4, i), nil }
		assert.ErrorContains(t, Write(io.Discard, f, 2, other, Options{}), "as the first")
		large := func(int) (image.Image, error) { return image.NewUniform(color.Black), nil }
		assert.ErrorContains(t, Write(io.Discard, f, 1, large, Options{}), "at most 1073741824 in all")
		empty := func(int) (image.Image, error) { return image.NewRGBA(image.Rectangle{}), nil }
		assert.ErrorContains(t, Write(io.Discard, f, 1, empty, Options{}), "at least a pixel")
		assert.ErrorIs(t, Write(full{}, f, 1, good, Options{}), io.ErrShortWrite)
	}
	assert.ErrorContains(t, Write(io.Discard, "mp4", 1, good, Options{}), `format "mp4"`)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func BenchmarkQuantise(b *testing.B) {
	img := coloured(530, 266, 0)
	for b.Loop() {
		quantise(img)
	}
}
