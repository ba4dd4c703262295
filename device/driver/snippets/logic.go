package snippets

import (
	"fmt"
	"math/bits"
)

// logic are the instructions on bits.
func logic() []Snippet {
	cases32 := append(pairs(integers32, one32), some(64, 2, integers32, anyBits(11), one32)...)
	cases64 := append(pairs(integers64, one64), some(64, 2, integers64, anyBits64(12), one64)...)
	all := shifts()
	for _, op := range []struct {
		name    string
		operate func(a, b uint64) uint64
	}{
		{"and", func(a, b uint64) uint64 { return a & b }},
		{"or", func(a, b uint64) uint64 { return a | b }},
		{"xor", func(a, b uint64) uint64 { return a ^ b }},
	} {
		b16, b32, b64 := intType{"", 16, false}, intType{"", 32, false}, intType{"", 64, false}
		all = append(all,
			each(op.name+".b16", b16.code(op.name+".b16", 2, b16), Bits, cases32, func(x []uint32) []uint32 {
				return one32(uint32(op.operate(uint64(x[0]), uint64(x[1]))) & 0xffff)
			}),
			each(op.name+".b32", b32.code(op.name+".b32", 2, b32), Bits, cases32, func(x []uint32) []uint32 {
				return one32(uint32(op.operate(uint64(x[0]), uint64(x[1]))))
			}),
			each(op.name+".b64", b64.code(op.name+".b64", 2, b64), Bits, cases64, func(x []uint32) []uint32 {
				return one64(op.operate(join64(x), join64(x[2:])))
			}))
	}
	singly32, singly64 := singly(integers32, anyBits(13), one32), singly(integers64, anyBits64(14), one64)
	unary := func(name, code string, f func(a uint32) uint32) {
		all = append(all, each(name, code, Bits, singly32, func(x []uint32) []uint32 { return one32(f(x[0])) }))
	}
	unary64 := func(name, code string, f func(a uint64) []uint32) {
		all = append(all, each(name, "mov.b64 %l0, {$0, $1}; "+code, Bits, singly64, func(x []uint32) []uint32 { return f(join64(x)) }))
	}
	unary("not.b32", "not.b32 @0, $0;", func(a uint32) uint32 { return ^a })
	unary("not.b16", "cvt.u16.u32 %h0, $0; not.b16 %h1, %h0; cvt.u32.u16 @0, %h1;", func(a uint32) uint32 { return ^a & 0xffff })
	unary("cnot.b32", "cnot.b32 @0, $0;", func(a uint32) uint32 {
		if a == 0 {
			return 1
		}
		return 0
	})
	unary("brev.b32", "brev.b32 @0, $0;", bits.Reverse32)
	unary("clz.b32", "clz.b32 @0, $0;", func(a uint32) uint32 { return uint32(bits.LeadingZeros32(a)) })
	unary("popc.b32", "popc.b32 @0, $0;", func(a uint32) uint32 { return uint32(bits.OnesCount32(a)) })
	unary("bfind.u32", "bfind.u32 @0, $0;", func(a uint32) uint32 { return uint32(bits.Len32(a) - 1) })
	unary("bfind.s32", "bfind.s32 @0, $0;", func(a uint32) uint32 { return uint32(bits.Len32(a^uint32(int32(a)>>31)) - 1) })
	unary("bfind.shiftamt.u32", "bfind.shiftamt.u32 @0, $0;", func(a uint32) uint32 {
		if a == 0 {
			return 0xffffffff
		}
		return uint32(bits.LeadingZeros32(a))
	})
	unary64("not.b64", "not.b64 %l1, %l0; mov.b64 {@0, @1}, %l1;", func(a uint64) []uint32 { return one64(^a) })
	unary64("brev.b64", "brev.b64 %l1, %l0; mov.b64 {@0, @1}, %l1;", func(a uint64) []uint32 { return one64(bits.Reverse64(a)) })
	unary64("clz.b64", "clz.b64 @0, %l0;", func(a uint64) []uint32 { return one32(uint32(bits.LeadingZeros64(a))) })
	unary64("popc.b64", "popc.b64 @0, %l0;", func(a uint64) []uint32 { return one32(uint32(bits.OnesCount64(a))) })
	unary64("bfind.u64", "bfind.u64 @0, %l0;", func(a uint64) []uint32 { return one32(uint32(bits.Len64(a) - 1)) })

	triples := some(128, 3, integers32, anyBits(15), one32)
	for _, truth := range []int{0x80, 0x96, 0xe8, 0x1b, 0xca, 0xfe} {
		all = append(all, each(fmt.Sprintf("lop3.b32 %#x", truth), fmt.Sprintf("lop3.b32 @0, $0, $1, $2, %d;", truth), Bits, triples, func(x []uint32) []uint32 {
			r := uint32(0)
			for i := range 32 {
				index := x[0]>>i&1<<2 | x[1]>>i&1<<1 | x[2]>>i&1
				r |= uint32(truth) >> index & 1 << i
			}
			return one32(r)
		}))
	}
	return append(append(all, fields()...), permutes(triples)...)
}

