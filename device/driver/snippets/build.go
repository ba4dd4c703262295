package snippets

import (
	"fmt"
	"strings"
)

// module makes a module of the body of a kernel. In it, %in and %out are the addresses of the lane's own
// words, and there are registers of every kind: %x0 to %x255 and %y0 to %y255 of 32 bits, %l0 to %l15 of
// 64, %h0 to %h15 of 16, %p0 to %p15 for predicates, %lane.
func module(capability int, declarations, body string, ins, outs int) string {
	return fmt.Sprintf(`.version 7.0
.target sm_%d
.address_size 64
%s
.visible .entry snippet(
	.param .u64 in,
	.param .u64 out
)
{
	.reg .pred %%p<16>;
	.reg .b16 %%h<16>;
	.reg .b32 %%x<256>;
	.reg .b32 %%y<256>;
	.reg .b64 %%l<16>;
	.reg .b64 %%in, %%out;
	.reg .b32 %%lane;
	mov.u32 %%lane, %%tid.x;
	ld.param.u64 %%in, [in];
	cvta.to.global.u64 %%in, %%in;
	mad.wide.u32 %%in, %%lane, %d, %%in;
	ld.param.u64 %%out, [out];
	cvta.to.global.u64 %%out, %%out;
	mad.wide.u32 %%out, %%lane, %d, %%out;
%s	ret;
}
`, capability, declarations, 4*ins, 4*outs, body)
}

// each makes a snippet of instructions that every lane does for itself. The code has $0, $1 for the words
// it reads and @0, @1 for those it writes; it is done for all cases, 32 at a time. want gives the words
// that a case must write.
func each(name, code string, kind Kind, cases [][]uint32, want func(x []uint32) []uint32) Snippet {
	for len(cases)%lanes != 0 {
		cases = append(cases, cases[len(cases)%7])
	}
	ins, outs := len(cases[0]), len(want(cases[0]))
	rounds := len(cases) / lanes
	s := Snippet{Name: name, Capability: 75, Kind: kind}
	var body strings.Builder
	for r := range rounds {
		text := code
		for i := ins - 1; i >= 0; i-- {
			text = strings.ReplaceAll(text, fmt.Sprintf("$%d", i), fmt.Sprintf("%%x%d", i))
			fmt.Fprintf(&body, "\tld.global.u32 %%x%d, [%%in+%d];\n", i, 4*(r*ins+i))
		}
		for i := outs - 1; i >= 0; i-- {
			text = strings.ReplaceAll(text, fmt.Sprintf("@%d", i), fmt.Sprintf("%%y%d", i))
		}
		fmt.Fprintf(&body, "\t%s\n", text)
		for i := range outs {
			fmt.Fprintf(&body, "\tst.global.u32 [%%out+%d], %%y%d;\n", 4*(r*outs+i), i)
		}
	}
	for l := range lanes {
		for r := range rounds {
			c := cases[l*rounds+r]
			s.Inputs = append(s.Inputs, c...)
			s.Want = append(s.Want, want(c)...)
		}
	}
	s.PTX = module(s.Capability, "", body.String(), ins*rounds, outs*rounds)
	return s
}

// warp makes a snippet in which lanes work together. want gives the words of all lanes, of each lane
// outs, from those they read, each ins.
func warp(name string, capability int, declarations, code string, kind Kind, ins [lanes][]uint32, want [lanes][]uint32) Snippet {
	s := Snippet{Name: name, Capability: capability, Kind: kind}
	var body strings.Builder
	for i := range ins[0] {
		fmt.Fprintf(&body, "\tld.global.u32 %%x%d, [%%in+%d];\n", i, 4*i)
	}
	for line := range strings.Lines(code) {
		body.WriteString("\t" + strings.TrimSpace(line) + "\n")
	}
	for i := range want[0] {
		fmt.Fprintf(&body, "\tst.global.u32 [%%out+%d], %%y%d;\n", 4*i, i)
	}
	for l := range lanes {
		s.Inputs = append(s.Inputs, ins[l]...)
		s.Want = append(s.Want, want[l]...)
	}
	s.PTX = module(capability, declarations, body.String(), len(ins[0]), len(want[0]))
	return s
}

// perLane makes the words of every lane.
func perLane(f func(l int) []uint32) (all [lanes][]uint32) {
	for l := range all {
		all[l] = f(l)
	}
	return all
}

func retarget(ptx string, from, to int) string {
	return strings.Replace(ptx, fmt.Sprintf(".target sm_%d", from), fmt.Sprintf(".target sm_%d", to), 1)
}
