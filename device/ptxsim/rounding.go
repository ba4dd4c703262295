package ptxsim

import (
	"math"
	"math/bits"
)

// rounding is how a result that does not fit is rounded.
type rounding uint8

const (
	nearestEven rounding = iota
	towardZero
	downward
	upward
	nearestAway // ties away from zero
)

var roundings = map[string]rounding{
	"rn": nearestEven, "rz": towardZero, "rm": downward, "rp": upward, "rna": nearestAway,
	"rni": nearestEven, "rzi": towardZero, "rmi": downward, "rpi": upward,
}

// format is a binary float format with at most 52 bits of fraction.
type format struct{ exponent, fraction int }

var (
	half   = format{5, 10}
	bfloat = format{8, 7}
	single = format{8, 23}
	double = format{11, 52}
)

func (f format) bias() int { return 1<<(f.exponent-1) - 1 }

// pack rounds x to the format and returns its bits. NaN becomes the canonical one, all bits set but the
// sign.
func (f format) pack(x float64, mode rounding) uint32 {
	sign := uint32(math.Float64bits(x)>>63) << (f.exponent + f.fraction)
	infinity := uint32(1<<f.exponent-1) << f.fraction
	switch {
	case x != x:
		return infinity | (1<<f.fraction - 1)
	case math.IsInf(x, 0):
		return sign | infinity
	case x == 0:
		return sign
	}
	fraction, exponent := math.Frexp(math.Abs(x)) // in [0.5, 1)
	m := uint64(fraction * (1 << 53))             // exact, 53 bits
	e := exponent - 1 + f.bias()                  // as it is stored, if at least 1
	drop := 52 - f.fraction
	if e < 1 {
		drop += 1 - e
		e = 0
	}
	v := roundedShift(m, drop, mode, sign != 0)
	if e > 0 {
		v += uint64(e-1) << f.fraction // the leading bit adds the last 1
	}
	if v >= uint64(infinity) {
		if mode == towardZero || mode == downward && sign == 0 || mode == upward && sign != 0 {
			return sign | infinity - 1
		}
		return sign | infinity
	}
	return sign | uint32(v)
}

// roundedShift is m shifted right by n, rounded.
func roundedShift(m uint64, n int, mode rounding, negative bool) uint64 {
	if n <= 0 {
		return m << -n
	}
	var v, rest, tie uint64
	if n < 64 {
		v, rest, tie = m>>n, m&(1<<n-1), 1<<(n-1)
	} else {
		rest, tie = bit64(m != 0), 2 // less than half
	}
	up := false
	switch mode {
	case nearestEven:
		up = rest > tie || rest == tie && v&1 != 0
	case nearestAway:
		up = rest >= tie
	case downward:
		up = negative && rest != 0
	case upward:
		up = !negative && rest != 0
	}
	return v + bit64(up)
}

func bit64(b bool) uint64 { return uint64(bit(b)) }

// unpack returns the value of bits of the format.
func (f format) unpack(b uint32) float64 {
	fraction := b & (1<<f.fraction - 1)
	e := int(b>>f.fraction) & (1<<f.exponent - 1)
	v := 0.0
	switch e {
	case 1<<f.exponent - 1:
		v = math.Inf(1)
		if fraction != 0 {
			return math.NaN()
		}
	case 0:
		v = math.Ldexp(float64(fraction), 1-f.bias()-f.fraction)
	default:
		v = math.Ldexp(float64(fraction|1<<f.fraction), e-f.bias()-f.fraction)
	}
	if b>>(f.exponent+f.fraction)&1 != 0 {
		return math.Copysign(v, -1)
	}
	return v
}

// Sums and products that float64 cannot hold are rounded to odd: if something is lost, the last bit is
// set. Rounded once more, to a format with at least two bits less, the result is as if rounded once
// (Boldo and Melquiond 2008, "Emulation of FMA and correctly rounded sums").

// oddSum is x + y rounded to odd.
func oddSum(x, y float64) float64 {
	s := x + y
	z := s - x
	lost := (x - (s - z)) + (y - z) // Knuth's TwoSum: s + lost is the sum
	return toOdd(s, lost)
}

// toOdd is s + lost, where s is the sum rounded to nearest, rounded to odd.
func toOdd(s, lost float64) float64 {
	b := math.Float64bits(s)
	if lost == 0 || lost != lost || b&1 != 0 || math.IsInf(s, 0) || s == 0 {
		return s
	}
	if lost > 0 == (s > 0) {
		return math.Float64frombits(b + 1)
	}
	return math.Float64frombits(b - 1)
}

// oddQuotient is x / y rounded to odd.
func oddQuotient(x, y float64) float64 {
	q := x / y
	if q == 0 || math.IsInf(q, 0) || q != q {
		return q
	}
	rest := math.FMA(-q, y, x)
	if y < 0 {
		rest = -rest
	}
	return toOdd(q, rest)
}

// oddRoot is the square root of x rounded to odd.
func oddRoot(x float64) float64 {
	r := math.Sqrt(x)
	if r == 0 || math.IsInf(r, 0) || r != r {
		return r
	}
	return toOdd(r, math.FMA(-r, r, x))
}

// roundIntegral rounds to an integer.
func roundIntegral(x float64, mode rounding) float64 {
	switch mode {
	case towardZero:
		return math.Trunc(x)
	case downward:
		return math.Floor(x)
	case upward:
		return math.Ceil(x)
	}
	return math.RoundToEven(x)
}

// fromInteger rounds an integer to a float64, or to a float32 in one.
func fromInteger(v uint64, signed bool, f format, mode rounding) float64 {
	negative := signed && int64(v) < 0
	if negative {
		v = -v
	}
	shift := max(bits.Len64(v)-f.fraction-1, 0)
	x := math.Ldexp(float64(roundedShift(v, shift, mode, negative)), shift)
	if negative {
		return -x
	}
	return x
}
