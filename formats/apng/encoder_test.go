package apng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// picture returns a picture that depends on i.
func picture(w, h, i int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x*7 + i), uint8(y*5 + 3*i), uint8(i * 40), 255})
		}
	}
	return img
}

type part struct {
	kind string
	data []byte
}

// split returns the chunks of a file, and checks their checksums.
func split(t *testing.T, file []byte) (list []part) {
	t.Helper()
	require.Equal(t, signature, string(file[:8]))
	for file = file[8:]; len(file) > 0; {
		n := binary.BigEndian.Uint32(file)
		require.Equal(t, crc32.ChecksumIEEE(file[4:8+n]), binary.BigEndian.Uint32(file[8+n:]))
		list = append(list, part{string(file[4:8]), file[8 : 8+n]})
		file = file[12+n:]
	}
	return list
}

// decode returns the frames of a file as a reader of the specification would: each as a PNG file of its
// own, and how long each is shown.
func decode(t *testing.T, file []byte) (frames []image.Image, delays []time.Duration, loops int) {
	t.Helper()
	var head, data []byte
	sequence := uint32(0)
	count := 0
	numbered := func(b []byte) []byte {
		require.Equal(t, sequence, binary.BigEndian.Uint32(b))
		sequence++
		return b[4:]
	}
	finish := func() {
		if data == nil {
			return
		}
		var b bytes.Buffer
		b.WriteString(signature)
		e := Encoder{w: &b}
		require.NoError(t, errors.Join(e.chunk("IHDR", head), e.chunk("IDAT", data), e.chunk("IEND", nil)))
		img, err := png.Decode(&b)
		require.NoError(t, err)
		frames, data = append(frames, img), nil
	}
	for _, c := range split(t, file) {
		switch c.kind {
		case "IHDR":
			head = c.data
		case "acTL":
			count, loops = int(binary.BigEndian.Uint32(c.data)), int(binary.BigEndian.Uint32(c.data[4:]))
		case "fcTL":
			finish()
			b := numbered(c.data)
			require.Equal(t, head[:8], b[:8])
			require.Equal(t, make([]byte, 8), b[8:16])
			delays = append(delays, time.Second*time.Duration(binary.BigEndian.Uint16(b[16:]))/time.Duration(binary.BigEndian.Uint16(b[18:])))
			require.Equal(t, []byte{0, 0}, b[20:])
		case "IDAT":
			require.Empty(t, frames)
			data = append(data, c.data...)
		case "fdAT":
			data = append(data, numbered(c.data)...)
		case "IEND":
			finish()
		default:
			t.Fatal(c.kind)
		}
	}
	require.Len(t, frames, count)
	return frames, delays, loops
}

func TestEncoder(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {7, 5}, {300, 200}} {
		var b bytes.Buffer
		e, err := NewEncoder(&b, 3, Options{Loops: 2})
		require.NoError(t, err)
		for i := range 3 {
			require.NoError(t, e.Add(picture(size.X, size.Y, i), time.Duration(i)*70*time.Millisecond))
		}
		require.NoError(t, e.Close())
		frames, delays, loops := decode(t, b.Bytes())
		assert.Equal(t, 2, loops)
		assert.Equal(t, []time.Duration{0, 70 * time.Millisecond, 140 * time.Millisecond}, delays)
		for i, f := range frames {
			assert.Equal(t, picture(size.X, size.Y, i).Pix, f.(*image.RGBA).Pix)
		}
		still, err := png.Decode(&b)
		require.NoError(t, err, "other programs show the first frame")
		assert.Equal(t, picture(size.X, size.Y, 0).Pix, still.(*image.RGBA).Pix)
	}
}

// Pictures of any kind become frames of one kind: grey, with alpha, cut out of a larger one.
func TestKinds(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 3, 2))
	grey.SetGray(1, 1, color.Gray{99})
	clear := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	clear.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 128})
	cut := picture(9, 9, 1).SubImage(image.Rect(4, 5, 7, 7))
	var b bytes.Buffer
	e, err := NewEncoder(&b, 3, Options{Level: png.BestSpeed})
	require.NoError(t, err)
	for _, img := range []image.Image{grey, clear, cut} {
		require.NoError(t, e.Add(img, time.Hour))
	}
	require.NoError(t, e.Close())
	frames, delays, _ := decode(t, b.Bytes())
	assert.Equal(t, color.RGBA{99, 99, 99, 255}, frames[0].At(1, 1))
	assert.Equal(t, color.RGBA{100, 50, 25, 255}, frames[1].At(0, 0))
	assert.Equal(t, color.RGBA{0, 0, 0, 255}, frames[1].At(1, 0))
	assert.Equal(t, picture(9, 9, 1).At(4, 5), frames[2].At(0, 0))
	assert.Equal(t, 65535*time.Millisecond, delays[0])
}

func TestErrors(t *testing.T) {
	for _, n := range []int{0, -1, math.MaxInt32} {
		_, err := NewEncoder(io.Discard, n, Options{})
		assert.ErrorContains(t, err, "frames")
	}
	_, err := NewEncoder(io.Discard, 1, Options{Loops: -1})
	assert.ErrorContains(t, err, "shown -1 times")

	var b bytes.Buffer
	e, err := NewEncoder(&b, 2, Options{})
	require.NoError(t, err)
	require.NoError(t, e.Add(picture(3, 2, 0), 0))
	err = e.Add(picture(2, 3, 0), 0)
	assert.EqualError(t, err, "apng: frame 1: 2×3 pixels: want 3×2, as the first")
	assert.Equal(t, err, e.Add(picture(3, 2, 0), 0))
	assert.Equal(t, err, e.Close())

	e, _ = NewEncoder(&b, 1, Options{})
	assert.EqualError(t, e.Close(), "apng: 0 frames: want the 1 that were announced")
	e, _ = NewEncoder(&b, 1, Options{})
	assert.ErrorContains(t, e.Add(image.NewRGBA(image.Rectangle{}), 0), "0×0 pixels")
	e, _ = NewEncoder(&b, 1, Options{})
	require.NoError(t, e.Add(picture(1, 1, 0), 0))
	require.NoError(t, e.Close())
	assert.ErrorContains(t, e.Close(), "closed")
	e, _ = NewEncoder(&b, 1, Options{})
	require.NoError(t, e.Add(picture(1, 1, 0), 0))
	assert.ErrorContains(t, e.Add(picture(1, 1, 0), 0), "no more than the 1")

	// A disk that becomes full at any byte is an error.
	whole := encode(t, &limited{left: math.MaxInt})
	for n := range whole {
		w := &limited{left: n}
		require.Equal(t, n, encode(t, w))
		require.ErrorIs(t, w.err, io.ErrShortWrite)
	}
}

// encode writes two frames until w has enough, and returns how much it took.
func encode(t *testing.T, w *limited) int {
	start := w.left
	e, err := NewEncoder(w, 2, Options{})
	require.NoError(t, err)
	w.err = errors.Join(e.Add(picture(4, 4, 0), 0), e.Add(picture(4, 4, 1), 0), e.Close())
	return start - w.left
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}
