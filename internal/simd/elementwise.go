package simd

import "unsafe"

// Scale computes dst = a·x. Both are as long as x; dst may be x.
func (i ISA) Scale(dst, x []float32, a float32) {
	dst = dst[:len(x)]
	switch i {
	case AVX512:
		scaleAVX512(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), a)
	case AVX2:
		scaleAVX2(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), a)
	default:
		for j, v := range x {
			dst[j] = a * v
		}
	}
}

// Clip limits every element of x to [lo,hi]: x = min(max(x, lo), hi). NaN stays NaN.
func (i ISA) Clip(x []float32, lo, hi float32) {
	switch i {
	case AVX512:
		clipAVX512(len(x), unsafe.SliceData(x), lo, hi)
	case AVX2:
		clipAVX2(len(x), unsafe.SliceData(x), lo, hi)
	default:
		for j, v := range x {
			x[j] = min(max(v, lo), hi)
		}
	}
}

// Interpolate computes dst = a·x + b·y, each product and the sum rounded to float32: nothing is fused,
// so that a = 1 and b = 0 give a finite x exactly. All are as long as x; dst may be x or y.
func (i ISA) Interpolate(dst, x, y []float32, a, b float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	switch i {
	case AVX512:
		interpolateAVX512(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y), a, b)
	case AVX2:
		interpolateAVX2(len(x), unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y), a, b)
	default:
		for j, v := range x {
			dst[j] = float32(a*v) + float32(b*y[j]) // a conversion keeps compilers from fusing
		}
	}
}
