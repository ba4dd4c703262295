package kernels

import "ganlib/internal/simd"

// gatherImagesFast computes bytes' values instead of looking them up.
type gatherImagesFast struct {
	gatherImages[float32]
	lo, step float64
	isa      simd.ISA
}

// follows reports whether lo + step·b, rounded to float32, gives the table's values, as it does unless
// a rounding in float64 decides one in float32.
func (k *gatherImages[T]) follows(lo, step float64) bool {
	for b, v := range k.value {
		if float32(v) != simd.ScaledByte(byte(b), lo, step, float32(k.value[255])) {
			return false
		}
	}
	return true
}

func (k *gatherImagesFast) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		dst, src, flip := k.image(i)
		if !flip {
			k.isa.ScaleBytes(dst, src, k.lo, k.step, k.value[255])
			continue
		}
		for y := 0; y < k.size; y += k.line {
			k.mirror(dst[y:y+k.line], src[y:y+k.line])
		}
	}
}

// mirror converts one line of an image, last pixel first, in pieces that fit into a buffer.
func (k *gatherImagesFast) mirror(dst []float32, src []byte) {
	var buffer [1024]byte
	piece := len(buffer) / k.channels * k.channels
	if piece == 0 { // more channels than an image has
		k.gatherImages.mirror(dst, src)
		return
	}
	for len(dst) > 0 {
		mirrored := buffer[:min(piece, len(dst))]
		reversePixels(mirrored, src[len(src)-len(mirrored):], k.channels)
		k.isa.ScaleBytes(dst[:len(mirrored)], mirrored, k.lo, k.step, k.value[255])
		dst, src = dst[len(mirrored):], src[:len(src)-len(mirrored)]
	}
}

// reversePixels copies pixels, last one first.
func reversePixels(dst, src []byte, channels int) {
	if channels == 3 {
		for at := len(src) - 3; at >= 0; at -= 3 {
			pixel := src[at : at+3 : at+3]
			dst[0], dst[1], dst[2] = pixel[0], pixel[1], pixel[2]
			dst = dst[3:]
		}
		return
	}
	for at := len(src) - channels; at >= 0; at -= channels {
		dst = dst[copy(dst, src[at:at+channels]):]
	}
}
