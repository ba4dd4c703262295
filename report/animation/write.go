package animation

import (
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"io"
	"path/filepath"
	"strings"
	"time"

	"ganlib/formats/apng"
)

// Format is how a moving picture is written.
type Format string

const (
	GIF  Format = "gif"  // 256 colours a frame
	APNG Format = "apng" // all colours, in larger files
)

// FormatOf returns the format that a file's name asks for: GIF for .gif, APNG for .png and .apng.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gif":
		return GIF, nil
	case ".png", ".apng":
		return APNG, nil
	}
	return "", fmt.Errorf("animation: %s: want a name that ends in .gif, .png or .apng", path)
}

// Options of a moving picture. The zero value is valid.
type Options struct {
	Delay time.Duration // how long a frame is shown; 0: 1/12 second. GIF counts hundredths of seconds, 2 at least
	Hold  time.Duration // how much longer the last one is
	Loops int           // how often all is shown; 0: for ever
}

const defaultDelay = time.Second / 12

// MaxPixels is how many pixels a moving picture has at most, in all frames: a GIF's are in memory at the
// same time, a byte each.
const MaxPixels = 1 << 30

// Write writes n frames, which frame returns one after the other. All have the size of the first; what is
// transparent becomes black. An error of frame ends the writing and is returned.
func Write(w io.Writer, f Format, n int, frame func(i int) (image.Image, error), o Options) error {
	if o.Delay == 0 {
		o.Delay = defaultDelay
	}
	if n < 1 || o.Delay < 0 || o.Hold < 0 || o.Loops < 0 {
		return fmt.Errorf("animation: %d frames of %v, the last %v longer, shown %d times: want at least one, and nothing below 0", n, o.Delay, o.Hold, o.Loops)
	}
	checked := func(i int) (image.Image, time.Duration, error) {
		img, err := frame(i)
		if err != nil {
			return nil, 0, err
		}
		if size := img.Bounds().Size(); size.X < 1 || size.Y < 1 || size.X > MaxPixels/size.Y/n {
			return nil, 0, fmt.Errorf("animation: %d frames of %d×%d pixels: want at least a pixel, and at most %d in all", n, size.X, size.Y, MaxPixels)
		}
		if i == n-1 {
			return img, o.Delay + o.Hold, nil
		}
		return img, o.Delay, nil
	}
	switch f {
	case GIF:
		return writeGIF(w, n, checked, o.Loops)
	case APNG:
		return writeAPNG(w, n, checked, o.Loops)
	}
	return fmt.Errorf("animation: format %q: want %s or %s", f, GIF, APNG)
}

func writeAPNG(w io.Writer, n int, frame func(int) (image.Image, time.Duration, error), loops int) error {
	e, err := apng.NewEncoder(w, n, apng.Options{Loops: loops})
	if err != nil {
		return err
	}
	for i := range n {
		img, delay, err := frame(i)
		if err != nil {
			return err
		}
		if err := e.Add(img, delay); err != nil {
			return err
		}
	}
	return e.Close()
}

func writeGIF(w io.Writer, n int, frame func(int) (image.Image, time.Duration, error), loops int) error {
	g := &gif.GIF{LoopCount: loops - 1} // image/gif counts how often it is shown again
	if loops == 0 {
		g.LoopCount = 0
	}
	if loops == 1 {
		g.LoopCount = -1
	}
	for i := range n {
		img, delay, err := frame(i)
		if err != nil {
			return err
		}
		opaque := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
		draw.Draw(opaque, opaque.Rect, image.Black, image.Point{}, draw.Src)
		draw.Draw(opaque, opaque.Rect, img, img.Bounds().Min, draw.Over)
		if i > 0 && opaque.Rect != g.Image[0].Rect {
			return fmt.Errorf("animation: frame %d: %v pixels: want %v, as the first", i, opaque.Rect.Size(), g.Image[0].Rect.Size())
		}
		g.Image = append(g.Image, quantise(opaque))
		// Programs take 0 and 1 hundredths for a mistake, and show such frames slowly.
		hundredths := (delay + 5*time.Millisecond) / (10 * time.Millisecond)
		g.Delay = append(g.Delay, int(min(max(hundredths, 2), 65_535)))
	}
	if err := gif.EncodeAll(w, g); err != nil {
		return fmt.Errorf("animation: %w", err)
	}
	return nil
}