// shifts go beyond the width, which leaves nothing, or the sign.
func shifts() []Snippet {
	var all []Snippet
	distances := []uint32{0, 1, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 0x80000000, 0xffffffff}
	var cases32, cases64 [][]uint32
	for _, n := range distances {
		for _, v := range integers32 {
			cases32 = append(cases32, []uint32{v, n})
		}
		for _, v := range integers64 {
			cases64 = append(cases64, append(one64(v), n))
		}
	}
	for _, t := range typesOf("u16 s16 u32 s32 u64 s64") {
		cases, at := cases32, 1
		if t.bits == 64 {
			cases, at = cases64, 2
		}
		bit := fmt.Sprintf("b%d", t.bits)
		source := map[uint]string{16: "cvt.u16.u32 %h0, $0; ", 64: "mov.b64 %l0, {$0, $1}; "}[t.bits]
		from := map[uint]string{16: "%h0, $1", 32: "$0, $1", 64: "%l0, $2"}[t.bits]
		to := map[uint]string{16: "%h1", 32: "@0", 64: "%l1"}[t.bits]
		after := map[uint]string{16: " cvt.u32.u16 @0, %h1;", 64: " mov.b64 {@0, @1}, %l1;"}[t.bits]
		if t.signed {
			all = append(all, each("shl."+bit, source+"shl."+bit+" "+to+", "+from+";"+after, Bits, cases, func(x []uint32) []uint32 {
				v := t.read(x)
				return t.words32(v.Lsh(v, uint(min(x[at], 100))))
			}))
		}
		all = append(all, each("shr."+t.name, source+"shr."+t.name+" "+to+", "+from+";"+after, Bits, cases, func(x []uint32) []uint32 {
			v := t.read(x)
			return t.words32(v.Rsh(v, uint(min(x[at], 100))))
		}))
	}
	triples := some(128, 3, integers32, anyBits(16), one32)
	for _, mode := range []string{"clamp", "wrap"} {
		distance := func(c uint32) uint {
			if mode == "wrap" {
				return uint(c & 31)
			}
			return uint(min(c, 32))
		}
		all = append(all,
			each("shf.l."+mode, "shf.l."+mode+".b32 @0, $0, $1, $2;", Bits, triples, func(x []uint32) []uint32 {
				n := distance(x[2])
				return one32(x[1]<<n | x[0]>>(32-n))
			}),
			each("shf.r."+mode, "shf.r."+mode+".b32 @0, $0, $1, $2;", Bits, triples, func(x []uint32) []uint32 {
				n := distance(x[2])
				return one32(x[0]>>n | x[1]<<(32-n))
			}))
	}
	return all
}

// fields are bfe and bfi, also with fields that reach beyond the top.
func fields() []Snippet {
	var cases [][]uint32
	for _, position := range []uint32{0, 1, 7, 16, 31, 32, 40, 256 + 3} {
		for _, length := range []uint32{0, 1, 5, 16, 31, 32, 33, 256 + 2} {
			for _, v := range []uint32{0x80000000, 0x7fffffff, 0xdeadbeef, 0xffffffff, 1, 0x00ff00f0} {
				cases = append(cases, []uint32{v, position, length, 0x12345678})
			}
		}
	}
	inside := func(i int, position, length uint32) bool {
		return i >= int(position&255) && i < int(position&255)+int(length&255)
	}
	extract := func(x []uint32, signed bool) uint32 {
		position, length := int(x[1]&255), int(x[2]&255)
		sign := uint32(0)
		if signed && length > 0 {
			sign = x[0] >> min(position+length-1, 31) & 1
		}
		r := uint32(0)
		for i := range 32 {
			b := sign
			if i < length && position+i <= 31 {
				b = x[0] >> (position + i) & 1
			}
			r |= b << i
		}
		return r
	}
	return []Snippet{
		each("bfe.u32", "bfe.u32 @0, $0, $1, $2;", Bits, cases, func(x []uint32) []uint32 { return one32(extract(x, false)) }),
		each("bfe.s32", "bfe.s32 @0, $0, $1, $2;", Bits, cases, func(x []uint32) []uint32 { return one32(extract(x, true)) }),
		each("bfi.b32", "bfi.b32 @0, $0, $3, $1, $2;", Bits, cases, func(x []uint32) []uint32 {
			r := x[3]
			for i := range 32 {
				if inside(i, x[1], x[2]) {
					r = r&^(1<<i) | x[0]>>(i-int(x[1]&255))&1<<i
				}
			}
			return one32(r)
		}),
	}
}

// permutes are prmt in its general and its special modes.
func permutes(triples [][]uint32) []Snippet {
	byteOf := func(x []uint32, i uint32) uint32 {
		return uint32((uint64(x[1])<<32|uint64(x[0]))>>(8*(i&7))) & 255
	}
	all := []Snippet{each("prmt.b32", "prmt.b32 @0, $0, $1, $2;", Bits, triples, func(x []uint32) []uint32 {
		r := uint32(0)
		for i := range uint32(4) {
			selector := x[2] >> (4 * i)
			v := byteOf(x, selector)
			if selector&8 != 0 {
				v = uint32(int8(v)>>7) & 255
			}
			r |= v << (8 * i)
		}
		return one32(r)
	})}
	tables := map[string][4][4]uint32{
		"f4e":  {{0, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 6}},
		"b4e":  {{0, 7, 6, 5}, {1, 0, 7, 6}, {2, 1, 0, 7}, {3, 2, 1, 0}},
		"rc8":  {{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}},
		"ecl":  {{0, 1, 2, 3}, {1, 1, 2, 3}, {2, 2, 2, 3}, {3, 3, 3, 3}},
		"ecr":  {{0, 0, 0, 0}, {0, 1, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}},
		"rc16": {{0, 1, 0, 1}, {2, 3, 2, 3}, {0, 1, 0, 1}, {2, 3, 2, 3}},
	}
	for _, mode := range []string{"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"} {
		all = append(all, each("prmt.b32."+mode, "prmt.b32."+mode+" @0, $0, $1, $2;", Bits, triples, func(x []uint32) []uint32 {
			r := uint32(0)
			for i, from := range tables[mode][x[2]&3] {
				r |= byteOf(x, from) << (8 * i)
			}
			return one32(r)
		}))
	}
	return all
}
