package datasets

import (
	"image"
	"image/color"
	"image/draw"
)

// opaque returns m as an *image.Gray or as an *image.RGBA without transparency, whose bounds start
// at (0,0). Colours are kept as they are stored, not multiplied by an alpha channel, and 16-bit
// channels keep their high byte. It may take over m's pixels.
func opaque(m image.Image) image.Image {
	b := m.Bounds()
	switch m := m.(type) {
	case *image.Gray:
		return m
	case *image.Gray16:
		g := image.NewGray(b)
		for i := range g.Pix {
			g.Pix[i] = m.Pix[2*i]
		}
		return g
	case *image.NRGBA:
		for i := 3; i < len(m.Pix); i += 4 {
			m.Pix[i] = 0xff
		}
		return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	case *image.NRGBA64:
		return high(m.Pix, b)
	case *image.RGBA64: // only decoded from images without an alpha channel
		return high(m.Pix, b)
	case *image.Paletted:
		var table [256][4]byte
		for i, c := range m.Palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			table[i] = [4]byte{n.R, n.G, n.B, 0xff}
		}
		rgb := image.NewRGBA(b)
		for i, p := range m.Pix {
			copy(rgb.Pix[4*i:], table[p][:])
		}
		return rgb
	}
	if ycc, ok := m.(*image.YCbCr); ok {
		m = interpolated(ycc)
	}
	rgb := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgb, rgb.Rect, m, b.Min, draw.Src) // YCbCr and CMYK, which have no alpha channel
	return rgb
}

// high makes an opaque image of the high bytes of RGBA pixels of 16 bits a channel.
func high(pix []byte, b image.Rectangle) *image.RGBA {
	m := image.NewRGBA(b)
	for i := 0; i < len(m.Pix); i += 4 {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = pix[2*i], pix[2*i+2], pix[2*i+4], 0xff
	}
	return m
}

// toChannels turns colour into grey if channels is 1. Grey stays grey either way: scale repeats it.
func toChannels(m image.Image, channels int) image.Image {
	rgb, ok := m.(*image.RGBA)
	if !ok || channels != 1 {
		return m
	}
	g := image.NewGray(rgb.Rect)
	for y := range rgb.Rect.Dy() {
		row := rgb.Pix[y*rgb.Stride:]
		for x := range rgb.Rect.Dx() {
			p := row[4*x : 4*x+3]
			g.Pix[y*g.Stride+x] = luma(p[0], p[1], p[2])
		}
	}
	return g
}

// luma is the grey value of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in Pillow's integers.
func luma(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}
