package simd

import (
	"math"
	"unsafe"
)

// Tanh computes y = tanh x, to three units in the last place of float32 in assembly. The sign of zero,
// infinities and NaN come out as in package math. y is as long as x and may be x.
func (i ISA) Tanh(y, x []float32) {
	y = y[:len(x)]
	switch i {
	case AVX512:
		tanhAVX512(len(x), unsafe.SliceData(y), unsafe.SliceData(x))
	case AVX2:
		tanhAVX2(len(x), unsafe.SliceData(y), unsafe.SliceData(x))
	default:
		for j, v := range x {
			y[j] = float32(math.Tanh(float64(v)))
		}
	}
}

// TanhSlope computes dst = (1−y²)·v. All are as long as y; dst may be y or v.
func (i ISA) TanhSlope(dst, y, v []float32) {
	dst, v = dst[:len(y)], v[:len(y)]
	switch i {
	case AVX512:
		tanhSlopeAVX512(len(y), unsafe.SliceData(dst), unsafe.SliceData(y), unsafe.SliceData(v))
	case AVX2:
		tanhSlopeAVX2(len(y), unsafe.SliceData(dst), unsafe.SliceData(y), unsafe.SliceData(v))
	default:
		for j, t := range y {
			dst[j] = (1 - float32(t*t)) * v[j]
		}
	}
}

// TanhSecond computes
//
//	xbar = −2y(1−y²)·xdot·delta + (1−y²)·ybar
//
// without the last term if ybar is nil. All are as long as y; xbar may be any of them.
func (i ISA) TanhSecond(xbar, y, ybar, xdot, delta []float32) {
	xbar, ybar, xdot, delta = secondOperands(len(y), xbar, ybar, xdot, delta)
	switch i {
	case AVX512:
		tanhSecondAVX512(len(y), unsafe.SliceData(xbar), unsafe.SliceData(y), unsafe.SliceData(ybar), unsafe.SliceData(xdot), unsafe.SliceData(delta))
	case AVX2:
		tanhSecondAVX2(len(y), unsafe.SliceData(xbar), unsafe.SliceData(y), unsafe.SliceData(ybar), unsafe.SliceData(xdot), unsafe.SliceData(delta))
	default:
		for j, t := range y {
			first := 1 - float32(t*t)
			second := float32(-2 * t * first * xdot[j] * delta[j])
			if ybar != nil {
				second += float32(first * ybar[j])
			}
			xbar[j] = second
		}
	}
}

// Sigmoid computes y = 1/(1+exp(−x)), to three units in the last place of float32 in assembly. y is as
// long as x and may be x.
func (i ISA) Sigmoid(y, x []float32) {
	y = y[:len(x)]
	switch i {
	case AVX512:
		sigmoidAVX512(len(x), unsafe.SliceData(y), unsafe.SliceData(x))
	case AVX2:
		sigmoidAVX2(len(x), unsafe.SliceData(y), unsafe.SliceData(x))
	default:
		for j, v := range x {
			y[j] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	}
}

// SigmoidSlope computes dst = y(1−y)·v. All are as long as y; dst may be y or v.
func (i ISA) SigmoidSlope(dst, y, v []float32) {
	dst, v = dst[:len(y)], v[:len(y)]
	switch i {
	case AVX512:
		sigmoidSlopeAVX512(len(y), unsafe.SliceData(dst), unsafe.SliceData(y), unsafe.SliceData(v))
	case AVX2:
		sigmoidSlopeAVX2(len(y), unsafe.SliceData(dst), unsafe.SliceData(y), unsafe.SliceData(v))
	default:
		for j, t := range y {
			dst[j] = t * (1 - t) * v[j]
		}
	}
}

// SigmoidSecond computes
//
//	xbar = y(1−y)(1−2y)·xdot·delta + y(1−y)·ybar
//
// without the last term if ybar is nil. All are as long as y; xbar may be any of them.
func (i ISA) SigmoidSecond(xbar, y, ybar, xdot, delta []float32) {
	xbar, ybar, xdot, delta = secondOperands(len(y), xbar, ybar, xdot, delta)
	switch i {
	case AVX512:
		sigmoidSecondAVX512(len(y), unsafe.SliceData(xbar), unsafe.SliceData(y), unsafe.SliceData(ybar), unsafe.SliceData(xdot), unsafe.SliceData(delta))
	case AVX2:
		sigmoidSecondAVX2(len(y), unsafe.SliceData(xbar), unsafe.SliceData(y), unsafe.SliceData(ybar), unsafe.SliceData(xdot), unsafe.SliceData(delta))
	default:
		for j, t := range y {
			first := t * (1 - t)
			second := float32(first * (1 - float32(2*t)) * xdot[j] * delta[j])
			if ybar != nil {
				second += float32(first * ybar[j])
			}
			xbar[j] = second
		}
	}
}

// secondOperands checks that the operands of a second derivative have n elements, ybar only if it is
// there.
func secondOperands(n int, xbar, ybar, xdot, delta []float32) (x, v, d, a []float32) {
	if ybar != nil {
		ybar = ybar[:n]
	}
	return xbar[:n], ybar, xdot[:n], delta[:n]
}
