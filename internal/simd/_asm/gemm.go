package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemmFamily writes the product kernels: every height up to the tallest that the registers hold,
// times one or two vectors of columns. With two vectors, 14×32 (AVX-512) and 6×16 (AVX2) keep all
// accumulators in registers and reach the processor's peak.
func gemmFamily(g *generator) {
	tallest := 14
	if !g.wide() {
		tallest = 6
	}
	for vectors := 1; vectors <= 2; vectors++ {
		for rows := 1; rows <= tallest; rows++ {
			g.gemm(rows, vectors)
		}
	}
}

const gemmSignature = "func(k int, a *float32, rs, ks int, b *float32, bs int, c *[14]*float32, offset int, mask uint32, add int, next *float32, ns int, end uintptr)"

// gemm writes one product kernel. Row r of A is read at a + r·rs, three rows to a base register.
// offset, ns and end count bytes. add is zero, or the tile's height if C is added to.
func (g *generator) gemm(rows, vectors int) {
	g.function(fmt.Sprintf("gemm%dx%d", rows, vectors), gemmSignature)
	k, rs, ks, b, bs, c := reg.RCX, reg.RSI, reg.RDX, reg.RBX, reg.R13, reg.RDI
	bases := []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12}[:(rows+2)/3]
	g.arg("k", k)
	g.arg("a", bases[0])
	g.arg("rs", rs)
	g.arg("ks", ks)
	g.arg("b", b)
	g.arg("bs", bs)
	g.arg("c", c)
	g.toBytes(rs)
	g.toBytes(ks)
	g.toBytes(bs)
	for i := 1; i < len(bases); i++ {
		g.LEAQ(indexed(bases[i-1], rs, 2, 0), bases[i])
		g.ADDQ(rs, bases[i])
	}
	sums := func(r, v int) reg.VecPhysical { return g.v[r*vectors+v] }
	used := rows * vectors
	columns := g.v[used : used+vectors]
	spare := g.v[used+vectors:]
	for i := range used {
		g.zero(g.v[i])
	}
	step := func() {
		for v, r := range columns {
			g.VMOVUPS(at(b, v*g.bytes()), r)
		}
		for line := 0; line < vectors*g.bytes(); line += 64 {
			g.PREFETCHT0(indexed(b, bs, 8, line)) // eight rows ahead
		}
		g.ADDQ(bs, b)
		for r := range rows {
			element := spare[r%len(spare)]
			row := at(bases[r/3], 0)
			if r%3 > 0 {
				row = indexed(bases[r/3], rs, uint8(r%3), 0)
			}
			g.VBROADCASTSS(row, element)
			for v, column := range columns {
				g.VFMADD231PS(column, element, sums(r, v))
			}
		}
		for _, base := range bases {
			g.ADDQ(ks, base)
		}
	}
	const unroll = 4
	next, ns := reg.R15, reg.RCX
	g.MOVQ(k, reg.R14)
	g.arg("next", next)
	g.arg("ns", ns)
	g.SHRQ(operand.Imm(2), reg.R14)
	g.JZ(operand.LabelRef("rest"))
	g.Label("loop")
	g.ahead(next, ns)
	g.rowAhead(c, reg.R14, vectors)
	for range unroll {
		step()
	}
	g.DECQ(reg.R14)
	g.JNZ(operand.LabelRef("loop"))
	g.Label("rest")
	g.arg("k", k)
	g.ANDQ(operand.Imm(unroll-1), k)
	g.JZ(operand.LabelRef("store"))
	g.Label("one")
	step()
	g.DECQ(k)
	g.JNZ(operand.LabelRef("one"))

	g.Label("store")
	offset := reg.RAX
	g.arg("offset", offset)
	if g.wide() {
		g.storeMasked(rows, vectors, c, offset, sums)
	} else {
		g.storeBranching(rows, vectors, c, offset, sums, columns)
	}
}

// ahead asks for the two lines at next, and goes on to those ns bytes further, until next reaches end.
func (g *generator) ahead(next, ns reg.Register) {
	g.CMPQ(next, g.memory("end"))
	g.JCC(operand.LabelRef("noNext"))
	g.PREFETCHT1(at(next, 0))
	g.PREFETCHT1(at(next, 64))
	g.ADDQ(ns, next)
	g.Label("noNext")
}

