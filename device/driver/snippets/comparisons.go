package snippets

import (
	"fmt"
	"strings"
)

// relation is a comparison: what it says of numbers, and of a pair with a NaN.
type relation struct {
	name      string
	holds     func(order int) bool // of the first compared with the second: -1, 0, 1
	unordered bool
}

var relations = []relation{
	{"eq", func(o int) bool { return o == 0 }, false}, {"ne", func(o int) bool { return o != 0 }, false},
	{"lt", func(o int) bool { return o < 0 }, false}, {"le", func(o int) bool { return o <= 0 }, false},
	{"gt", func(o int) bool { return o > 0 }, false}, {"ge", func(o int) bool { return o >= 0 }, false},
	{"equ", func(o int) bool { return o == 0 }, true}, {"neu", func(o int) bool { return o != 0 }, true},
	{"ltu", func(o int) bool { return o < 0 }, true}, {"leu", func(o int) bool { return o <= 0 }, true},
	{"gtu", func(o int) bool { return o > 0 }, true}, {"geu", func(o int) bool { return o >= 0 }, true},
	{"num", func(int) bool { return true }, false}, {"nan", func(int) bool { return false }, true},
}

// of applies a relation to floats.
func (r relation) of(a, b float64) bool {
	switch {
	case a != a || b != b:
		return r.unordered
	case a < b:
		return r.holds(-1)
	case a > b:
		return r.holds(1)
	}
	return r.holds(0)
}

// comparisons are setp and set, with all relations and combinations, selp and slct.
func comparisons() []Snippet {
	all := append(integerComparisons(), floatComparisons()...)
	all = append(all, combinations()...)
	cases := some(96, 3, singles, anyBits(61), one32)
	return append(all,
		each("set.gt.u32.f32", "set.gt.u32.f32 @0, $0, $1;", Bits, cases, func(x []uint32) []uint32 { return one32(-truth(f32(x[0]) > f32(x[1]))) }),
		each("set.lt.f32.s32", "set.lt.f32.s32 @0, $0, $1;", Bits, cases, func(x []uint32) []uint32 {
			return one32(0x3f800000 * truth(int32(x[0]) < int32(x[1])))
		}),
		each("slct.b32.s32", "slct.b32.s32 @0, $0, $1, $2;", Bits, cases, func(x []uint32) []uint32 {
			if int32(x[2]) >= 0 {
				return x[:1]
			}
			return x[1:2]
		}),
		each("slct.b32.f32", "slct.b32.f32 @0, $0, $1, $2;", Bits, cases, func(x []uint32) []uint32 {
			if f32(x[2]) >= 0 {
				return x[:1]
			}
			return x[1:2]
		}),
		each("selp.b64", "setp.lt.u32 %p0, $0, $1; mov.b64 %l0, {$0, $1}; mov.b64 %l1, {$2, $0}; selp.b64 %l2, %l0, %l1, %p0; mov.b64 {@0, @1}, %l2;", Bits, cases, func(x []uint32) []uint32 {
			if x[0] < x[1] {
				return []uint32{x[0], x[1]}
			}
			return []uint32{x[2], x[0]}
		}),
	)
}

func integerComparisons() []Snippet {
	var all []Snippet
	for _, t := range typesOf("u16 s16 u32 s32 u64 s64") {
		cases := pairs(integers32, one32)
		if t.bits == 64 {
			cases = pairs(integers64, one64)
		}
		for i, r := range relations[:6] {
			spellings := []string{r.name}
			if other := []string{"", "", "lo", "ls", "hi", "hs"}[i]; !t.signed && other != "" {
				spellings = append(spellings, other)
			}
			for _, spelling := range spellings {
				op := "setp." + spelling + "." + t.name
				before := t.code(op, 2, intType{"", 32, false})
				code := fmt.Sprintf("%s selp.u32 @0, 1, 0, %%p0;", strings.Replace(before, "@0", "%p0", 1))
				all = append(all, each(op, code, Bits, cases, func(x []uint32) []uint32 {
					return one32(truth(r.holds(t.read(x).Cmp(t.read(x[t.words():])))))
				}))
			}
		}
	}
	return all
}

func floatComparisons() []Snippet {
	var all []Snippet
	for _, r := range relations {
		all = append(all,
			each("setp."+r.name+".f32", "setp."+r.name+".f32 %p0, $0, $1; selp.u32 @0, 1, 0, %p0;", Bits, pairs(singles, one32), func(x []uint32) []uint32 {
				return one32(truth(r.of(f32(x[0]), f32(x[1]))))
			}),
			each("setp."+r.name+".f64", "mov.b64 %l0, {$0, $1}; mov.b64 %l1, {$2, $3}; setp."+r.name+".f64 %p0, %l0, %l1; selp.u32 @0, 1, 0, %p0;", Bits, pairs(doublesAt, one64), func(x []uint32) []uint32 {
				return one32(truth(r.of(f64(join64(x)), f64(join64(x[2:])))))
			}),
			each("setp."+r.name+".f16", "cvt.u16.u32 %h0, $0; cvt.u16.u32 %h1, $1; setp."+r.name+".f16 %p0, %h0, %h1; selp.u32 @0, 1, 0, %p0;", Bits, pairs(halfValues, one16), func(x []uint32) []uint32 {
				return one32(truth(r.of(halfValue(uint16(x[0])), halfValue(uint16(x[1])))))
			}))
	}
	return append(all, each("setp.lt.ftz.f32", "setp.lt.ftz.f32 %p0, $0, $1; selp.u32 @0, 1, 0, %p0;", Bits, pairs(singles, one32), func(x []uint32) []uint32 {
		return one32(truth(f32(flush(x[0])) < f32(flush(x[1]))))
	}))
}

// combinations are setp p|q, a, b, {!}c.
func combinations() []Snippet {
	var all []Snippet
	cases := some(128, 3, integers32, anyBits(62), one32)
	for _, c := range []struct {
		name    string
		operate func(a, b bool) bool
	}{
		{"and", func(a, b bool) bool { return a && b }}, {"or", func(a, b bool) bool { return a || b }}, {"xor", func(a, b bool) bool { return a != b }},
	} {
		for _, not := range []string{"", "!"} {
			code := fmt.Sprintf("setp.gt.s32 %%p2, $2, 0; setp.lt.%s.s32 %%p0|%%p1, $0, $1, %s%%p2; selp.u32 @0, 1, 0, %%p0; selp.u32 @1, 1, 0, %%p1;", c.name, not)
			all = append(all, each("setp.lt."+c.name+not, code, Bits, cases, func(x []uint32) []uint32 {
				third := (int32(x[2]) > 0) != (not == "!")
				less := int32(x[0]) < int32(x[1])
				return []uint32{truth(c.operate(less, third)), truth(c.operate(!less, third))}
			}))
		}
		code := fmt.Sprintf("setp.lt.s32 %%p0, $0, 0; setp.lt.s32 %%p1, $1, 0; %s.pred %%p2, %%p0, %%p1; not.pred %%p3, %%p2; selp.u32 @0, 1, 0, %%p2; selp.u32 @1, 1, 0, %%p3;", c.name)
		all = append(all, each(c.name+".pred", code, Bits, cases, func(x []uint32) []uint32 {
			r := c.operate(int32(x[0]) < 0, int32(x[1]) < 0)
			return []uint32{truth(r), truth(!r)}
		}))
	}
	return all
}
