package snippets

import (
	"fmt"
	"math"
	"strings"
)

// warpgroupCase is a wgmma.mma_async of 64 by columns results. It multiplies part number step of its operands.
type warpgroupCase struct {
	kind    string
	columns int
	a, b    operandLayout
	step    int  // k of operands in shared memory that come first, in instructions
	inRegs  bool // a
	negated bool // a; and then d = a·b, without what was in d
	inexact bool // tf32 has its low 13 bits set, which are not looked at
}

// warpgroups are wgmma on operands in all layouts.
func warpgroups() []Snippet {
	k128, mn128 := operandLayout{false, 128}, operandLayout{true, 128}
	all := []Snippet{
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 128, a: k128, b: k128, step: 3}),
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 256, a: k128, b: k128, step: 1}),
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 128, a: mn128, b: mn128, step: 2}),
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 192, a: mn128, b: k128, step: 1}),
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 256, a: k128, b: mn128, step: 3}),
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 8, a: k128, b: k128, inRegs: true}),
		multiplyGroup(warpgroupCase{kind: "bf16", columns: 24, a: k128, b: k128, negated: true}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 64, a: k128, b: k128, step: 2}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 128, a: k128, b: k128, step: 3}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 256, a: k128, b: k128, step: 1}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 24, a: k128, b: k128, negated: true}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 64, a: k128, b: k128, inexact: true}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 16, a: k128, b: k128, step: 1, inRegs: true}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 128, a: k128, b: k128, step: 2, inRegs: true}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 256, a: k128, b: k128, step: 3, inRegs: true}),
		multiplyGroup(warpgroupCase{kind: "tf32", columns: 8, a: k128, b: k128, inRegs: true, inexact: true}),
	}
	for _, swizzle := range []int{0, 32, 64} {
		k := operandLayout{false, swizzle}
		all = append(all, multiplyGroup(warpgroupCase{kind: "tf32", columns: 64, a: k, b: k}))
		for _, major := range []bool{false, true} {
			o := operandLayout{major, swizzle}
			all = append(all, multiplyGroup(warpgroupCase{kind: "bf16", columns: 64, a: o, b: o}))
		}
	}
	return all
}

const groupThreads = 4 * lanes