// rowAhead asks for a row of C that will be added to: row left-1, where left is how many rounds of the
// loop are left. Asked for all at once, the rows would stop the loads of A and B that the loop waits
// for; rows that are only written need not be there.
func (g *generator) rowAhead(c, left reg.Register, vectors int) {
	row := reg.RAX
	g.CMPQ(left, g.memory("add"))
	g.JGT(operand.LabelRef("noRow"))
	g.MOVQ(indexed(c, left, 8, -8), row)
	g.ADDQ(g.memory("offset"), row)
	for line := 0; line < vectors*g.bytes(); line += 64 {
		g.PREFETCHT0(at(row, line))
	}
	g.Label("noRow")
}

// storeMasked writes the sums through the mask registers K1 and K2.
func (g *generator) storeMasked(rows, vectors int, c, offset reg.Register, sums func(r, v int) reg.VecPhysical) {
	masks := []reg.OpmaskPhysical{reg.K1, reg.K2}[:vectors]
	g.Load(g.Param("mask"), reg.ECX)
	for i, m := range masks {
		if i > 0 {
			g.SHRL(operand.Imm(16), reg.ECX)
		}
		g.KMOVW(reg.ECX, m)
	}
	g.arg("add", reg.RCX)
	g.TESTQ(reg.RCX, reg.RCX)
	g.JZ(operand.LabelRef("overwrite"))
	// All loads come before the stores: a load that overlaps a masked store, lanes left out included,
	// waits until the store has reached the cache.
	for r := range rows {
		g.MOVQ(at(reg.RDI, 8*r), reg.R14)
		for v, m := range masks {
			g.VADDPS(indexed(reg.R14, offset, 1, v*g.bytes()), sums(r, v), m, sums(r, v))
		}
	}
	g.Label("overwrite")
	for r := range rows {
		g.MOVQ(at(reg.RDI, 8*r), reg.R14)
		for v, m := range masks {
			g.VMOVUPS(sums(r, v), m, indexed(reg.R14, offset, 1, v*g.bytes()))
		}
	}
	g.end()
}

// storeBranching writes the sums with plain moves if all columns are wanted, else through vectors of
// masks, which are slow on some processors.
func (g *generator) storeBranching(rows, vectors int, c, offset reg.Register, sums func(r, v int) reg.VecPhysical, free []reg.VecPhysical) {
	old := g.v[15] // rows·vectors + vectors registers are taken, at most 14
	each := func(do func(sum reg.VecPhysical, v int, at operand.Mem)) {
		for r := range rows {
			g.MOVQ(at(reg.RDI, 8*r), reg.R14)
			for v := range vectors {
				do(sums(r, v), v, indexed(reg.R14, offset, 1, v*g.bytes()))
			}
		}
		g.end()
	}
	g.arg("add", reg.RDX)
	g.Load(g.Param("mask"), reg.ECX)
	g.CMPL(reg.ECX, operand.U32(uint32(1)<<(8*vectors)-1))
	g.JNE(operand.LabelRef("partial"))
	g.TESTQ(reg.RDX, reg.RDX)
	g.JZ(operand.LabelRef("overwrite"))
	each(func(sum reg.VecPhysical, _ int, at operand.Mem) {
		g.VADDPS(at, sum, sum)
		g.VMOVUPS(sum, at)
	})
	g.Label("overwrite")
	each(func(sum reg.VecPhysical, _ int, at operand.Mem) { g.VMOVUPS(sum, at) })

	g.Label("partial")
	g.VMOVUPS(g.laneBits(), old)
	for v, m := range free { // lane i of the mask is all ones if bit 8v+i is set
		if v > 0 {
			g.SHRL(operand.Imm(8), reg.ECX)
		}
		g.VMOVD(reg.ECX, m.AsX())
		g.VPBROADCASTD(m.AsX(), m)
		g.VPAND(old, m, m)
		g.VPCMPEQD(old, m, m)
	}
	g.TESTQ(reg.RDX, reg.RDX)
	g.JZ(operand.LabelRef("overwritePartial"))
	each(func(sum reg.VecPhysical, v int, at operand.Mem) {
		g.VMASKMOVPS(at, free[v], old)
		g.VADDPS(old, sum, sum)
		g.VMASKMOVPS(sum, free[v], at)
	})
	g.Label("overwritePartial")
	each(func(sum reg.VecPhysical, v int, at operand.Mem) { g.VMASKMOVPS(sum, free[v], at) })
}
