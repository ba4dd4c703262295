package snippets

import (
	"fmt"
	"math"
)

// floats are the instructions on float32 that are rounded exactly, in every direction.
func floats() []Snippet {
	var all []Snippet
	cases := append(pairs(singles, one32), some(64, 2, singles, moderate(21), one32)...)
	for _, mode := range []string{"rn", "rz", "rm", "rp"} {
		for _, op := range []struct {
			name    string
			operate func(a, b exact) exact
		}{
			{"add", exact.add}, {"sub", func(a, b exact) exact { return a.add(b.neg()) }}, {"mul", exact.mul}, {"div", exact.div},
		} {
			code := fmt.Sprintf("%s.%s.f32 @0, $0, $1;", op.name, mode)
			all = append(all, each(op.name+"."+mode+".f32", code, Float32, cases, func(x []uint32) []uint32 {
				return one32(op.operate(of(f32(x[0])), of(f32(x[1]))).round32(mode))
			}))
		}
		all = append(all,
			each("fma."+mode+".f32", "fma."+mode+".f32 @0, $0, $1, $2;", Float32, fmaCases(), func(x []uint32) []uint32 {
				return one32(of(f32(x[0])).mul(of(f32(x[1]))).add(of(f32(x[2]))).round32(mode))
			}),
			each("rcp."+mode+".f32", "rcp."+mode+".f32 @0, $0;", Float32, singly(singles, anyBits(22), one32), func(x []uint32) []uint32 {
				return one32(of(1).div(of(f32(x[0]))).round32(mode))
			}),
			each("sqrt."+mode+".f32", "sqrt."+mode+".f32 @0, $0;", Float32, singly(singles, anyBits(23), one32), func(x []uint32) []uint32 {
				return one32(of(f32(x[0])).root().round32(mode))
			}))
	}
	return append(append(all, flushing(cases)...), unrounded(cases)...)
}

// fmaCases have sums that lie on a tie, or next to one, only if the product is not rounded.
func fmaCases() [][]uint32 {
	cases := append(some(320, 3, singles, moderate(24), one32), some(128, 3, singles, anyBits(25), one32)...)
	r := random(26)
	for range 256 {
		// A product of 48 bits, and a summand that is larger by so much that the product's low bits decide.
		a, b := float32(1+r.Float64()), float32(1+r.Float64())
		c := math.Ldexp(1+r.Float64(), 20+r.IntN(30))
		cases = append(cases, []uint32{math.Float32bits(a), math.Float32bits(b), bits32(c)})
		// An exact tie, disturbed by a product that is almost nothing.
		tie := math.Float32bits(float32(1 + r.Float64()))
		tiny := bits32(math.Ldexp(1, -24-r.IntN(2)))
		cases = append(cases, []uint32{tiny, 0x3f800000 + uint32(r.IntN(2)), tie})
		// Results around the denormal numbers.
		cases = append(cases, []uint32{bits32(math.Ldexp(1+r.Float64(), -75)), bits32(math.Ldexp(1+r.Float64(), -74)), bits32(math.Ldexp(r.Float64(), -126))})
	}
	return cases
}

// flushing are .ftz and .sat.
func flushing(cases [][]uint32) []Snippet {
	saturate := func(b uint32) uint32 {
		switch v := f32(b); {
		case !(v > 0):
			return 0
		case v > 1:
			return 0x3f800000
		}
		return b
	}
	operand := func(b uint32) exact { return of(f32(flush(b))) }
	return []Snippet{
		each("add.ftz.f32", "add.ftz.f32 @0, $0, $1;", Float32, cases, func(x []uint32) []uint32 {
			return one32(flush(operand(x[0]).add(operand(x[1])).round32("rn")))
		}),
		each("mul.ftz.f32", "mul.ftz.f32 @0, $0, $1;", Float32, cases, func(x []uint32) []uint32 {
			b := operand(x[0]).mul(operand(x[1])).round32("rn")
			if math.Abs(f32(flush(x[0]))*f32(flush(x[1]))) < 0x1p-126 { // before rounding: the product is exact in float64
				b &= 1 << 31
			}
			return one32(b)
		}),
		each("add.sat.f32", "add.sat.f32 @0, $0, $1;", Float32, cases, func(x []uint32) []uint32 {
			return one32(saturate(of(f32(x[0])).add(of(f32(x[1]))).round32("rn")))
		}),
		each("fma.rn.sat.f32", "fma.rn.sat.f32 @0, $0, $1, $2;", Float32, fmaCases(), func(x []uint32) []uint32 {
			return one32(saturate(of(f32(x[0])).mul(of(f32(x[1]))).add(of(f32(x[2]))).round32("rn")))
		}),
	}
}

