package snippets

import (
	"math"
	"strings"
)

// approximations are the functions that the PTX manual only bounds, with its bounds.
func approximations() []Snippet {
	var all []Snippet
	unary := func(op string, cases [][]uint32, absolute, relative float64, f func(x float64) float64) {
		for _, v := range []uint32{0, 1 << 31, 0x7f800000, 0xff800000, 0x7fc00000, 0x3f800000} {
			cases = append(cases, one32(v))
		}
		s := each(op, strings.TrimSuffix(op, " wide")+" @0, $0;", Float32, cases, func(x []uint32) []uint32 { return one32(bits32(f(f32(x[0])))) })
		s.Absolute, s.Relative = absolute, relative
		all = append(all, s)
	}
	for _, ftz := range []string{"", ".ftz"} {
		unary("rcp.approx"+ftz+".f32", positive(), 0, 0x1p-23, func(x float64) float64 { return 1 / x })
		unary("sqrt.approx"+ftz+".f32", positive(), 0, 0x1p-22, math.Sqrt)
		unary("rsqrt.approx"+ftz+".f32", positive(), 0, 0x1p-22, func(x float64) float64 { return 1 / math.Sqrt(x) })
		unary("ex2.approx"+ftz+".f32", uniform(-100, 100), 0, 0x1p-22, math.Exp2)
		unary("lg2.approx"+ftz+".f32", uniform(0.5, 2), 0x1p-22, 0, math.Log2)
		unary("lg2.approx"+ftz+".f32 wide", positive(), 0x1p-22, 0x1p-22, math.Log2)
		unary("sin.approx"+ftz+".f32", uniform(-2*math.Pi, 2*math.Pi), math.Exp2(-20.5), 0, math.Sin)
		unary("cos.approx"+ftz+".f32", uniform(-2*math.Pi, 2*math.Pi), math.Exp2(-20.5), 0, math.Cos)
		unary("sin.approx"+ftz+".f32 wide", uniform(-100*math.Pi, 100*math.Pi), math.Exp2(-14.7), 0, math.Sin)
	}
	unary("tanh.approx.f32", uniform(-10, 10), 0, math.Exp2(-10.9), math.Tanh)
	for _, op := range []string{"div.approx.f32", "div.full.f32", "div.approx.ftz.f32"} {
		s := each(op, op+" @0, $0, $1;", Float32, some(256, 2, []uint32{0x3f800000, 0x40400000, 0xbf000000}, moderate(73), one32), func(x []uint32) []uint32 {
			return one32(bits32(f32(x[0]) / f32(x[1])))
		})
		s.Relative = 0x1p-22
		all = append(all, s)
	}
	return append(all, halfApproximations()...)
}

func halfApproximations() []Snippet {
	var all []Snippet
	var cases, both [][]uint32
	r := random(74)
	for range 128 {
		b := uint32(halfBits(of(r.Float64()*8-4).rounded(half, "rn")))
		cases = append(cases, one32(b))
		both = append(both, one32(b|b<<16^0x80000000))
	}
	for _, f := range []struct {
		name               string
		absolute, relative float64
		value              func(x float64) float64
	}{
		{"ex2", 0, math.Exp2(-9.9), math.Exp2}, {"tanh", math.Exp2(-10.9), 0, math.Tanh},
	} {
		value := func(b uint32) uint32 {
			return uint32(half.encode(of(f.value(halfValue(uint16(b)))).rounded(half, "rn")))
		}
		single := each(f.name+".approx.f16", "cvt.u16.u32 %h0, $0; "+f.name+".approx.f16 %h9, %h0; cvt.u32.u16 @0, %h9;", Float16, cases, func(x []uint32) []uint32 {
			return one32(value(x[0]))
		})
		pair := each(f.name+".approx.f16x2", f.name+".approx.f16x2 @0, $0;", Halves, both, func(x []uint32) []uint32 {
			return one32(value(x[0]&0xffff) | value(x[0]>>16)<<16)
		})
		single.Absolute, single.Relative, pair.Absolute, pair.Relative = f.absolute, f.relative+0x1p-11, f.absolute, f.relative+0x1p-11
		all = append(all, single, pair)
	}
	return all
}

// uniform are operands between two limits.
func uniform(lo, hi float64) [][]uint32 {
	r := random(71)
	var cases [][]uint32
	for range 250 {
		cases = append(cases, one32(bits32(lo+(hi-lo)*r.Float64())))
	}
	return cases
}

// positive are operands of every size.
func positive() [][]uint32 {
	r := random(72)
	var cases [][]uint32
	for range 250 {
		cases = append(cases, one32(bits32(math.Ldexp(1+r.Float64(), r.IntN(200)-100))))
	}
	return cases
}
