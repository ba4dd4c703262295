package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winogradFamily writes the transforms of F(2×2,2×2): only sums and differences.
func winogradFamily(g *generator) {
	g.winogradInput()
	g.winogradInput5()
	g.winogradOutput("winogradOutput", false)
	g.winogradOutput("winogradOutputAdd", true)
	g.winogradWeight()
}

// points is where the transform's points go: ps bytes apart from dst on. It needs rows of three.
type points struct{ dst, ps, ps3, dst4, dst8 reg.GPPhysical }

// nine prepares the addresses of nine points.
func (g *generator) nine(p points) {
	g.LEAQ(indexed(p.ps, p.ps, 2, 0), p.ps3)
	g.LEAQ(indexed(p.dst, p.ps, 4, 0), p.dst4)
	g.LEAQ(indexed(p.dst4, p.ps, 4, 0), p.dst8)
}

// of returns the address of point i.
func (p points) of(i int) operand.Mem {
	base := []reg.GPPhysical{p.dst, p.dst4, p.dst8}[i/4]
	switch i % 4 {
	case 1:
		return indexed(base, p.ps, 1, 0)
	case 2:
		return indexed(base, p.ps, 2, 0)
	case 3:
		return indexed(base, p.ps3, 1, 0)
	}
	return at(base, 0)
}

// advance moves the points on by a vector.
func (g *generator) advance(p points) {
	for _, r := range []reg.GPPhysical{p.dst, p.dst4, p.dst8} {
		g.ADDQ(operand.Imm(uint64(g.bytes())), r)
	}
}