// unrounded are the instructions that only choose or change signs.
func unrounded(cases [][]uint32) []Snippet {
	least := func(a, b float64) float64 {
		switch {
		case a != a:
			return b
		case b != b:
			return a
		}
		return math.Min(a, b)
	}
	unary := singly(singles, anyBits(27), one32)
	all := []Snippet{
		each("min.f32", "min.f32 @0, $0, $1;", Float32, cases, func(x []uint32) []uint32 { return one32(bits32(least(f32(x[0]), f32(x[1])))) }),
		each("max.f32", "max.f32 @0, $0, $1;", Float32, cases, func(x []uint32) []uint32 {
			return one32(bits32(-least(-f32(x[0]), -f32(x[1]))))
		}),
		each("neg.f32", "neg.f32 @0, $0;", Float32, unary, func(x []uint32) []uint32 { return one32(x[0] ^ 1<<31) }),
		each("abs.f32", "abs.f32 @0, $0;", Float32, unary, func(x []uint32) []uint32 { return one32(x[0] &^ (1 << 31)) }),
		each("copysign.f32", "copysign.f32 @0, $0, $1;", Float32, cases, func(x []uint32) []uint32 {
			return one32(bits32(math.Copysign(f32(x[1]), f32(x[0]))))
		}),
	}
	for _, question := range []struct {
		name  string
		holds func(x float64) bool
	}{
		{"finite", func(x float64) bool { return x-x == 0 }},
		{"infinite", func(x float64) bool { return math.IsInf(x, 0) }},
		{"number", func(x float64) bool { return x == x }},
		{"notanumber", func(x float64) bool { return x != x }},
		{"normal", func(x float64) bool { return (x == 0 || math.Abs(x) >= 0x1p-126) && x-x == 0 }}, // zero too, on an H100
		{"subnormal", func(x float64) bool { return x != 0 && math.Abs(x) < 0x1p-126 }},
	} {
		code := "testp." + question.name + ".f32 %p0, $0; selp.u32 @0, 1, 0, %p0;"
		all = append(all, each("testp."+question.name, code, Bits, unary, func(x []uint32) []uint32 { return one32(truth(question.holds(f32(x[0])))) }))
	}
	return all
}

func truth(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// doubles are the instructions on float64.
func doubles() []Snippet {
	var all []Snippet
	cases := append(pairs(doublesAt, one64), some(64, 2, doublesAt, anyBits64(31), one64)...)
	binary := func(name, op string, f func(a, b float64) float64) {
		code := "mov.b64 %l0, {$0, $1}; mov.b64 %l1, {$2, $3}; " + op + " %l2, %l0, %l1; mov.b64 {@0, @1}, %l2;"
		all = append(all, each(name, code, Float64, cases, func(x []uint32) []uint32 { return bits64(f(f64(join64(x)), f64(join64(x[2:])))) }))
	}
	binary("add.rn.f64", "add.rn.f64", func(a, b float64) float64 { return a + b })
	binary("sub.rn.f64", "sub.rn.f64", func(a, b float64) float64 { return a - b })
	binary("mul.rn.f64", "mul.rn.f64", func(a, b float64) float64 { return a * b })
	binary("div.rn.f64", "div.rn.f64", func(a, b float64) float64 { return a / b })
	binary("min.f64", "min.f64", func(a, b float64) float64 {
		if a != a || b != b {
			return math.Float64frombits(pickBits(a, b))
		}
		return math.Min(a, b)
	})
	unary := func(name, op string, f func(a float64) float64) {
		code := "mov.b64 %l0, {$0, $1}; " + op + " %l2, %l0; mov.b64 {@0, @1}, %l2;"
		all = append(all, each(name, code, Float64, singly(doublesAt, anyBits64(32), one64), func(x []uint32) []uint32 { return bits64(f(f64(join64(x)))) }))
	}
	unary("rcp.rn.f64", "rcp.rn.f64", func(a float64) float64 { return 1 / a })
	unary("sqrt.rn.f64", "sqrt.rn.f64", math.Sqrt)
	unary("neg.f64", "neg.f64", func(a float64) float64 { return -a })
	unary("abs.f64", "abs.f64", math.Abs)
	for _, mode := range []string{"rz", "rm", "rp"} {
		directed := func(op string, operate func(a, b exact) exact) {
			code := fmt.Sprintf("mov.b64 %%l0, {$0, $1}; mov.b64 %%l1, {$2, $3}; %s.%s.f64 %%l2, %%l0, %%l1; mov.b64 {@0, @1}, %%l2;", op, mode)
			all = append(all, each(op+"."+mode+".f64", code, Float64, cases, func(x []uint32) []uint32 {
				return one64(operate(of(f64(join64(x))), of(f64(join64(x[2:])))).round64(mode))
			}))
		}
		directed("add", exact.add)
		directed("sub", func(a, b exact) exact { return a.add(b.neg()) })
		directed("mul", exact.mul)
		directed("div", exact.div)
		code := "mov.b64 %l0, {$0, $1}; sqrt." + mode + ".f64 %l2, %l0; mov.b64 {@0, @1}, %l2;"
		all = append(all, each("sqrt."+mode+".f64", code, Float64, singly(doublesAt, anyBits64(34), one64), func(x []uint32) []uint32 {
			return one64(of(f64(join64(x))).root().round64(mode))
		}))
	}
	for _, mode := range []string{"rn", "rz", "rm", "rp"} {
		triples := some(192, 3, doublesAt, func() func() uint64 {
			r := random(33)
			return func() uint64 { return math.Float64bits(r.NormFloat64()) }
		}(), one64)
		code := "mov.b64 %l0, {$0, $1}; mov.b64 %l1, {$2, $3}; mov.b64 %l2, {$4, $5}; fma." + mode + ".f64 %l3, %l0, %l1, %l2; mov.b64 {@0, @1}, %l3;"
		all = append(all, each("fma."+mode+".f64", code, Float64, triples, func(x []uint32) []uint32 {
			return one64(of(f64(join64(x))).mul(of(f64(join64(x[2:])))).add(of(f64(join64(x[4:])))).round64(mode))
		}))
	}
	return all
}

// pickBits is the one of two that is a number.
func pickBits(a, b float64) uint64 {
	if a != a {
		return math.Float64bits(b)
	}
	return math.Float64bits(a)
}
