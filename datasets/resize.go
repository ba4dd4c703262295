package datasets

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// scale writes src, an *image.Gray or an opaque *image.RGBA, to dst as size×size pixels of the
// given channels: 1 for grey alone, 3 for either. Grey is repeated in all three.
//
// draw.BiLinear is the filter of Pillow's BILINEAR: a triangle of one pixel on each side, widened
// by the reduction. Its result is rounded here from 16 bits, because its own 8-bit output is cut
// off. That leaves it within 1/2 of the exact value; Pillow, which rounds after each of its two
// passes, is within 1 of that, so the two never differ by more than 1.
func scale(dst []byte, src image.Image, size, channels int) {
	if src.Bounds().Dx() != size || src.Bounds().Dy() != size {
		wide := image.NewRGBA64(image.Rect(0, 0, size, size))
		draw.BiLinear.Scale(wide, wide.Rect, src, src.Bounds(), draw.Src, nil)
		for i := range size * size {
			p := wide.Pix[8*i : 8*i+6]
			for c := range channels {
				v := uint32(p[2*c])<<8 | uint32(p[2*c+1])
				dst[channels*i+c] = byte((v + 128) / 257)
			}
		}
		return
	}
	for y := range size {
		row := dst[y*size*channels:][:size*channels]
		switch m := src.(type) {
		case *image.Gray:
			copyGray(row, m.Pix[y*m.Stride:][:size], channels)
		case *image.RGBA:
			copyRGB(row, m.Pix[y*m.Stride:][:4*size])
		}
	}
}

func copyGray(dst, src []byte, channels int) {
	for x, v := range src {
		for c := range channels {
			dst[x*channels+c] = v
		}
	}
}

func copyRGB(dst, src []byte) {
	for x := range len(src) / 4 {
		copy(dst[3*x:3*x+3], src[4*x:4*x+3])
	}
}

// Resized returns src with every image cropped, converted to o's channels and resized to o's size, by
// the rules that Options states; src itself if it is so already. If o leaves out images of their size
// the error is [ErrImageSize].
func Resized(src Images, o Options) (Images, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("datasets: resize %s: %w", src.Name(), err)
	}
	h, w, c := src.Size()
	switch {
	case h == o.Size && w == o.Size && c == o.Channels && o.Crop == (Crop{}) && w >= o.MinSide && (o.MaxSide == 0 || w <= o.MaxSide):
		return src, nil
	case h < 1 || h > MaxSide || w < 1 || w > MaxSide || c != 1 && c != 3:
		return nil, fmt.Errorf("datasets: resize %s: images of %d×%d×%d: want sides of 1 to %d and 1 or 3 channels", src.Name(), h, w, c, MaxSide)
	}
	part, err := o.chosen(w, h)
	if err != nil {
		return nil, fmt.Errorf("datasets: resize %s: %w", src.Name(), err)
	}
	return &resized{src, o, part}, nil
}

// resized is a view of another source.
type resized struct {
	Images
	o    Options
	part image.Rectangle // of each image
}

func (r *resized) Size() (h, w, c int) { return r.o.Size, r.o.Size, r.o.Channels }
func (r *resized) Source(i int) string { return Source(r.Images, i) }

func (r *resized) Read(i int, dst []byte) error {
	if err := checkRead(r, i, dst); err != nil {
		return err
	}
	h, w, c := r.Images.Size()
	pix := make([]byte, h*w*c)
	if err := r.Images.Read(i, pix); err != nil {
		return err
	}
	scale(dst, toChannels(cut(pixels(pix, h, w, c), r.part), r.o.Channels), r.o.Size, r.o.Channels)
	return nil
}

// pixels makes an image of h*w*c bytes.
func pixels(pix []byte, h, w, c int) image.Image {
	if c == 1 {
		return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		copy(m.Pix[4*i:], pix[3*i:3*i+3])
		m.Pix[4*i+3] = 0xff
	}
	return m
}
