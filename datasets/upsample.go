package datasets

import "image"

// interpolated returns m with its colour planes brought to full resolution by a triangle filter, as
// libjpeg does by default (its "fancy upsampling") and therefore Pillow. Go's own conversion repeats
// each colour sample instead, which at 64×64 pixels shows along edges. Ratios other than 4:2:2, 4:4:0
// and 4:2:0, and planes of at most two columns, for which libjpeg has no such filter, are left alone.
func interpolated(m *image.YCbCr) *image.YCbCr {
	var across, down int
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		across, down = 2, 1
	case image.YCbCrSubsampleRatio440:
		across, down = 1, 2
	case image.YCbCrSubsampleRatio420:
		across, down = 2, 2
	default:
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	cw, ch := (w+across-1)/across, (h+down-1)/down
	if across == 2 && cw <= 2 {
		return m
	}
	full := &image.YCbCr{Y: m.Y, YStride: m.YStride, Rect: m.Rect, CStride: cw * across, SubsampleRatio: image.YCbCrSubsampleRatio444}
	full.Cb = upsample(m.Cb, m.CStride, cw, ch, across, down)
	full.Cr = upsample(m.Cr, m.CStride, cw, ch, across, down)
	return full
}

// upsample doubles a plane of w×h samples across, down or both ways. Each new sample lies a quarter
// of a sample's width from the nearest old one, so that has weight 3/4 and the next 1/4; at the
// border the old one alone counts. The rounding, which alternates, is libjpeg's.
func upsample(src []byte, stride, w, h, across, down int) []byte {
	dst := make([]byte, 0, w*across*h*down)
	sums := make([]int, w) // of two rows, in quarters; or of one row
	for y := range h * down {
		row, low, high, shift := src[y/down*stride:][:w], 1, 2, 2
		if down == 2 {
			next := min(max(y/2+2*(y%2)-1, 0), h-1)
			other := src[next*stride:][:w]
			for x := range sums {
				sums[x] = 3*int(row[x]) + int(other[x])
			}
			low, high, shift = 8, 7, 4
		} else {
			for x := range sums {
				sums[x] = int(row[x])
			}
		}
		if across == 1 {
			for _, s := range sums {
				dst = append(dst, byte((s+1+y%2)>>2))
			}
			continue
		}
		for x, s := range sums {
			left, right := sums[max(x-1, 0)], sums[min(x+1, w-1)]
			dst = append(dst, byte((3*s+left+low)>>shift), byte((3*s+right+high)>>shift))
		}
	}
	return dst
}
