package cli

import (
	"bufio"
	"fmt"
	"image"
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
	f, err := os.Open(path)
	if err != nil {
		return image.Point{}, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(bufio.NewReader(f))
	if err != nil {
		return image.Point{}, fmt.Errorf("%s: %w", path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > datasets.DefaultMaxPixels {
		return image.Point{}, fmt.Errorf("%s: %d×%d pixels: want at least one, at most %d on a side and %s in all", path, c.Width, c.Height, maxSide, words.Grouped(datasets.DefaultMaxPixels))
	}
	return image.Pt(c.Width, c.Height), nil
}

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
