package snippets

import (
	"fmt"
	"math"
	"math/big"
)

// conversions are cvt between all types.
func conversions() []Snippet {
	all := append(betweenIntegers(), fromIntegers()...)
	all = append(all, toIntegers()...)
	return append(all, betweenFloats()...)
}

// register is how a value of a type is taken from $0 on into a register.
func (t intType) take() (code, register string) {
	switch t.bits {
	case 8, 16:
		return "cvt.u16.u32 %h0, $0; ", "%h0"
	case 64:
		return "mov.b64 %l0, {$0, $1}; ", "%l0"
	}
	return "", "$0"
}

// give is how a register of a type goes to @0 on.
func (t intType) give() (code, register string) {
	switch t.bits {
	case 8, 16:
		return " cvt.u32.u16 @0, %h9;", "%h9"
	case 64:
		return " mov.b64 {@0, @1}, %l9;", "%l9"
	}
	return "", "@0"
}

// shown is what give shows of a number: a result of 8 bits is extended to the 16 of its register.
func (t intType) shown(v *big.Int) []uint32 {
	if t.bits == 8 {
		return intType{"", 16, false}.words32(t.wrap(v))
	}
	return t.words32(v)
}

func betweenIntegers() []Snippet {
	var all []Snippet
	types := typesOf("u8 s8 u16 s16 u32 s32 u64 s64")
	for _, from := range types {
		cases := singly(integers32, anyBits(51), one32)
		if from.bits == 64 {
			cases = singly(integers64, anyBits64(52), one64)
		}
		for _, to := range types {
			before, a := from.take()
			after, d := to.give()
			if to != from {
				name := "cvt." + to.name + "." + from.name
				all = append(all, each(name, fmt.Sprintf("%s%s %s, %s;%s", before, name, d, a, after), Bits, cases, func(x []uint32) []uint32 { return to.shown(from.read(x)) }))
			}
			if to.bits == 8 || from.bits == 8 || to.holds(from) {
				continue // .sat is allowed only where it can do something
			}
			name := "cvt.sat." + to.name + "." + from.name
			all = append(all, each(name, fmt.Sprintf("%s%s %s, %s;%s", before, name, d, a, after), Bits, cases, func(x []uint32) []uint32 { return to.shown(to.clamp(from.read(x))) }))
		}
	}
	return all
}

// holds says that every value of the other type fits.
func (t intType) holds(other intType) bool {
	if t.signed == other.signed {
		return t.bits >= other.bits
	}
	return t.signed && t.bits > other.bits
}

// clamp brings a number into the range of a type.
func (t intType) clamp(v *big.Int) *big.Int {
	lo, hi := big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), t.bits)
	if t.signed {
		hi.Rsh(hi, 1)
		lo.Neg(hi)
	}
	hi.Sub(hi, big.NewInt(1))
	return pick(v.Cmp(lo) < 0, lo, pick(v.Cmp(hi) > 0, hi, v))
}

func fromIntegers() []Snippet {
	var all []Snippet
	for _, from := range typesOf("u16 s16 u32 s32 u64 s64") {
		cases := singly(integers32, anyBits(53), one32)
		if from.bits == 64 {
			cases = singly(integers64, anyBits64(54), one64)
		}
		before, a := from.take()
		for _, mode := range []string{"rn", "rz", "rm", "rp"} {
			all = append(all, each("cvt."+mode+".f32."+from.name, fmt.Sprintf("%scvt.%s.f32.%s @0, %s;", before, mode, from.name, a), Float32, cases, func(x []uint32) []uint32 {
				return one32(exact{r: new(big.Rat).SetInt(from.read(x))}.round32(mode))
			}))
		}
		all = append(all,
			each("cvt.rn.f64."+from.name, fmt.Sprintf("%scvt.rn.f64.%s %%l9, %s; mov.b64 {@0, @1}, %%l9;", before, from.name, a), Float64, cases, func(x []uint32) []uint32 {
				return one64(exact{r: new(big.Rat).SetInt(from.read(x))}.round64("rn"))
			}),
			each("cvt.rn.f16."+from.name, fmt.Sprintf("%scvt.rn.f16.%s %%h9, %s; cvt.u32.u16 @0, %%h9;", before, from.name, a), Float16, cases, func(x []uint32) []uint32 {
				return one32(uint32(half.encode(exact{r: new(big.Rat).SetInt(from.read(x))}.rounded(half, "rn"))))
			}))
	}
	return all
}

// integral rounds to an integer.
func integral(x float64, mode string) float64 {
	switch mode {
	case "rzi":
		return math.Trunc(x)
	case "rmi":
		return math.Floor(x)
	case "rpi":
		return math.Ceil(x)
	}
	return math.RoundToEven(x)
}

// integer is x rounded and brought into the range of a type. NaN is 0, but of 64 bits the highest is set:
// the manual has 0 there too, an H100 has not.
func (t intType) integer(x float64, mode string) []uint32 {
	v := new(big.Int)
	if x != x {
		if t.bits == 64 {
			v.SetBit(v, 63, 1)
		}
		return t.shown(v)
	}
	if math.IsInf(x, 0) {
		v.Lsh(big.NewInt(1), 100)
		if x < 0 {
			v.Neg(v)
		}
	} else {
		big.NewFloat(integral(x, mode)).Int(v)
	}
	return t.shown(t.clamp(v))
}

