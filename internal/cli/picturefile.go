package cli

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // pictures of these kinds
	_ "image/jpeg" // are read
	_ "image/png"
	"os"

	"ganlib/datasets"
	"ganlib/internal/words"
)

// readPicture reads a PNG, JPEG or GIF file, of a GIF the first frame. Its size is looked at before memory
// is taken.
func readPicture(path string) (image.Image, error) {
	if _, err := pictureSize(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return img, nil
}

// pictureSize reads the size of a picture, and refuses one that is too large to be read.
func pictureSize(path string) (image.Point, error) {
	c, err := pictureHeader(path)
	return image.Pt(c.Width, c.Height), err
}

// pictureHeader is pictureSize with the model of the picture's colours.
func pictureHeader(path string) (image.Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return image.Config{}, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(bufio.NewReader(f))
	if err != nil {
		return image.Config{}, fmt.Errorf("%s: %w", path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > datasets.DefaultMaxPixels {
		return image.Config{}, fmt.Errorf("%s: %d×%d pixels: want at least one, at most %d on a side and %s in all", path, c.Width, c.Height, maxSide, words.Grouped(datasets.DefaultMaxPixels))
	}
	return c, nil
}

// readingBytes is the memory of a picture while it is read: PNG pictures may be interlaced, and then are there
// twice, and progressive JPEG files have numbers of four bytes before they have pixels.
func readingBytes(c image.Config) int64 {
	each := int64(8) // a colour is four bytes
	switch c.ColorModel {
	case color.YCbCrModel, color.NYCbCrAModel, color.RGBA64Model, color.NRGBA64Model:
		each = 16
	case color.CMYKModel:
		each = 32
	}
	return each * int64(c.Width) * int64(c.Height)
}

// scalingBytes is the memory of the sums while a picture of the given height is made so wide: a number of eight
// bytes for each of four channels.
func scalingBytes(width, height int) int64 { return 4 * 8 * int64(width) * int64(height) }

// spread returns at most n of a list, evenly spread, the first and the last among them.
func spread[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	if n == 1 {
		return list[len(list)-1:]
	}
	out := make([]T, n)
	for i := range out {
		out[i] = list[int(int64(i)*int64(len(list)-1)/int64(n-1))]
	}
	return out
}