// multiplyGroup has the threads copy both operands, as they are to lie, to shared memory. A thread's words are its
// part of that, what is in d before, and its part of a in registers.
func multiplyGroup(g warpgroupCase) Snippet {
	round, each := operandOf(g.kind)
	bytes, n := 4/each, g.columns
	depth := 32 / bytes
	r := random(uint64(901 + n + g.step))
	image := make([]byte, 0)
	matrix := func(o operandLayout, rows int) (number func(mn, k int) uint32, descriptor string) {
		deep := o.depth(bytes)
		at, leading, stride := o.place(bytes, rows, deep)
		start := len(image)
		image = append(image, make([]byte, rows*deep*bytes)...)
		numbers := make([]uint32, rows*deep)
		for mn := range rows {
			for k := range deep {
				bits := round(r.NormFloat64())
				if g.inexact {
					bits |= 1<<13 - 1
				}
				numbers[mn*deep+k] = bits
				for i := range bytes {
					image[start+at(mn, k)+i] = byte(bits >> (8 * i))
				}
			}
		}
		first := start + g.step*32 // along k within a row
		if o.majorMN {
			first = start + g.step*depth/8*stride
		}
		mode := map[int]uint64{0: 0, 128: 1, 64: 2, 32: 3}[o.swizzle]
		fields := uint64(first>>4) | uint64(leading>>4)<<16 | uint64(stride>>4)<<32 | mode<<62
		return func(mn, k int) uint32 { return numbers[mn*deep+g.step*depth+k] }, fmt.Sprintf("%#x", fields)
	}
	a, descriptorA := matrix(g.a, 64)
	b, descriptorB := matrix(g.b, n)
	value := func(bits uint32) float64 {
		if g.kind == "tf32" {
			bits &^= 1<<13 - 1
		}
		return operandValue(bits, g.kind)
	}
	const pieces = 16 * groupThreads
	image = append(image, make([]byte, (pieces-len(image)%pieces)%pieces)...)
	perThread := len(image) / groupThreads
	before := make([]float64, 64*n)
	for i := range before {
		before[i] = f32(bits32(r.NormFloat64()))
	}
	s := Snippet{Name: fmt.Sprintf("wgmma.m64n%dk%d.%s %v %v", n, depth, g.kind, g.a, g.b), Capability: 90, Exactly: true, Threads: groupThreads, Kind: Float32}
	sign, add := 1.0, 1.0
	if g.negated {
		sign, add = -1, 0
		s.Name += " negated"
	}
	if g.inexact {
		s.Name += " inexact"
	}
	if g.inRegs {
		s.Name += " from registers"
	}
	for t := range groupThreads {
		for i := 0; i < perThread; i += 4 {
			s.Inputs = append(s.Inputs, toWords(image[t*perThread+i:][:4])...)
		}
		place := func(i int) (row, column int) { // of the thread's result number i
			return t/lanes*16 + t%lanes/4 + i%4/2*8, i/4*8 + t%4*2 + i%2
		}
		for i := range n / 2 {
			row, column := place(i)
			s.Inputs = append(s.Inputs, bits32(before[row*n+column]))
		}
		for i := range 4 { // a's fragments, as mma has them
			row, k := t/lanes*16+t%lanes/4+i%2*8, t%4*each+i/2*4*each
			word := uint32(0)
			for e := range each {
				word |= a(row, k+e) << (16 * e)
			}
			s.Inputs = append(s.Inputs, word)
		}
		for i := range n / 2 {
			row, column := place(i)
			sum := add * before[row*n+column]
			size := math.Abs(sum)
			for k := range depth {
				product := value(a(row, k)) * value(b(column, k))
				sum += sign * product
				size += math.Abs(product)
			}
			s.Absolute = max(s.Absolute, size*0x1p-20)
			s.Want = append(s.Want, bits32(sum))
		}
	}
	transposed := ""
	if bytes == 2 {
		transposed = fmt.Sprintf(", %d", truth(g.b.majorMN))
		if !g.inRegs {
			transposed = fmt.Sprintf(", %d%s", truth(g.a.majorMN), transposed)
		}
	}
	s.PTX = groupModule(len(image), perThread, n/2, fmt.Sprintf(`
	mov.u64 %%l0, room; shr.u64 %%l0, %%l0, 4;
	mov.b64 %%l1, %s; add.u64 %%l1, %%l1, %%l0;
	mov.b64 %%l2, %s; add.u64 %%l2, %%l2, %%l0;
	setp.ne.u32 %%p0, %%lane, %%lane;
	%s
	fence.proxy.async; bar.sync 0;
	wgmma.fence.sync.aligned;
	wgmma.mma_async.sync.aligned.m64n%dk%d.f32.%s.%s {%s}, %s, %%l2, %%p0, %d, 1%s;
	wgmma.commit_group.sync.aligned;
	wgmma.wait_group.sync.aligned 0;
`, descriptorA, descriptorB, map[bool]string{false: "not.pred %p0, %p0;"}[g.negated], n, depth, g.kind, g.kind, numbered("y", n/2),
		map[bool]string{false: "%l1", true: "{" + numbered("x", 4) + "}"}[g.inRegs], int(sign), transposed))
	return s
}

// groupModule makes a module of a body, before which a thread's part of an image has been copied to the shared array
// room, and results words read into %y0 on, and then four into %x0 on. Afterwards %y0 on are written.
func groupModule(image, perThread, results int, body string) string {
	var b strings.Builder
	b.WriteString("\tmov.u32 %x8, room; mad.lo.u32 %x8, %lane, " + fmt.Sprint(perThread) + ", %x8;\n")
	for i := 0; i < perThread; i += 16 {
		fmt.Fprintf(&b, "\tld.global.v4.u32 {%%x0, %%x1, %%x2, %%x3}, [%%in+%d]; st.shared.v4.u32 [%%x8+%d], {%%x0, %%x1, %%x2, %%x3};\n", i, i)
	}
	for i := range results {
		fmt.Fprintf(&b, "\tld.global.u32 %%y%d, [%%in+%d];\n", i, perThread+4*i)
	}
	for i := range 4 {
		fmt.Fprintf(&b, "\tld.global.u32 %%x%d, [%%in+%d];\n", i, perThread+4*results+4*i)
	}
	b.WriteString(body)
	for i := range results {
		fmt.Fprintf(&b, "\tst.global.u32 [%%out+%d], %%y%d;\n", 4*i, i)
	}
	declare := fmt.Sprintf(".shared .align 1024 .b8 room[%d];", image)
	ptx := module(90, declare, b.String(), perThread/4+results+4, results)
	return strings.Replace(strings.Replace(ptx, ".version 7.0", ".version 8.0", 1), ".target sm_90", ".target sm_90a", 1)
}

// numbered is a list of registers.
func numbered(name string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%%%s%d", name, i)
	}
	return strings.Join(list, ", ")
}
