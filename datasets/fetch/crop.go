package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
)

const (
	cropMargin  = 1.12     // side of the square over the longer side of the head box
	cropQuality = 95       // JPEG quality of the crops
	maxImage    = 16 << 20 // bytes of an image file in the archive
	maxPixels   = 64 << 20 // pixels of a decoded image
)

// headSquare returns the square around the visible part of a head: its side is cropMargin times the
// longer side of the box, at most the shorter side of the image, and it is moved to lie inside.
func headSquare(box, bounds image.Rectangle) (image.Rectangle, error) {
	seen := box.Intersect(bounds)
	if seen.Empty() {
		return image.Rectangle{}, fmt.Errorf("head box %v lies outside of the image %v", box, bounds)
	}
	side := int(math.Round(cropMargin * float64(max(seen.Dx(), seen.Dy()))))
	side = min(side, bounds.Dx(), bounds.Dy())
	place := func(center2, low, high int) int { // center2 is twice the centre, to keep halves
		return min(max((center2-side)/2, low), high-side)
	}
	x := place(seen.Min.X+seen.Max.X, bounds.Min.X, bounds.Max.X)
	y := place(seen.Min.Y+seen.Max.Y, bounds.Min.Y, bounds.Max.Y)
	return image.Rect(x, y, x+side, y+side), nil
}

// cropHead decodes a photograph and returns the square around the head as a JPEG file.
func cropHead(photo []byte, box image.Rectangle) ([]byte, error) {
	img, err := decode(photo)
	if err != nil {
		return nil, err
	}
	square, err := headSquare(box, img.Bounds())
	if err != nil {
		return nil, err
	}
	crop := image.NewRGBA(image.Rect(0, 0, square.Dx(), square.Dy()))
	draw.Draw(crop, crop.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(crop, crop.Bounds(), img, square.Min, draw.Over)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, crop, &jpeg.Options{Quality: cropQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decode reads a photograph. The data set holds GIF and PNG files that are named .jpg, so the content
// decides. The formats are asked by name: what else a program has registered with package image must
// not change the result.
func decode(photo []byte) (image.Image, error) {
	formats := []struct {
		magic  string
		config func(*bytes.Reader) (image.Config, error)
		decode func(*bytes.Reader) (image.Image, error)
	}{
		{"\xff\xd8",
			func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }},
		{"\x89PNG",
			func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }},
		{"GIF8",
			func(r *bytes.Reader) (image.Config, error) { return gif.DecodeConfig(r) },
			func(r *bytes.Reader) (image.Image, error) { return gif.Decode(r) }},
	}
	for _, f := range formats {
		if !bytes.HasPrefix(photo, []byte(f.magic)) {
			continue
		}
		config, err := f.config(bytes.NewReader(photo))
		if err != nil {
			return nil, err
		}
		if int64(config.Width)*int64(config.Height) > maxPixels {
			return nil, fmt.Errorf("image of %dx%d pixels, limit is %d pixels", config.Width, config.Height, maxPixels)
		}
		return f.decode(bytes.NewReader(photo))
	}
	return nil, errors.New("neither JPEG, PNG nor GIF")
}

// writeFile writes data to path by way of a temporary file, so that path is never half an image.
func writeFile(path string, data []byte) error {
	part := path + ".part"
	err := os.WriteFile(part, data, 0o644)
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		os.Remove(part)
		return onDisk(path, int64(len(data)), err)
	}
	return nil
}
