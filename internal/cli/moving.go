package cli

import (
	"context"
	"fmt"
	"image"
	"io"
	"time"

	"github.com/spf13/pflag"

	"ganlib/internal/words"
	"ganlib/report"
	"ganlib/report/animation"
	"ganlib/runs"
)

// movie are the flags of commands that write pictures which move.
type movie struct {
	out  string
	fps  float64
	hold time.Duration
	size int
}

// maxFPS is what GIF's hundredths of seconds allow.
const maxFPS = 50

func (m *movie) register(f *pflag.FlagSet) {
	f.StringVar(&m.out, "out", m.out, "picture `FILE` to write: .gif, or .png or .apng for an animated PNG, in full colour; an old one is replaced")
	f.Float64Var(&m.fps, "fps", m.fps, "show `F` frames a second")
	f.DurationVar(&m.hold, "hold", m.hold, "show the last frame for `T` longer")
	f.IntVar(&m.size, "size", 0, "scale the picture to `PX` pixels wide")
}

// check refuses values that make no picture.
func (m *movie) check() error {
	if _, err := animation.FormatOf(m.out); err != nil {
		return usagef("--out %s: want a name that ends in .gif, .png or .apng", printable(m.out))
	}
	switch {
	case !(m.fps >= 0.1 && m.fps <= maxFPS):
		return usagef("--fps %v: want 0.1 to %d", m.fps, maxFPS)
	case m.hold < 0 || m.hold > time.Minute:
		return usagef("--hold %v: want 0s to 1m", m.hold)
	case m.size < 0 || m.size > maxSide:
		return usagef("--size %d: want a width of 1 to %d pixels", m.size, maxSide)
	}
	return nil
}

// bytes is the memory of n frames of so many pixels: one that is drawn and one that is written, and of a GIF a
// byte for each pixel.
func (m *movie) bytes(n int, pixels int64) int64 {
	if format, err := animation.FormatOf(m.out); err == nil && format == animation.GIF {
		return (8 + int64(n)) * pixels
	}
	return 8 * pixels
}

// write writes n frames, and tells what the picture is of.
func (a *app) write(ctx context.Context, m movie, n int, of string, frame func(i int) (image.Image, error)) error {
	format, err := animation.FormatOf(m.out)
	if err != nil {
		return err
	}
	var size image.Point
	scaled := func(i int) (image.Image, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		img, err := frame(i)
		if err == nil && m.size > 0 {
			img, err = report.Scale(img, m.size)
		}
		if err != nil {
			return nil, err
		}
		size = img.Bounds().Size()
		a.console.progress("frames", int64(i+1), int64(n), func() string { return fmt.Sprintf("frame %d/%d", i+1, n) })
		return img, nil
	}
	o := animation.Options{Delay: time.Duration(float64(time.Second) / m.fps), Hold: m.hold}
	err = runs.WriteFile(m.out, func(w io.Writer) error { return animation.Write(w, format, n, scaled, o) })
	a.console.end()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: %s of %d×%d pixels, %s\n", printable(m.out), words.Counted(n, "frame"), size.X, size.Y, of)
	return err
}
