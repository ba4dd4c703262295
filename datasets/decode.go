package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"
	"sync"
)

// format is a way in which an image is encoded.
type format struct {
	name   string
	magic  []string // the bytes with which a file may start
	config func(data []byte) (image.Config, error)
	decode func(data []byte, c image.Config) (image.Image, error)
}

// formats lists what is read. The image package's registry is not used: what a program registers
// there would change what a folder holds.
var formats = []format{
	{"jpeg", []string{"\xff\xd8"},
		func(data []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte, _ image.Config) (image.Image, error) { return jpeg.Decode(bytes.NewReader(data)) }},
	{"png", []string{"\x89PNG\r\n\x1a\n"},
		func(data []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte, _ image.Config) (image.Image, error) { return png.Decode(bytes.NewReader(data)) }},
	{"gif", []string{"GIF87a", "GIF89a"},
		func(data []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(data)) },
		firstFrame},
}

// candidate reports whether the extension of a slash path is that of an image.
func candidate(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif":
		return true
	}
	return false
}

// Images of at least this part of Options.MaxPixels are decoded one at a time in the whole program, so that
// many workers do not multiply the memory that the largest image takes.
const largePart = 8

var largeTurn sync.Mutex

// Memory that an image takes at most for each pixel that Options.MaxPixels allows.
const (
	encodedBytes = 8  // of its file: 16 bits for each of four channels
	readingBytes = 20 // while that is read into memory which grows
)

// DecodeBytes is the memory that an image takes at most while it is decoded, for each pixel that Options.MaxPixels
// allows; progressive JPEG files of four colours need most.
const DecodeBytes = 32

// maxEncoded returns how many bytes an encoded image has at most.
func (o Options) maxEncoded() int64 {
	const least = 64 << 10 // for what stands beside pixels
	return min(encodedBytes*o.MaxPixels+least, maxEncoded)
}

// MaxPixelsWithin returns the Options.MaxPixels with which images that so many workers read at a time take at
// most the given memory in bytes. It is at least 1 and at most [DefaultMaxPixels].
func MaxPixelsWithin(bytes int64, workers int) int64 {
	each := DecodeBytes + int64(workers)*(readingBytes+DecodeBytes/largePart)
	return max(min(bytes/each, DefaultMaxPixels), 1)
}

// decode writes an encoded image to dst as o.Size×o.Size pixels of o.Channels. Headers are checked
// before memory is taken.
func decode(dst, data []byte, o Options) error {
	f, err := sniff(data)
	if err != nil {
		return err
	}
	c, err := f.config(data)
	if err != nil {
		return tidy(err)
	}
	switch {
	case c.Width < 1 || c.Height < 1:
		return fmt.Errorf("the header says %d×%d pixels", c.Width, c.Height)
	case c.Width > MaxSide || c.Height > MaxSide:
		return fmt.Errorf("the header says %d×%d pixels: want sides of at most %d", c.Width, c.Height, MaxSide)
	case int64(c.Width)*int64(c.Height) > o.MaxPixels:
		return fmt.Errorf("the header says %d×%d, %d pixels: the limit is %d", c.Width, c.Height, c.Width*c.Height, o.MaxPixels)
	case o.counted(c) > o.MaxPixels:
		return fmt.Errorf("the header says %d×%d pixels, which take the memory of %d while they are resized: the limit is %d", c.Width, c.Height, o.counted(c), o.MaxPixels)
	}
	part, err := o.chosen(c.Width, c.Height)
	if err != nil {
		return err
	}
	if o.counted(c) >= o.MaxPixels/largePart {
		largeTurn.Lock()
		defer largeTurn.Unlock()
	}
	m, err := f.decode(data, c)
	if err != nil {
		return tidy(err)
	}
	scale(dst, toChannels(cut(opaque(m), part), o.Channels), o.Size, o.Channels)
	return nil
}

// counted returns how many pixels an image takes the memory of: its own, or what they are once they are decoded and
// the sums of resizing, four numbers of eight bytes for each new column of each old row. Tall images need those most.
func (o Options) counted(c image.Config) int64 {
	const decoded = 12 // bytes of a pixel, in the file's colours and in ours
	pixels, sums := int64(c.Width)*int64(c.Height), int64(o.Size)*int64(c.Height)
	return max(pixels, (decoded*pixels+4*8*sums)/DecodeBytes)
}

// sniff finds the format of an encoded image by its first bytes.
func sniff(data []byte) (format, error) {
	if len(data) == 0 {
		return format{}, errors.New("the file is empty")
	}
	for _, f := range formats {
		for _, m := range f.magic {
			if bytes.HasPrefix(data, []byte(m)) {
				return f, nil
			}
		}
	}
	return format{}, fmt.Errorf("neither JPEG, PNG nor GIF: it starts with %q", data[:min(8, len(data))])
}

// tidy says in words what decoders report as a bare end of file.
func tidy(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is cut off: %w", err)
	}
	return err
}

// firstFrame decodes a GIF's first frame onto its canvas, of the size in c. What the frame leaves
// bare takes the colour of the transparent index, or of index 0 where there is none, as in Pillow.
// Transparent pixels show the colour that the global table has for them; a local table's is not
// known to image/gif, so they are black.
func firstFrame(data []byte, c image.Config) (image.Image, error) {
	m, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	frame, ok := m.(*image.Paletted)
	if !ok {
		return nil, fmt.Errorf("gif: the frame is a %T", m)
	}
	bare := uint8(0)
	for i, col := range frame.Palette {
		if _, _, _, a := col.RGBA(); a == 0 {
			frame.Palette[i] = color.RGBA{A: 0xff}
			if global, ok := c.ColorModel.(color.Palette); ok && i < len(global) && samePalette(frame.Palette, global, i) {
				frame.Palette[i] = global[i]
			}
			bare = uint8(i)
		}
	}
	canvas := image.NewPaletted(image.Rect(0, 0, c.Width, c.Height), frame.Palette)
	if bare != 0 {
		for i := range canvas.Pix {
			canvas.Pix[i] = bare
		}
	}
	r := frame.Rect
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(canvas.Pix[canvas.PixOffset(r.Min.X, y):], frame.Pix[frame.PixOffset(r.Min.X, y):][:r.Dx()])
	}
	return canvas, nil
}

// samePalette reports whether a and b agree in all places but one.
func samePalette(a, b color.Palette, except int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if i != except && a[i] != b[i] {
			return false
		}
	}
	return true
}
