package snippets

import (
	"fmt"
	"math"
	"strings"
)

// atomics are atom and red, in global and shared memory. Every lane has a word of its own, so that old
// values are certain; in the last ones all lanes change one word.
func atomics() []Snippet {
	var all []Snippet
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l-16) * 0x10000001, uint32(l%5-2) * 0x7000001, 5} })
	type operation struct {
		name    string
		operate func(old, v uint32) uint32
	}
	for _, op := range []operation{
		{"add.u32", func(old, v uint32) uint32 { return old + v }},
		{"exch.b32", func(_, v uint32) uint32 { return v }},
		{"and.b32", func(old, v uint32) uint32 { return old & v }},
		{"or.b32", func(old, v uint32) uint32 { return old | v }},
		{"xor.b32", func(old, v uint32) uint32 { return old ^ v }},
		{"min.u32", func(old, v uint32) uint32 { return min(old, v) }},
		{"max.u32", func(old, v uint32) uint32 { return max(old, v) }},
		{"min.s32", func(old, v uint32) uint32 { return uint32(min(int32(old), int32(v))) }},
		{"max.s32", func(old, v uint32) uint32 { return uint32(max(int32(old), int32(v))) }},
		{"inc.u32", func(old, v uint32) uint32 {
			if old >= v {
				return 0
			}
			return old + 1
		}},
		{"dec.u32", func(old, v uint32) uint32 {
			if old == 0 || old > v {
				return v
			}
			return old - 1
		}},
		{"add.f32", func(old, v uint32) uint32 {
			return math.Float32bits(math.Float32frombits(old) + math.Float32frombits(v))
		}},
	} {
		in := words
		if op.name == "add.f32" {
			in = perLane(func(l int) []uint32 { return []uint32{bits32(float64(l) / 3), bits32(1.1 * float64(16-l)), 0} })
		}
		want := perLane(func(l int) []uint32 {
			return []uint32{in[l][0], op.operate(in[l][0], in[l][1]), op.operate(op.operate(in[l][0], in[l][1]), in[l][1])}
		})
		for _, space := range []string{"global", "shared"} {
			code := fmt.Sprintf("%s st.%s.u32 [%%l0], %%x0; atom.%s.%s %%y0, [%%l0], %%x1; ld.%s.u32 %%y1, [%%l0]; red.%s.%s [%%l0], %%x1; ld.%s.u32 %%y2, [%%l0];",
				place(space), space, space, op.name, space, space, op.name, space)
			if op.name == "exch.b32" { // there is no red.exch
				code = strings.Replace(code, "red."+space+"."+op.name, "atom."+space+"."+op.name+" %x3,", 1)
			}
			all = append(all, warp("atom."+space+"."+op.name, 75, shared, code, Bits, in, want))
		}
	}
	return append(append(all, swaps()...), crowds()...)
}

// shared is memory for every lane to have 16 bytes of.
const shared = ".shared .align 16 .b8 room[512];"

// place puts the address of a lane's own memory into %l0.
func place(space string) string {
	if space == "global" {
		return "mov.b64 %l0, %out;"
	}
	return "mov.u64 %l0, room; mad.wide.u32 %l0, %lane, 16, %l0;"
}

// swaps are compare and swap, and operations on 64 bits.
func swaps() []Snippet {
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l % 3), uint32(l % 2), uint32(l) + 100, ^uint32(l)} })
	var all []Snippet
	for _, space := range []string{"global", "shared"} {
		code := place(space) + fmt.Sprintf(" st.%s.u32 [%%l0], %%x0; atom.%s.cas.b32 %%y0, [%%l0], %%x1, %%x2; ld.%s.u32 %%y1, [%%l0];", space, space, space)
		all = append(all, warp("atom."+space+".cas.b32", 75, shared, code, Bits, words, perLane(func(l int) []uint32 {
			if words[l][0] == words[l][1] {
				return []uint32{words[l][0], words[l][2]}
			}
			return []uint32{words[l][0], words[l][0]}
		})))
		code = place(space) + fmt.Sprintf(` mov.b64 %%l1, {%%x0, %%x3}; mov.b64 %%l2, {%%x3, %%x2}; st.%s.u64 [%%l0], %%l1; atom.%s.add.u64 %%l3, [%%l0], %%l2; ld.%s.u64 %%l4, [%%l0];
			mov.b64 {%%y0, %%y1}, %%l3; mov.b64 {%%y2, %%y3}, %%l4;`, space, space, space)
		all = append(all, warp("atom."+space+".add.u64", 75, shared, code, Bits, words, perLane(func(l int) []uint32 {
			a, b := join64([]uint32{words[l][0], words[l][3]}), join64([]uint32{words[l][3], words[l][2]})
			return append(one64(a), one64(a+b)...)
		})))
		code = place(space) + fmt.Sprintf(` cvt.rn.f64.u32 %%l1, %%x0; cvt.rn.f64.u32 %%l2, %%x3; st.%s.f64 [%%l0], %%l1; atom.%s.add.f64 %%l3, [%%l0], %%l2; ld.%s.f64 %%l4, [%%l0];
			mov.b64 {%%y0, %%y1}, %%l3; mov.b64 {%%y2, %%y3}, %%l4;`, space, space, space)
		all = append(all, warp("atom."+space+".add.f64", 75, shared, code, Float64, words, perLane(func(l int) []uint32 {
			return append(bits64(float64(words[l][0])), bits64(float64(words[l][0])+float64(words[l][3]))...)
		})))
	}
	return all
}

// crowds are all lanes at one word, of which only the sum is certain.
func crowds() []Snippet {
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l*l + 1)} })
	sum, greatest := uint32(0), uint32(0)
	for l := range words {
		sum += words[l][0]
		greatest = max(greatest, words[l][0])
	}
	code := `setp.eq.u32 %p0, %lane, 0; mov.u64 %l0, room; @%p0 st.shared.u32 [%l0], 0; @%p0 st.shared.u32 [%l0+4], 0; bar.sync 0;
		red.shared.add.u32 [%l0], %x0; red.shared.max.u32 [%l0+4], %x0; bar.sync 0; ld.shared.u32 %y0, [%l0]; ld.shared.u32 %y1, [%l0+4];`
	generic := `setp.eq.u32 %p0, %lane, 0; mov.u64 %l0, room; cvta.shared.u64 %l0, %l0; @%p0 st.u32 [%l0], 0; @%p0 st.u32 [%l0+4], 0; bar.sync 0;
		atom.add.u32 %x1, [%l0], %x0; atom.max.u32 %x1, [%l0+4], %x0; bar.sync 0; ld.u32 %y0, [%l0]; ld.u32 %y1, [%l0+4];`
	want := perLane(func(int) []uint32 { return []uint32{sum, greatest} })
	return []Snippet{
		warp("red.shared.add.u32 crowd", 75, shared, code, Bits, words, want),
		warp("atom.add.u32 generic crowd", 75, shared, generic, Bits, words, want),
	}
}