func toIntegers() []Snippet {
	var all []Snippet
	r := random(55)
	floats := func() uint32 { return bits32(math.Ldexp(r.Float64()*2-1, r.IntN(70))) }
	doubles := func() uint64 { return math.Float64bits(math.Ldexp(r.Float64()*2-1, r.IntN(70))) }
	for _, to := range typesOf("u16 s16 u32 s32 u64 s64") {
		after, d := to.give()
		for _, mode := range []string{"rni", "rzi", "rmi", "rpi"} {
			all = append(all,
				each("cvt."+mode+"."+to.name+".f32", fmt.Sprintf("cvt.%s.%s.f32 %s, $0;%s", mode, to.name, d, after), Bits, singly(singles, floats, one32), func(x []uint32) []uint32 {
					return to.integer(f32(x[0]), mode)
				}))
		}
		all = append(all,
			each("cvt.rzi."+to.name+".f64", fmt.Sprintf("mov.b64 %%l0, {$0, $1}; cvt.rzi.%s.f64 %s, %%l0;%s", to.name, d, after), Bits, withoutNaN(singly(doublesAt, doubles, one64)), func(x []uint32) []uint32 {
				return to.integer(f64(join64(x)), "rzi")
			}))
	}
	return all
}

// withoutNaN leaves out what the manual does not define for float64.
func withoutNaN(cases [][]uint32) (kept [][]uint32) {
	for _, c := range cases {
		if x := f64(join64(c)); x == x {
			kept = append(kept, c)
		}
	}
	return kept
}

func betweenFloats() []Snippet {
	var all []Snippet
	cases, r := singly(singles, anyBits(56), one32), random(57)
	near1 := func() uint64 { return math.Float64bits(math.Ldexp(r.Float64()*2-1, r.IntN(300)-150)) }
	cases64 := singly(doublesAt, near1, one64)
	half16 := singly(halfValues, func() uint16 { return uint16(r.Uint32()) }, one16)
	for range 96 { // around float16's range
		cases = append(cases, one32(bits32(math.Ldexp(r.Float64()*2-1, r.IntN(44)-27))))
	}
	for _, mode := range []string{"rn", "rz", "rm", "rp"} {
		all = append(all, each("cvt."+mode+".f32.f64", "mov.b64 %l0, {$0, $1}; cvt."+mode+".f32.f64 @0, %l0;", Float32, cases64, func(x []uint32) []uint32 {
			return one32(of(f64(join64(x))).round32(mode))
		}))
	}
	for _, mode := range []string{"rni", "rzi", "rmi", "rpi"} {
		all = append(all,
			each("cvt."+mode+".f32.f32", "cvt."+mode+".f32.f32 @0, $0;", Float32, cases, func(x []uint32) []uint32 { return one32(bits32(integral(f32(x[0]), mode))) }))
	}
	all = append(all,
		each("cvt.f64.f32", "cvt.f64.f32 %l9, $0; mov.b64 {@0, @1}, %l9;", Float64, cases, func(x []uint32) []uint32 { return bits64(f32(x[0])) }),
		each("cvt.f32.f16", "cvt.u16.u32 %h0, $0; cvt.f32.f16 @0, %h0;", Float32, half16, func(x []uint32) []uint32 { return one32(bits32(halfValue(uint16(x[0])))) }),
		each("cvt.sat.f32.f32", "cvt.sat.f32.f32 @0, $0;", Float32, cases, func(x []uint32) []uint32 {
			if v := f32(x[0]); !(v > 0) {
				return one32(0)
			} else if v > 1 {
				return one32(0x3f800000)
			}
			return one32(x[0])
		}),
		each("cvt.ftz.f32.f32", "cvt.ftz.f32.f32 @0, $0;", Float32, cases, func(x []uint32) []uint32 { return one32(flush(x[0])) }),
		each("cvt.rna.tf32.f32", "cvt.rna.tf32.f32 @0, $0;", Float32, withinTF32(cases), func(x []uint32) []uint32 { return one32(awayTF32(x[0])) }).needs(80),
	)
	for _, mode := range []string{"rn", "rz"} {
		round := func(f format, b uint32) uint32 { return uint32(f.encode(of(f32(b)).rounded(f, mode))) }
		two := pairs(singles, one32)
		all = append(all,
			each("cvt."+mode+".f16.f32", "cvt."+mode+".f16.f32 %h9, $0; cvt.u32.u16 @0, %h9;", Float16, cases, func(x []uint32) []uint32 { return one32(round(half, x[0])) }),
			each("cvt."+mode+".bf16.f32", "cvt."+mode+".bf16.f32 %h9, $0; cvt.u32.u16 @0, %h9;", BFloat16, cases, func(x []uint32) []uint32 { return one32(round(bhalf, x[0])) }).needs(80),
			each("cvt."+mode+".f16x2.f32", "cvt."+mode+".f16x2.f32 @0, $0, $1;", Halves, two, func(x []uint32) []uint32 {
				return one32(round(half, x[0])<<16 | round(half, x[1]))
			}).needs(80),
			each("cvt."+mode+".bf16x2.f32", "cvt."+mode+".bf16x2.f32 @0, $0, $1;", BHalves, two, func(x []uint32) []uint32 {
				return one32(round(bhalf, x[0])<<16 | round(bhalf, x[1]))
			}).needs(80))
	}
	return all
}

// withinTF32 leaves out what rounds to infinity, of which the manual does not speak.
func withinTF32(cases [][]uint32) (kept [][]uint32) {
	for _, c := range cases {
		if x := math.Abs(f32(c[0])); !(x > tfloat.greatest()) || math.IsInf(x, 0) {
			kept = append(kept, c)
		}
	}
	return kept
}

// awayTF32 rounds to tf32, ties away from zero.
func awayTF32(b uint32) uint32 {
	x := f32(b)
	if x-x != 0 || x == 0 {
		return b
	}
	down := of(math.Abs(x)).rounded(tfloat, "rz")
	up := of(math.Abs(x)).rounded(tfloat, "rp")
	if up-math.Abs(x) <= math.Abs(x)-down {
		down = up
	}
	return bits32(math.Copysign(down, x))
}
