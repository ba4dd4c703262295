package snippets

import (
	"fmt"
	"strings"
)

// memory are loads and stores of every width and in every space.
func memory() []Snippet {
	all := append(widths(), vectors()...)
	return append(all, spaces()...)
}

// widths stores a word and loads parts of it, with and without sign, into wider registers.
func widths() []Snippet {
	var all []Snippet
	words := perLane(func(l int) []uint32 { return []uint32{0x80c1e2f3 + uint32(l)*0x01234567, 0x7f00ff81 ^ uint32(l)<<3} })
	for _, t := range typesOf("u8 s8 u16 s16 u32 s32") {
		name := "ld.global." + t.name
		code := fmt.Sprintf("ld.global.%s %%y0, [%%in+4]; ld.global.%s %%l0, [%%in]; mov.b64 {%%y1, %%y2}, %%l0;", t.name, t.name)
		all = append(all, warp(name, 75, "", code, Bits, words, perLane(func(l int) []uint32 {
			low, wide := t.read(words[l][1:]), intType{"", 64, false}
			two := wide.words32(t.read(words[l]))
			return []uint32{intType{"", 32, false}.words32(low)[0], two[0], two[1]}
		})))
	}
	// Stores of a part leave the rest as it is.
	code := `st.global.u32 [%out], 0; st.global.u32 [%out+4], 0; cvt.u16.u32 %h0, %x0; st.global.u8 [%out+1], %h0; st.global.u16 [%out+6], %h0;
		ld.global.u32 %y0, [%out]; ld.global.u32 %y1, [%out+4]; mov.b64 %l1, {%x0, %x1}; st.global.b64 [%out], %l1; ld.global.v2.u32 {%y2, %y3}, [%out]; st.global.u8 [%out], %x1; ld.global.u32 %y4, [%out]; mov.u32 %y5, 0;`
	return append(all, warp("st.global", 75, "", code, Bits, words, perLane(func(l int) []uint32 {
		w := words[l]
		return []uint32{w[0] & 255 << 8, w[0] & 0xffff << 16, w[0], w[1], w[0]&^255 | w[1]&255, 0}
	})))
}

// vectors are loads and stores of 2 and 4 values.
func vectors() []Snippet {
	var all []Snippet
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l) * 3, uint32(l) * 5, uint32(l) * 7, ^uint32(l)} })
	reversed := perLane(func(l int) []uint32 { return []uint32{words[l][3], words[l][2], words[l][1], words[l][0]} })
	for _, hint := range []string{"", ".nc", ".ca", ".cg", ".cs", ".relaxed.gpu", ".volatile"} {
		code := fmt.Sprintf("ld%s.v4.u32 {%%y3, %%y2, %%y1, %%y0}, [%%in];", withSpace(hint))
		all = append(all, warp("ld"+withSpace(hint)+".v4.u32", 75, "", code, Bits, words, reversed))
	}
	return append(all,
		warp("ld.global.v2.b64", 75, "", "ld.global.v2.u64 {%l0, %l1}, [%in]; mov.b64 {%y3, %y2}, %l0; mov.b64 {%y1, %y0}, %l1;", Bits, words, reversed),
		warp("ld.global.v2.f32", 75, "", "ld.global.v2.f32 {%y3, %y2}, [%in]; ld.global.v2.f32 {%y1, %y0}, [%in+8];", Bits, words, reversed),
		warp("st.global.v4.u32", 75, "", "st.global.v4.u32 [%out], {%x3, %x2, %x1, %x0}; ld.global.u32 %y0, [%out]; ld.global.u32 %y1, [%out+4]; ld.global.u32 %y2, [%out+8]; ld.global.u32 %y3, [%out+12];", Bits, words, reversed),
		warp("ld.global.v4.u8", 75, "", "ld.global.v4.u8 {%h0, %h1, %h2, %h3}, [%in+12]; cvt.u32.u16 %y0, %h0; cvt.u32.u16 %y1, %h1; cvt.u32.u16 %y2, %h2; cvt.u32.u16 %y3, %h3;", Bits, words,
			perLane(func(l int) []uint32 { return []uint32{^uint32(l) & 255, 255, 255, 255} })))
}

// withSpace puts the state space where a modifier wants it.
func withSpace(hint string) string {
	if hint == ".volatile" || strings.HasPrefix(hint, ".relaxed") {
		return hint + ".global"
	}
	return ".global" + hint
}

