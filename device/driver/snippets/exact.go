package snippets

import (
	"math"
	"math/big"
)

// exact is a number without error, or the special value that x says if r is nil. Where r is 0, x has the
// sign of that zero.
type exact struct {
	r       *big.Rat
	x       float64
	cancels bool // a sum of opposite numbers: its zero is negative if it is rounded downwards
}

// of makes a number of a float64.
func of(x float64) exact {
	if math.IsInf(x, 0) || x != x {
		return exact{x: x}
	}
	return exact{r: new(big.Rat).SetFloat64(x), x: x}
}

func (a exact) add(b exact) exact {
	switch {
	case a.r == nil && b.r == nil:
		return exact{x: a.x + b.x}
	case a.r == nil:
		return a
	case b.r == nil:
		return b
	}
	sum := new(big.Rat).Add(a.r, b.r)
	bothNegative := math.Signbit(a.x) && math.Signbit(b.x)
	bothPositive := !math.Signbit(a.x) && !math.Signbit(b.x)
	return exact{r: sum, x: a.x + b.x, cancels: sum.Sign() == 0 && !bothNegative && !bothPositive}
}

func (a exact) mul(b exact) exact {
	if a.r == nil || b.r == nil {
		return exact{x: a.x * b.x}
	}
	return exact{r: new(big.Rat).Mul(a.r, b.r), x: a.x * b.x}
}

func (a exact) div(b exact) exact {
	if a.r == nil || b.r == nil || b.r.Sign() == 0 {
		return exact{x: a.x / b.x}
	}
	return exact{r: new(big.Rat).Quo(a.r, b.r), x: a.x / b.x}
}

func (a exact) neg() exact {
	if a.r == nil {
		return exact{x: -a.x}
	}
	return exact{r: new(big.Rat).Neg(a.r), x: -a.x}
}

// root is the square root, to many more bits than any format has.
func (a exact) root() exact {
	if a.r == nil || a.r.Sign() <= 0 {
		return exact{x: math.Sqrt(a.x)}
	}
	f := new(big.Float).SetPrec(400).SetRat(a.r)
	r, _ := f.Sqrt(f).Rat(nil)
	return exact{r: r, x: math.Sqrt(a.x)}
}

// rounded is the value nearest to a in a format, or next to it in a direction: "rn", "rz", "rm", "rp".
func (a exact) rounded(f format, mode string) float64 {
	switch {
	case a.r == nil:
		return a.x
	case a.r.Sign() == 0 && a.cancels && mode == "rm":
		return math.Copysign(0, -1)
	case a.r.Sign() == 0:
		return math.Copysign(0, a.x)
	}
	// The distance of values around a, as a power of two.
	e := max(exponentOf(a.r), 1-f.bias) - f.fraction
	unit := new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(1), uint(max(e, 0))), new(big.Int).Lsh(big.NewInt(1), uint(max(-e, 0))))
	units := new(big.Rat).Quo(a.r, unit)
	whole := new(big.Int).Div(units.Num(), units.Denom()) // rounded down, since the denominator is positive
	rest := new(big.Rat).Sub(units, new(big.Rat).SetInt(whole))
	up := false
	switch half := rest.Cmp(big.NewRat(1, 2)); mode {
	case "rn":
		up = half > 0 || half == 0 && whole.Bit(0) == 1
	case "rp":
		up = rest.Sign() > 0
	case "rz":
		up = rest.Sign() > 0 && a.r.Sign() < 0
	}
	if up {
		whole.Add(whole, big.NewInt(1))
	}
	result := new(big.Rat).Mul(new(big.Rat).SetInt(whole), unit)
	x, _ := result.Float64()
	if greatest := f.greatest(); math.Abs(x) > greatest {
		if mode == "rz" || mode == "rm" && x > 0 || mode == "rp" && x < 0 {
			return math.Copysign(greatest, x)
		}
		return math.Copysign(math.Inf(1), x)
	}
	return math.Copysign(x, float64(a.r.Sign()))
}

// exponentOf is the exponent of the leading bit of a number.
func exponentOf(r *big.Rat) int {
	n := new(big.Int).Abs(r.Num())
	e := n.BitLen() - r.Denom().BitLen()
	power := new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(1), uint(max(e, 0))), new(big.Int).Lsh(big.NewInt(1), uint(max(-e, 0))))
	if new(big.Rat).SetInt(n).Cmp(power.Mul(power, new(big.Rat).SetInt(r.Denom()))) < 0 {
		e--
	}
	return e
}

// format is a binary float format.
type format struct{ bits, fraction, bias int }

var (
	half   = format{16, 10, 15}
	bhalf  = format{16, 7, 127}
	tfloat = format{32, 10, 127} // tf32, in the upper bits of a word
	single = format{32, 23, 127}
	double = format{64, 52, 1023}
)

// greatest is the greatest finite value.
func (f format) greatest() float64 {
	return math.Ldexp(2-math.Ldexp(1, -f.fraction), f.bias)
}

// encode returns the bits of a value that the format has.
func (f format) encode(x float64) uint64 {
	switch f {
	case double:
		return math.Float64bits(x)
	case half:
		return uint64(halfBits(x))
	case bhalf:
		return uint64(math.Float32bits(float32(x)) >> 16)
	}
	return uint64(math.Float32bits(float32(x)))
}

// halfBits are the bits of a value that float16 has.
func halfBits(x float64) uint16 {
	sign := uint16(math.Float64bits(x) >> 48 & 0x8000)
	switch a := math.Abs(x); {
	case x != x:
		return 0x7e00
	case math.IsInf(x, 0):
		return sign | 0x7c00
	case a < math.Ldexp(1, -14):
		return sign | uint16(a*math.Ldexp(1, 24))
	default:
		fraction, e := math.Frexp(a)
		return sign | uint16(e+13)<<10 + uint16(math.Ldexp(fraction, 11))
	}
}

// halfValue is the value of a float16.
func halfValue(b uint16) float64 {
	e, fraction := int(b>>10&31), float64(b&1023)
	x := math.Ldexp(1024+fraction, e-25)
	switch {
	case e == 31 && fraction != 0:
		return math.NaN()
	case e == 31:
		x = math.Inf(1)
	case e == 0:
		x = math.Ldexp(fraction, -24)
	}
	if b&0x8000 != 0 {
		return -x
	}
	return x
}

// round32 and round64 give the bits.
func (a exact) round32(mode string) uint32 { return uint32(single.encode(a.rounded(single, mode))) }
func (a exact) round64(mode string) uint64 { return double.encode(a.rounded(double, mode)) }

// flush makes a zero of a denormal float32.
func flush(b uint32) uint32 {
	if b&0x7f800000 == 0 {
		return b & 0x80000000
	}
	return b
}
