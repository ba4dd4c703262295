package apng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"
	"time"
)

// Options of a file. The zero value is valid.
type Options struct {
	Loops int                  // how often it is shown; 0: for ever
	Level png.CompressionLevel // of package png
}

// Encoder writes a file frame by frame; only one is in memory at a time. It is for one goroutine. Its
// first error is returned by every later call.
type Encoder struct {
	w        io.Writer
	o        Options
	frames   int // in all
	added    int
	sequence uint32
	canvas   *image.RGBA // of every frame
	head     []byte      // IHDR's data
	err      error
}

const signature = "\x89PNG\r\n\x1a\n"

// NewEncoder returns an encoder of so many frames, at least 1. Nothing is written before the first is
// added.
func NewEncoder(w io.Writer, frames int, o Options) (*Encoder, error) {
	if frames < 1 || int64(frames) > math.MaxInt32/2 || o.Loops < 0 || int64(o.Loops) > math.MaxInt32 {
		return nil, fmt.Errorf("apng: %d frames, shown %d times: want 1 to 2^30, and at least 0", frames, o.Loops)
	}
	return &Encoder{w: w, o: o, frames: frames}, nil
}

// Add writes the next frame, which is shown for delay, rounded to milliseconds and at most 65 seconds. All
// frames have the size of the first. What is transparent is laid on black.
func (e *Encoder) Add(img image.Image, delay time.Duration) error {
	if e.err == nil {
		if err := e.add(img, delay); err != nil {
			e.err = fmt.Errorf("apng: frame %d: %w", e.added, err)
		}
	}
	return e.err
}

func (e *Encoder) add(img image.Image, delay time.Duration) error {
	size := img.Bounds().Size()
	switch {
	case e.added == e.frames:
		return fmt.Errorf("want no more than the %d that were announced", e.frames)
	case size.X < 1 || size.Y < 1:
		return fmt.Errorf("%d×%d pixels: want at least one", size.X, size.Y)
	case e.canvas != nil && size != e.canvas.Rect.Size():
		return fmt.Errorf("%d×%d pixels: want %d×%d, as the first", size.X, size.Y, e.canvas.Rect.Dx(), e.canvas.Rect.Dy())
	}
	if e.canvas == nil {
		e.canvas = image.NewRGBA(image.Rectangle{Max: size})
	}
	// All opaque, so that image/png gives every frame the same kind of pixels.
	draw.Draw(e.canvas, e.canvas.Rect, image.Black, image.Point{}, draw.Src)
	draw.Draw(e.canvas, e.canvas.Rect, img, img.Bounds().Min, draw.Over)
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: e.o.Level}
	if err := encoder.Encode(&b, e.canvas); err != nil {
		return err
	}
	return e.frame(b.Bytes(), delay)
}

// frame writes a picture's chunks as those of a frame.
func (e *Encoder) frame(picture []byte, delay time.Duration) error {
	first := e.added == 0
	rest := picture[len(signature):]
	for len(rest) > 0 {
		length := binary.BigEndian.Uint32(rest)
		kind, data := string(rest[4:8]), rest[8:8+length]
		rest = rest[12+length:]
		switch {
		case kind == "IHDR" && first:
			e.head = bytes.Clone(data)
			if err := e.start(); err != nil {
				return err
			}
			fallthrough
		case kind == "IHDR":
			if !bytes.Equal(data, e.head) {
				return errors.New("its pixels are of another kind than the first's")
			}
			if err := e.control(delay); err != nil {
				return err
			}
		case kind == "IDAT" && first:
			if err := e.chunk(kind, data); err != nil {
				return err
			}
		case kind == "IDAT":
			if err := e.chunk("fdAT", append(e.next(), data...)); err != nil {
				return err
			}
		}
	}
	e.added++
	return nil
}

// start writes what precedes all frames.
func (e *Encoder) start() error {
	if _, err := io.WriteString(e.w, signature); err != nil {
		return err
	}
	if err := e.chunk("IHDR", e.head); err != nil {
		return err
	}
	data := binary.BigEndian.AppendUint32(nil, uint32(e.frames))
	return e.chunk("acTL", binary.BigEndian.AppendUint32(data, uint32(e.o.Loops)))
}

// control writes a frame's place, the whole picture, and its duration.
func (e *Encoder) control(delay time.Duration) error {
	data := e.next()
	for _, v := range []int{e.canvas.Rect.Dx(), e.canvas.Rect.Dy(), 0, 0} {
		data = binary.BigEndian.AppendUint32(data, uint32(v))
	}
	milliseconds := min(max(delay.Round(time.Millisecond).Milliseconds(), 0), math.MaxUint16)
	data = binary.BigEndian.AppendUint16(data, uint16(milliseconds))
	data = binary.BigEndian.AppendUint16(data, 1000)
	const nothing, replace = 0, 0 // to be done with the frame afterwards; how it is laid on what was there
	return e.chunk("fcTL", append(data, nothing, replace))
}

// next returns the next sequence number as the beginning of a chunk's data.
func (e *Encoder) next() []byte {
	e.sequence++
	return binary.BigEndian.AppendUint32(nil, e.sequence-1)
}

func (e *Encoder) chunk(kind string, data []byte) error {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	_, err := e.w.Write(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
	return err
}

// Close ends the file. It is an error if frames are missing.
func (e *Encoder) Close() error {
	switch {
	case e.err != nil:
		return e.err
	case e.added < e.frames:
		e.err = fmt.Errorf("apng: %d frames: want the %d that were announced", e.added, e.frames)
		return e.err
	}
	e.err = e.chunk("IEND", nil)
	if e.err != nil {
		e.err = fmt.Errorf("apng: %w", e.err)
		return e.err
	}
	e.err = errors.New("apng: the file is closed")
	return nil
}
