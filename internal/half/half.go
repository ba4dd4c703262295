// Package half converts two 16-bit floating-point types to and from float32:
//
//	float16    1 sign bit, 5 exponent bits with bias 15, 10 fraction bits (IEEE 754 binary16)
//	bfloat16   the upper half of a float32
package half

import "math"

// Float32 widens a float16; every value is exact, a NaN keeps its fraction.
func Float32(h uint16) float32 {
	sign, exponent, fraction := uint32(h)>>15<<31, uint32(h)>>10&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormals: fraction times 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*(1.0/(1<<24))))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// FromFloat32 rounds to the nearest float16, ties to even; what is 65,520 or more becomes infinity.
func FromFloat32(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 31 << 15)
	magnitude := b &^ (1 << 31)
	switch {
	case magnitude > 0xff<<23: // NaN, which stays one whatever is left of its fraction
		return sign | 0x7e00 | uint16(magnitude>>13&0x3ff)
	case magnitude >= (127+16)<<23: // 2^16
		return sign | 0x7c00
	case magnitude < (127-14)<<23: // below the smallest normal number, 2^-14
		steps := math.RoundToEven(math.Abs(float64(f)) * (1 << 24))
		return sign | uint16(steps)
	}
	// The exponent's bias changes from 127 to 15, and 13 bits of the fraction go; rounding may carry
	// into the exponent, up to infinity, as it should.
	h := magnitude - (127-15)<<23
	h += 0xfff + h>>13&1
	return sign | uint16(h>>13)
}

// BFloat32 widens a bfloat16.
func BFloat32(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// BFromFloat32 rounds to the nearest bfloat16, ties to even; what is too large becomes infinity, and a NaN stays one.
func BFromFloat32(f float32) uint16 {
	b := math.Float32bits(f)
	if f != f {
		return uint16(b>>16) | 1<<6
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