// winogradInput: nine pixels d of a 3×3 patch to nine points, rows and columns being
// d0−d1, d1, d1−d2.
func (g *generator) winogradInput() {
	g.function("winogradInput", "func(n int, px *[9]*float32, dst *float32, ps int)")
	p := points{reg.RBX, reg.RSI, reg.R8, reg.R9, reg.R10}
	g.arg("n", reg.RCX)
	g.arg("px", reg.RAX)
	g.arg("dst", p.dst)
	g.arg("ps", p.ps)
	g.toBytes(p.ps)
	g.nine(p)
	g.XORQ(reg.RDI, reg.RDI)
	v := g.v
	g.Label("loop")
	for i := range 9 {
		g.MOVQ(at(reg.RAX, 8*i), reg.RDX)
		g.VMOVUPS(indexed(reg.RDX, reg.RDI, 1, 0), v[i])
	}
	for c := range 3 {
		g.VSUBPS(v[3+c], v[c], v[c])     // row 0 − row 1
		g.VSUBPS(v[6+c], v[3+c], v[6+c]) // row 1 − row 2
	}
	for r := range 3 {
		g.VSUBPS(v[3*r+1], v[3*r], v[9])
		g.VSUBPS(v[3*r+2], v[3*r+1], v[10])
		g.VMOVUPS(v[9], p.of(3*r))
		g.VMOVUPS(v[3*r+1], p.of(3*r+1))
		g.VMOVUPS(v[10], p.of(3*r+2))
	}
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	g.advance(p)
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// winogradInput5: sixteen pixels a of a 4×4 patch to 25 points that the four 3×3 patches inside share,
// rows and columns being a0−a1, a1, a1−a2, a2, a2−a3.
func (g *generator) winogradInput5() {
	g.function("winogradInput5", "func(n int, px *[16]*float32, dst *float32, ps int)")
	dst, ps, ps3 := reg.RBX, reg.RSI, reg.R8
	g.arg("n", reg.RCX)
	g.arg("px", reg.RAX)
	g.arg("dst", dst)
	g.arg("ps", ps)
	g.toBytes(ps)
	g.LEAQ(indexed(ps, ps, 2, 0), ps3)
	g.XORQ(reg.RDI, reg.RDI)
	upper, lower, row := g.v[0:4], g.v[4:8], g.v[8:12]
	load := func(a int, to []reg.VecPhysical) {
		for c := range 4 {
			g.MOVQ(at(reg.RAX, 8*(4*a+c)), reg.RDX)
			g.VMOVUPS(indexed(reg.RDX, reg.RDI, 1, 0), to[c])
		}
	}
	emit := func(v []reg.VecPhysical) {
		g.VSUBPS(v[1], v[0], g.v[12])
		g.VSUBPS(v[2], v[1], g.v[13])
		g.VSUBPS(v[3], v[2], g.v[14])
		g.VMOVUPS(g.v[12], at(reg.R9, 0))
		g.VMOVUPS(v[1], indexed(reg.R9, ps, 1, 0))
		g.VMOVUPS(g.v[13], indexed(reg.R9, ps, 2, 0))
		g.VMOVUPS(v[2], indexed(reg.R9, ps3, 1, 0))
		g.LEAQ(indexed(reg.R9, ps, 4, 0), reg.R9)
		g.VMOVUPS(g.v[14], at(reg.R9, 0))
		g.ADDQ(ps, reg.R9)
	}
	g.Label("loop")
	g.LEAQ(indexed(dst, reg.RDI, 1, 0), reg.R9)
	load(0, upper)
	for a := 1; a < 4; a++ {
		load(a, lower)
		for c := range 4 {
			g.VSUBPS(lower[c], upper[c], row[c])
		}
		emit(row)
		if a < 3 {
			emit(lower)
		}
		upper, lower = lower, upper
	}
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// winogradOutput: nine points m to the four numbers of a 2×2 tile, rows and columns being m0+m1,
// m1−m2. With add they are added to what is there.
func (g *generator) winogradOutput(name string, add bool) {
	g.function(name, "func(n int, m *float32, ps int, y *[4]*float32)")
	p := points{reg.RBX, reg.RSI, reg.R8, reg.R9, reg.R10}
	g.arg("n", reg.RCX)
	g.arg("m", p.dst)
	g.arg("ps", p.ps)
	g.arg("y", reg.RAX)
	g.toBytes(p.ps)
	g.nine(p)
	out := []reg.GPPhysical{reg.R11, reg.R12, reg.R13, reg.RDX}
	for i, r := range out {
		g.MOVQ(at(reg.RAX, 8*i), r)
	}
	g.XORQ(reg.RDI, reg.RDI)
	v := g.v
	g.Label("loop")
	for i := range 9 {
		g.VMOVUPS(p.of(i), v[i])
	}
	for c := range 3 {
		g.VADDPS(v[3+c], v[c], v[c])
		g.VSUBPS(v[6+c], v[3+c], v[3+c])
	}
	for r := range 2 {
		g.VADDPS(v[3*r+1], v[3*r], v[9])
		g.VSUBPS(v[3*r+2], v[3*r+1], v[10])
		for c := range 2 {
			at := indexed(out[2*r+c], reg.RDI, 1, 0)
			if add {
				g.VADDPS(at, v[9+c], v[9+c])
			}
			g.VMOVUPS(v[9+c], at)
		}
	}
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	g.advance(p)
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// winogradWeight: the four taps w of a 2×2 kernel to nine points, rows and columns being
// w0, w0+w1, w1.
func (g *generator) winogradWeight() {
	g.function("winogradWeight", "func(n int, w *[4]*float32, dst *float32, ps int)")
	p := points{reg.RBX, reg.RSI, reg.R8, reg.R9, reg.R10}
	g.arg("n", reg.RCX)
	g.arg("w", reg.RAX)
	g.arg("dst", p.dst)
	g.arg("ps", p.ps)
	g.toBytes(p.ps)
	g.nine(p)
	in := []reg.GPPhysical{reg.R11, reg.R12, reg.R13, reg.RDX}
	for i, r := range in {
		g.MOVQ(at(reg.RAX, 8*i), r)
	}
	g.XORQ(reg.RDI, reg.RDI)
	v := g.v
	g.Label("loop")
	for i, r := range in {
		g.VMOVUPS(indexed(r, reg.RDI, 1, 0), v[i])
	}
	g.VADDPS(v[2], v[0], v[4])
	g.VADDPS(v[3], v[1], v[5])
	for r, row := range [3][2]int{{0, 1}, {4, 5}, {2, 3}} {
		g.VADDPS(v[row[1]], v[row[0]], v[6])
		g.VMOVUPS(v[row[0]], p.of(3*r))
		g.VMOVUPS(v[6], p.of(3*r+1))
		g.VMOVUPS(v[row[1]], p.of(3*r+2))
	}
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	g.advance(p)
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}
