package snippets

import (
	"fmt"
	"math/big"
)

// integers are the arithmetic instructions, computed with big integers and cut to the width.
func integers() []Snippet {
	var all []Snippet
	cases32 := append(pairs(integers32, one32), some(64, 2, integers32, anyBits(1), one32)...)
	cases64 := append(pairs(integers64, one64), some(64, 2, integers64, anyBits64(2), one64)...)
	triples32 := some(96, 3, integers32, anyBits(3), one32)
	triples64 := some(96, 3, integers64, anyBits64(4), one64)
	for _, op := range []struct {
		name    string
		types   string
		operate func(a, b *big.Int, width uint) *big.Int
	}{
		{"add", "u16 s16 u32 s32 u64 s64", func(a, b *big.Int, _ uint) *big.Int { return new(big.Int).Add(a, b) }},
		{"sub", "u16 s16 u32 s32 u64 s64", func(a, b *big.Int, _ uint) *big.Int { return new(big.Int).Sub(a, b) }},
		{"mul.lo", "u16 s16 u32 s32 u64 s64", func(a, b *big.Int, _ uint) *big.Int { return new(big.Int).Mul(a, b) }},
		{"mul.hi", "u16 s16 u32 s32 u64 s64", func(a, b *big.Int, w uint) *big.Int { return new(big.Int).Rsh(new(big.Int).Mul(a, b), w) }},
		{"div", "u16 s16 u32 s32 u64 s64", quotient},
		{"rem", "u16 s16 u32 s32 u64 s64", remainder},
		{"min", "u16 s16 u32 s32 u64 s64", func(a, b *big.Int, _ uint) *big.Int { return pick(a.Cmp(b) <= 0, a, b) }},
		{"max", "u16 s16 u32 s32 u64 s64", func(a, b *big.Int, _ uint) *big.Int { return pick(a.Cmp(b) >= 0, a, b) }},
	} {
		for _, t := range typesOf(op.types) {
			cases := cases32
			if t.bits == 64 {
				cases = cases64
			}
			if op.name == "div" || op.name == "rem" {
				cases = withoutZero(cases)
			}
			n := t.words()
			all = append(all, each(op.name+"."+t.name, t.code(op.name+"."+t.name, 2, t), Bits, cases, func(x []uint32) []uint32 {
				return t.words32(op.operate(t.read(x), t.read(x[n:]), t.bits))
			}))
		}
	}
	for _, t := range typesOf("u16 s16 u32 s32") { // wide products
		wide := intType{t.name, t.bits * 2, t.signed}
		all = append(all,
			each("mul.wide."+t.name, t.code("mul.wide."+t.name, 2, wide), Bits, cases32, func(x []uint32) []uint32 {
				return wide.words32(new(big.Int).Mul(t.read(x), t.read(x[1:])))
			}))
	}
	for _, t := range typesOf("u32 s32 u64 s64") {
		triples, n := triples32, t.words()
		if t.bits == 64 {
			triples = triples64
		}
		all = append(all,
			each("mad.lo."+t.name, t.code("mad.lo."+t.name, 3, t), Bits, triples, func(x []uint32) []uint32 {
				p := new(big.Int).Mul(t.read(x), t.read(x[n:]))
				return t.words32(p.Add(p, t.read(x[2*n:])))
			}),
			each("mad.hi."+t.name, t.code("mad.hi."+t.name, 3, t), Bits, triples, func(x []uint32) []uint32 {
				p := new(big.Int).Mul(t.read(x), t.read(x[n:]))
				return t.words32(p.Add(p.Rsh(p, t.bits), t.read(x[2*n:])))
			}),
			each("sad."+t.name, t.code("sad."+t.name, 3, t), Bits, triples, func(x []uint32) []uint32 {
				p := new(big.Int).Sub(t.read(x), t.read(x[n:]))
				return t.words32(p.Add(p.Abs(p), t.read(x[2*n:])))
			}))
	}
	for _, t := range typesOf("s16 s32 s64") {
		cases := cases32
		if t.bits == 64 {
			cases = cases64
		}
		all = append(all,
			each("abs."+t.name, t.code("abs."+t.name, 1, t), Bits, firsts(cases, t.words()), func(x []uint32) []uint32 { return t.words32(new(big.Int).Abs(t.read(x))) }),
			each("neg."+t.name, t.code("neg."+t.name, 1, t), Bits, firsts(cases, t.words()), func(x []uint32) []uint32 { return t.words32(new(big.Int).Neg(t.read(x))) }))
	}
	for _, signs := range []string{"u u", "s s", "u s", "s u"} {
		var a, b string
		fmt.Sscan(signs, &a, &b)
		bytes := func(v uint32, sign string, i int) int64 {
			if sign == "s" {
				return int64(int8(v >> (8 * i)))
			}
			return int64(uint8(v >> (8 * i)))
		}
		all = append(all, each("dp4a."+a+"32."+b+"32", "dp4a."+a+"32."+b+"32 @0, $0, $1, $2;", Bits, triples32, func(x []uint32) []uint32 {
			sum := int64(x[2])
			for i := range 4 {
				sum += bytes(x[0], a, i) * bytes(x[1], b, i)
			}
			return one32(uint32(sum))
		}))
		for half, mode := range []string{"lo", "hi"} {
			op := "dp2a." + mode + "." + a + "32." + b + "32"
			all = append(all, each(op, op+" @0, $0, $1, $2;", Bits, triples32, func(x []uint32) []uint32 {
				sum := int64(x[2])
				for i := range 2 {
					v := int64(x[0] >> (16 * i) & 0xffff)
					if a == "s" {
						v = int64(int16(v))
					}
					sum += v * bytes(x[1], b, 2*half+i)
				}
				return one32(uint32(sum))
			}))
		}
	}
	saturated := intType{"s32", 32, true}
	for _, op := range []string{"add", "sub"} {
		all = append(all, each(op+".sat.s32", op+".sat.s32 @0, $0, $1;", Bits, cases32, func(x []uint32) []uint32 {
			a, b := saturated.read(x).Int64(), saturated.read(x[1:]).Int64()
			if op == "sub" {
				b = -b
			}
			return one32(uint32(min(max(a+b, -1<<31), 1<<31-1)))
		}))
	}
	wide := intType{"", 64, true}
	return append(all,
		each("mad.wide.s32", "mov.b64 %l0, {$2, $3}; mad.wide.s32 %l1, $0, $1, %l0; mov.b64 {@0, @1}, %l1;", Bits, some(96, 4, integers32, anyBits(5), one32), func(x []uint32) []uint32 {
			p := new(big.Int).Mul(saturated.read(x), saturated.read(x[1:]))
			return wide.words32(p.Add(p, wide.read(x[2:])))
		}),
		each("mad.wide.u32", "mov.b64 %l0, {$2, $3}; mad.wide.u32 %l1, $0, $1, %l0; mov.b64 {@0, @1}, %l1;", Bits, some(96, 4, integers32, anyBits(6), one32), func(x []uint32) []uint32 {
			return one64(uint64(x[0])*uint64(x[1]) + join64(x[2:]))
		}),
		each("mul24.lo.u32", "mul24.lo.u32 @0, $0, $1;", Bits, cases32, func(x []uint32) []uint32 { return one32(x[0] << 8 >> 8 * (x[1] << 8 >> 8)) }),
	)
}

// quotient is cut towards zero. Dividing by zero is left out: its result is not defined.
func quotient(a, b *big.Int, _ uint) *big.Int { return new(big.Int).Quo(a, b) }

func remainder(a, b *big.Int, _ uint) *big.Int { return new(big.Int).Rem(a, b) }

func pick(first bool, a, b *big.Int) *big.Int {
	if first {
		return a
	}
	return b
}

// withoutZero makes 3 of what would divide by zero, in 16 bits or more.
func withoutZero(cases [][]uint32) [][]uint32 {
	var kept [][]uint32
	for _, c := range cases {
		c = append([]uint32{}, c...)
		if half := c[len(c)/2]; half&0xffff == 0 {
			c[len(c)/2] |= 3
		}
		kept = append(kept, c)
	}
	return kept
}

// firsts are the first operands of cases.
func firsts(cases [][]uint32, words int) [][]uint32 {
	var all [][]uint32
	for i := 0; i < len(cases); i += 5 {
		all = append(all, cases[i][:words], cases[i][len(cases[i])-words:])
	}
	return all
}
