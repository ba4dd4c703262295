package snippets

import (
	"fmt"
	"math"
)

// halves are the instructions on float16 and bfloat16, alone and in pairs.
func halves() []Snippet {
	all := halvesOf("f16", half, halfValues, Float16, Halves, halfValue, 75)
	return append(all, halvesOf("bf16", bhalf, bhalfValues, BFloat16, BHalves, func(b uint16) float64 { return f32(uint32(b) << 16) }, 80)...)
}

func halvesOf(name string, f format, list []uint16, kind, pairKind Kind, value func(b uint16) float64, capability int) []Snippet {
	var all []Snippet
	encode := func(a exact) uint32 { return uint32(f.encode(a.rounded(f, "rn"))) }
	operand := func(x uint32) exact { return of(value(uint16(x))) }
	cases := pairs(list, one16)
	r := random(41)
	triples := some(160, 3, list, func() uint16 { return uint16(r.Uint32()) }, one16)
	twice := func(cases [][]uint32) (packed [][]uint32) { // another case in the upper half
		for i, c := range cases {
			p := append([]uint32{}, c...)
			for k := range p {
				p[k] |= cases[(i*7+3)%len(cases)][k] << 16
			}
			packed = append(packed, p)
		}
		return packed
	}
	add := func(op string, sources int, cases [][]uint32, want func(x []uint32) uint32) {
		code, operands := "", ""
		for i := range sources {
			code += fmt.Sprintf("cvt.u16.u32 %%h%d, $%d; ", i, i)
			operands += fmt.Sprintf(", %%h%d", i)
		}
		single := each(op+"."+name, code+op+"."+name+" %h9"+operands+"; cvt.u32.u16 @0, %h9;", kind, cases, func(x []uint32) []uint32 { return one32(want(x)) })
		operands = ""
		for i := range sources {
			operands += fmt.Sprintf(", $%d", i)
		}
		pair := each(op+"."+name+"x2", op+"."+name+"x2 @0"+operands+";", pairKind, twice(cases), func(x []uint32) []uint32 {
			low, high := make([]uint32, len(x)), make([]uint32, len(x))
			for i := range x {
				low[i], high[i] = x[i]&0xffff, x[i]>>16
			}
			return one32(want(low) | want(high)<<16)
		})
		all = append(all, single, pair)
	}
	add("fma.rn", 3, triples, func(x []uint32) uint32 { return encode(operand(x[0]).mul(operand(x[1])).add(operand(x[2]))) })
	if name == "f16" { // those of bfloat16 came with compute capability 9.0
		add("add.rn", 2, cases, func(x []uint32) uint32 { return encode(operand(x[0]).add(operand(x[1]))) })
		add("sub.rn", 2, cases, func(x []uint32) uint32 { return encode(operand(x[0]).add(operand(x[1]).neg())) })
		add("mul.rn", 2, cases, func(x []uint32) uint32 { return encode(operand(x[0]).mul(operand(x[1]))) })
	}
	least := func(a, b float64) float64 {
		switch {
		case a != a:
			return b
		case b != b:
			return a
		}
		return math.Min(a, b)
	}
	minmax := len(all)
	add("min", 2, cases, func(x []uint32) uint32 { return uint32(f.encode(least(value(uint16(x[0])), value(uint16(x[1]))))) })
	add("max", 2, cases, func(x []uint32) uint32 { return uint32(f.encode(-least(-value(uint16(x[0])), -value(uint16(x[1]))))) })
	for i := minmax; i < len(all); i++ {
		all[i] = all[i].needs(80)
	}
	for i := range all {
		all[i] = all[i].needs(capability)
	}
	return all
}

// needs raises the capability that a snippet needs.
func (s Snippet) needs(capability int) Snippet {
	if capability > s.Capability {
		s.PTX = retarget(s.PTX, s.Capability, capability)
		s.Capability = capability
	}
	return s
}