// spaces are shared, local and constant memory, with addresses of their own and generic ones.
func spaces() []Snippet {
	words := perLane(func(l int) []uint32 { return []uint32{uint32(l)*0x01010101 + 7, uint32(l) << 9} })
	neighbours := perLane(func(l int) []uint32 { return []uint32{words[l^1][0], words[(l+31)%32][1]} })
	const declare = ".shared .align 16 .b8 buffer[512];"
	exchange := `shl.b32 %x2, %lane, 2; mov.u32 %x3, buffer; add.u32 %x4, %x3, %x2;
		st.shared.u32 [%x4], %x0; st.shared.u32 [%x4+128], %x1; bar.sync 0;
		xor.b32 %x5, %lane, 1; mad.lo.u32 %x6, %x5, 4, %x3; ld.shared.u32 %y0, [%x6];
		add.u32 %x5, %lane, 31; and.b32 %x5, %x5, 31; mul.wide.u32 %l0, %x5, 4; mov.u64 %l1, buffer; add.u64 %l2, %l0, %l1; ld.shared.u32 %y1, [%l2+128];`
	generic := `mov.u64 %l0, buffer; cvta.shared.u64 %l1, %l0; mul.wide.u32 %l2, %lane, 4; add.u64 %l3, %l1, %l2;
		st.u32 [%l3], %x0; st.u32 [%l3+128], %x1; bar.sync 0; cvta.to.shared.u64 %l4, %l1;
		xor.b32 %x5, %lane, 1; mul.wide.u32 %l5, %x5, 4; add.u64 %l5, %l5, %l4; ld.shared.u32 %y0, [%l5];
		add.u32 %x5, %lane, 31; and.b32 %x5, %x5, 31; mul.wide.u32 %l5, %x5, 4; add.u64 %l5, %l5, %l1; ld.u32 %y1, [%l5+128];`
	quads := `shl.b32 %x2, %lane, 4; mov.u32 %x3, buffer; add.u32 %x4, %x3, %x2; st.shared.v4.u32 [%x4], {%x0, %x1, %x0, %x1}; bar.sync 0;
		xor.b32 %x5, %x2, 16; add.u32 %x5, %x5, %x3; ld.shared.v4.u32 {%x6, _, %y0, _}, [%x5];
		add.u32 %x5, %x2, 496; and.b32 %x5, %x5, 511; cvt.u64.u32 %l0, %x5; mov.u64 %l1, buffer; add.u64 %l0, %l0, %l1; ld.shared.v2.u32 {%x7, %y1}, [%l0+8];`
	bytes := `mov.u32 %x3, buffer; add.u32 %x4, %x3, %lane; st.shared.u8 [%x4], %x0; bar.sync 0; xor.b32 %x5, %lane, 1; add.u32 %x5, %x5, %x3; ld.shared.u8 %y0, [%x5]; ld.shared.s8 %y1, [%x4];`
	local := `mov.u64 %l0, place; and.b32 %x2, %lane, 3; mul.wide.u32 %l1, %x2, 4; add.u64 %l2, %l0, %l1; st.local.u32 [%l0], 1; st.local.u32 [%l0+4], 2; st.local.u32 [%l0+8], 3; st.local.u32 [%l0+12], 4;
		st.local.u32 [%l2], %x0; ld.local.u32 %y0, [%l0+8]; cvta.local.u64 %l3, %l2; ld.u32 %y1, [%l3];`
	constants := `mov.u64 %l0, table; and.b32 %x2, %lane, 3; mul.wide.u32 %l1, %x2, 4; add.u64 %l2, %l0, %l1; ld.const.u32 %y0, [%l2]; ld.const.u32 %y1, [table+4];
		ld.global.f32 %y2, [numbers+4]; mov.u64 %l3, numbers; ld.global.u32 %y3, [%l3];`
	return []Snippet{
		warp("ld.shared", 75, declare, exchange, Bits, words, neighbours),
		warp("ld generic", 75, declare, generic, Bits, words, neighbours),
		warp("ld.shared.v4", 75, declare, quads, Bits, words, neighbours),
		warp("ld.shared.u8", 75, declare, bytes, Bits, words, perLane(func(l int) []uint32 {
			return []uint32{words[l^1][0] & 255, uint32(int8(words[l][0]))}
		})),
		warp("ld.local", 75, "", ".local .align 4 .b8 place[16];\n"+local, Bits, words, perLane(func(l int) []uint32 {
			if l&3 == 2 {
				return []uint32{words[l][0], words[l][0]}
			}
			return []uint32{3, words[l][0]}
		})),
		warp("ld.const", 75, ".const .align 4 .u32 table[4] = {5, 0x10, 4294967295, -3};\n.global .align 4 .f32 numbers[2] = {0f3F800000, 0fC0000000};", constants, Bits,
			perLane(func(int) []uint32 { return nil }), perLane(func(l int) []uint32 {
				return []uint32{[]uint32{5, 0x10, 0xffffffff, 0xfffffffd}[l&3], 0x10, 0xc0000000, 0x3f800000}
			})),
	}
}
