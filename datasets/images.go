package datasets

import (
	"errors"
	"fmt"
)

// ErrNoImages reports a source without a single image, or without one that decodes.
var ErrNoImages = errors.New("no images")

// Images is a finite collection of 8-bit images of one size, channels last. Its methods may be
// called by several goroutines.
type Images interface {
	// Name is short and for people: "CatFaces".
	Name() string
	// Len returns the number of images, which never changes.
	Len() int
	// Size returns height, width and channels (1 grey, 3 RGB) of every image.
	Size() (h, w, c int)
	// Read writes image i, 0 <= i < Len, to dst, which has h*w*c bytes, in the order (H,W,C). An
	// image that cannot be read is an error; the others are not affected.
	Read(i int, dst []byte) error
}

// Sourcer is an optional part of an Images: it tells where image i comes from, a file's name say,
// for messages.
type Sourcer interface {
	Source(i int) string
}

// Source returns where image i of src comes from: what its Source method says, if it has one, or
// "image 7".
func Source(src Images, i int) string {
	if s, ok := src.(Sourcer); ok {
		if name := s.Source(i); name != "" {
			return name
		}
	}
	return fmt.Sprintf("image %d", i)
}

// Limits of the readers.
const (
	MaxSize          = 1024       // largest Options.Size, in pixels
	MaxSide          = 16_384     // largest width or height of an encoded image, in pixels
	DefaultMaxPixels = 64_000_000 // Options.MaxPixels when that is 0
	DefaultMaxBytes  = 8 << 30    // Options.MaxBytes and LoadOptions.MaxBytes when those are 0
	maxEncoded       = 256 << 20  // largest encoded image, in bytes
)

// Options say what becomes of encoded images.
//
// Each is decoded by its content (JPEG, PNG, or a GIF's first frame; the file's extension only says
// that it is to be looked at), converted to grey or RGB, and resized to Size×Size without keeping
// its aspect, all as Pillow's convert and resize do:
//
//   - an alpha channel is dropped, colours staying as they are stored; 16-bit channels keep their
//     high byte;
//   - grey is (19595 R + 38470 G + 7471 B + 2^15) / 2^16, the luma of ITU-R BT.601;
//   - resizing is bilinear, the triangle filter being widened when an image shrinks; no value
//     differs from Pillow's by more than 1.
//
// JPEG files are decoded by image/jpeg, with subsampled colour interpolated as libjpeg does. Another
// decoder rounds in other places: in 8,303 photographs of 64×64 (4:2:0) the mean difference from
// Pillow was 0.23 and the largest 4. 16-bit grey PNG is the one exception to all this: Pillow turns
// every value above 255 into white.
type Options struct {
	Size      int   // height and width of the images that are read, 1 to MaxSize
	Channels  int   // 1 grey, 3 RGB
	MaxPixels int64 // refuse an image whose header claims more, before decoding; 0: DefaultMaxPixels
	MaxBytes  int64 // most memory for a tar archive's encoded images; 0: DefaultMaxBytes

	// What is used of which images. An image that is left out is an error of Read, [ErrImageSize].
	Crop             Crop // the part that is cut out before resizing
	MinSide, MaxSide int  // leave out images with a shorter or a longer side, in pixels before the crop; 0: none
}

// Validate reports the first field that is out of range.
func (o Options) Validate() error {
	switch {
	case o.Size < 1 || o.Size > MaxSize:
		return fmt.Errorf("size %d: want 1 to %d", o.Size, MaxSize)
	case o.Channels != 1 && o.Channels != 3:
		return fmt.Errorf("channels %d: want 1 (grey) or 3 (RGB)", o.Channels)
	case o.MaxPixels < 0:
		return fmt.Errorf("max pixels %d: want 0 or more", o.MaxPixels)
	case o.MaxBytes < 0:
		return fmt.Errorf("max bytes %d: want 0 or more", o.MaxBytes)
	case o.MinSide < 0 || o.MaxSide < 0 || o.MaxSide > 0 && o.MaxSide < o.MinSide:
		return fmt.Errorf("sides of %d to %d: want 0 or more, the smaller first", o.MinSide, o.MaxSide)
	}
	return o.Crop.check()
}

// withDefaults replaces limits of 0.
func (o Options) withDefaults() Options {
	if o.MaxPixels == 0 {
		o.MaxPixels = DefaultMaxPixels
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

// checkRead checks the arguments of a Read.
func checkRead(src Images, i int, dst []byte) error {
	h, w, c := src.Size()
	switch {
	case i < 0 || i >= src.Len():
		return fmt.Errorf("datasets: read %s: image %d: want 0 to %d", src.Name(), i, src.Len()-1)
	case len(dst) != h*w*c:
		return fmt.Errorf("datasets: read %s: dst has %d bytes: want %d, an image of %d×%d×%d", src.Name(), len(dst), h*w*c, h, w, c)
	}
	return nil
}
