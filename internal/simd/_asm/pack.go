package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packFamily writes the kernels that lay matrices out for the products.
func packFamily(g *generator) {
	g.transpose()
	g.copyRows()
	g.packColumns()
	g.copyPieces()
}

// transpose turns blocks of lanes×lanes: lane rows of src, ss apart, n·lanes columns each.
func (g *generator) transpose() {
	g.function("transpose", "func(n int, src *float32, ss int, dst *float32, ds int)")
	n, src, ss, dst, ds := reg.RCX, reg.RAX, reg.RSI, reg.RBX, reg.RDX
	g.arg("n", n)
	g.arg("src", src)
	g.arg("ss", ss)
	g.arg("dst", dst)
	g.arg("ds", ds)
	g.toBytes(ss)
	g.toBytes(ds)
	g.Label("loop")
	g.MOVQ(src, reg.R8)
	for r := range g.lanes {
		g.VMOVUPS(at(reg.R8, 0), g.v[r])
		if r < g.lanes-1 {
			g.ADDQ(ss, reg.R8)
		}
	}
	var columns []reg.VecPhysical
	if g.wide() {
		columns = g.transpose16()
	} else {
		columns = g.transpose8()
	}
	for _, c := range columns {
		g.VMOVUPS(c, at(dst, 0))
		g.ADDQ(ds, dst)
	}
	g.ADDQ(operand.Imm(uint64(g.bytes())), src)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// transpose16 transposes the block in registers 0 to 15 and returns where its columns are.
func (g *generator) transpose16() []reg.VecPhysical {
	z := g.v
	for i := range 8 {
		g.VUNPCKLPS(z[2*i+1], z[2*i], z[16+2*i])
		g.VUNPCKHPS(z[2*i+1], z[2*i], z[16+2*i+1])
	}
	for i := range 4 {
		g.VUNPCKLPD(z[16+4*i+2], z[16+4*i], z[4*i])
		g.VUNPCKHPD(z[16+4*i+2], z[16+4*i], z[4*i+1])
		g.VUNPCKLPD(z[16+4*i+3], z[16+4*i+1], z[4*i+2])
		g.VUNPCKHPD(z[16+4*i+3], z[16+4*i+1], z[4*i+3])
	}
	const even, odd = operand.U8(0x88), operand.U8(0xdd) // 128-bit lanes 0, 2 and 1, 3 of both sources
	for c := range 4 {
		g.VSHUFF32X4(even, z[4+c], z[c], z[16+c])
		g.VSHUFF32X4(odd, z[4+c], z[c], z[20+c])
		g.VSHUFF32X4(even, z[12+c], z[8+c], z[24+c])
		g.VSHUFF32X4(odd, z[12+c], z[8+c], z[28+c])
	}
	for c := range 4 {
		g.VSHUFF32X4(even, z[24+c], z[16+c], z[c])
		g.VSHUFF32X4(odd, z[24+c], z[16+c], z[8+c])
		g.VSHUFF32X4(even, z[28+c], z[20+c], z[4+c])
		g.VSHUFF32X4(odd, z[28+c], z[20+c], z[12+c])
	}
	return z[:16]
}

// transpose8 is transpose16 for the eight registers of AVX2.
func (g *generator) transpose8() []reg.VecPhysical {
	y := g.v
	for i := range 4 {
		g.VUNPCKLPS(y[2*i+1], y[2*i], y[8+2*i])
		g.VUNPCKHPS(y[2*i+1], y[2*i], y[8+2*i+1])
	}
	for i := range 2 { // columns 0 to 3 of rows 4i to 4i+3, and 4 to 7 in the upper halves
		g.VUNPCKLPD(y[8+4*i+2], y[8+4*i], y[4*i])
		g.VUNPCKHPD(y[8+4*i+2], y[8+4*i], y[4*i+1])
		g.VUNPCKLPD(y[8+4*i+3], y[8+4*i+1], y[4*i+2])
		g.VUNPCKHPD(y[8+4*i+3], y[8+4*i+1], y[4*i+3])
	}
	for c := range 4 {
		g.VPERM2F128(operand.U8(0x20), y[4+c], y[c], y[8+c])
		g.VPERM2F128(operand.U8(0x31), y[4+c], y[c], y[12+c])
	}
	return y[8:16]
}

// copyRows copies n rows of two vectors.
func (g *generator) copyRows() {
	g.function("copyRows", "func(n int, src *float32, ss int, dst *float32, ds int)")
	n, src, ss, dst, ds := reg.RCX, reg.RAX, reg.RSI, reg.RBX, reg.RDX
	g.arg("n", n)
	g.arg("src", src)
	g.arg("ss", ss)
	g.arg("dst", dst)
	g.arg("ds", ds)
	g.toBytes(ss)
	g.toBytes(ds)
	g.Label("loop")
	for i := range 2 {
		g.VMOVUPS(at(src, i*g.bytes()), g.v[i])
	}
	for i := range 2 {
		g.VMOVUPS(g.v[i], at(dst, i*g.bytes()))
	}
	g.ADDQ(ss, src)
	g.ADDQ(ds, dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// packColumns copies the first w elements of n rows to rows of w elements, one vector to a row. On
// AVX2, whose stores of some lanes are slow, rows but the last are written whole and the next row
// overwrites what was too much; so w is at least half a vector there.
func (g *generator) packColumns() {
	g.function("packColumns", "func(n int, src *float32, ss int, dst *float32, w int)")
	n, src, ss, dst, w := reg.RAX, reg.RSI, reg.RDX, reg.RDI, reg.RBX
	g.arg("n", n)
	g.arg("src", src)
	g.arg("ss", ss)
	g.arg("dst", dst)
	g.arg("w", w)
	mask := g.firstLanes(w)
	g.toBytes(ss)
	g.toBytes(w)
	g.DECQ(n)
	g.JZ(operand.LabelRef("last"))
	g.Label("loop")
	g.loadLanes(at(src, 0), mask, g.v[0])
	if g.wide() {
		g.storeLanes(g.v[0], mask, at(dst, 0))
	} else {
		g.VMOVUPS(g.v[0], at(dst, 0))
	}
	g.ADDQ(ss, src)
	g.ADDQ(w, dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.Label("last")
	g.loadLanes(at(src, 0), mask, g.v[0])
	g.storeLanes(g.v[0], mask, at(dst, 0))
	g.end()
}

// copyPieces copies n pieces of w elements, at most two vectors of AVX2 or one of AVX-512: pieces
// of src are ss apart, those of dst ds.
func (g *generator) copyPieces() {
	g.function("copyPieces", "func(n, w int, src *float32, ss int, dst *float32, ds int)")
	n, w, src, ss, dst, ds := reg.RAX, reg.RBX, reg.RSI, reg.RDX, reg.RDI, reg.R9
	g.arg("n", n)
	g.arg("w", w)
	g.arg("src", src)
	g.arg("ss", ss)
	g.arg("dst", dst)
	g.arg("ds", ds)
	g.toBytes(ss)
	g.toBytes(ds)
	masks := []mask{g.firstLanes(w)}
	if !g.wide() { // lanes 8 to 15
		second := mask{g.v[13]}
		g.SUBQ(operand.Imm(8), w)
		g.VMOVD(reg.EBX, g.v[13].AsX())
		g.VPBROADCASTD(g.v[13].AsX(), g.v[13])
		g.VPCMPGTD(g.v[14], g.v[13], g.v[13])
		masks = append(masks, second)
	}
	g.Label("loop")
	for i, m := range masks {
		g.loadLanes(at(src, i*g.bytes()), m, g.v[i])
		g.storeLanes(g.v[i], m, at(dst, i*g.bytes()))
	}
	g.ADDQ(ss, src)
	g.ADDQ(ds, dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}
