package simd

import "unsafe"

// Direction computes dst = (x/norm)·scale in float64 and rounds it to float32 once. dst is as long as x
// and may be x.
func (i ISA) Direction(dst, x []float32, norm, scale float64) {
	dst = dst[:len(x)]
	switch i {
	case AVX512:
		directionAVX512(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), norm, scale)
	case AVX2:
		directionAVX2(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), norm, scale)
	default:
		for j, v := range x {
			dst[j] = float32(float64(v) / norm * scale)
		}
	}
}

// ScaleBytes turns bytes into numbers, in float64 and rounded to float32 once:
//
//	dst[j] = lo + step·src[j]        top where src[j] is 255
//
// dst is as long as src.
func (i ISA) ScaleBytes(dst []float32, src []byte, lo, step float64, top float32) {
	dst = dst[:len(src)]
	done := 0
	if vectors := len(src) / i.Lanes(); i != Go && vectors > 0 {
		done = vectors * i.Lanes()
		if i == AVX512 {
			scaleBytesAVX512(vectors, &dst[0], &src[0], lo, step, top)
		} else {
			scaleBytesAVX2(vectors, &dst[0], &src[0], lo, step, top)
		}
	}
	for j, b := range src[done:] {
		dst[done+j] = ScaledByte(b, lo, step, top)
	}
}

// ScaledByte is ScaleBytes of one byte.
func ScaledByte(b byte, lo, step float64, top float32) float32 {
	if b == 255 {
		return top
	}
	return float32(lo + float64(step*float64(b)))
}
