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

// gemmPartsFamily writes the kernels of sums in parts. A tile of one vector is taller, as it has fewer
// sums to hide the latency of its multiply-adds behind.
func gemmPartsFamily(g *generator) {
	for vectors := 1; vectors <= 2; vectors++ {
		tallest := 14
		if !g.wide() {
			tallest = 12 / vectors
		}
		for rows := 1; rows <= tallest; rows++ {
			g.gemmParts(rows, vectors)
		}
	}
}

const gemmSignature = "func(k int, a *float32, rs, ks int, b *float32, bs int, c *[14]*float32, offset int, mask uint32, add int, next *float32, ns int, end uintptr)"

// product is what the kernels share: a tile of sums, and the registers that walk through A and B. Row r
// of A is read at a + r·rs, three rows to a base register.
type product struct {
	*generator
	rows, vectors        int
	k, rs, ks, b, bs, c  reg.GPPhysical
	bases                []reg.GPPhysical
	used, columns, spare []reg.VecPhysical // sums, row by row; a row of B; the rest
}

// product begins a kernel with arguments k, a, rs, ks, b, bs and c.
func (g *generator) product(name, signature string, rows, vectors int) *product {
	g.function(fmt.Sprintf("%s%dx%d", name, rows, vectors), signature)
	used := rows * vectors
	p := &product{
		generator: g, rows: rows, vectors: vectors,
		k: reg.RCX, rs: reg.RSI, ks: reg.RDX, b: reg.RBX, bs: reg.R13, c: reg.RDI,
		bases: []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12}[:(rows+2)/3],
		used:  g.v[:used], columns: g.v[used : used+vectors], spare: g.v[used+vectors:],
	}
	g.arg("k", p.k)
	g.arg("a", p.bases[0])
	g.arg("rs", p.rs)
	g.arg("ks", p.ks)
	g.arg("b", p.b)
	g.arg("bs", p.bs)
	g.arg("c", p.c)
	g.toBytes(p.rs)
	g.toBytes(p.ks)
	g.toBytes(p.bs)
	for i := 1; i < len(p.bases); i++ {
		g.LEAQ(indexed(p.bases[i-1], p.rs, 2, 0), p.bases[i])
		g.ADDQ(p.rs, p.bases[i])
	}
	p.clear()
	return p
}

// clear sets the sums to zero.
func (p *product) clear() {
	for _, sum := range p.used {
		p.zero(sum)
	}
}

func (p *product) sum(r, v int) reg.VecPhysical { return p.used[r*p.vectors+v] }

// step adds one term to all sums. prefetch asks for B's row eight rows ahead.
func (p *product) step(prefetch bool) {
	for v, r := range p.columns {
		p.VMOVUPS(at(p.b, v*p.bytes()), r)
	}
	if prefetch {
		for line := 0; line < p.vectors*p.bytes(); line += 64 {
			p.PREFETCHT0(indexed(p.b, p.bs, 8, line))
		}
	}
	p.ADDQ(p.bs, p.b)
	for r := range p.rows {
		element := p.spare[r%len(p.spare)]
		row := at(p.bases[r/3], 0)
		if r%3 > 0 {
			row = indexed(p.bases[r/3], p.rs, uint8(r%3), 0)
		}
		p.VBROADCASTSS(row, element)
		for v, column := range p.columns {
			p.VFMADD231PS(column, element, p.sum(r, v))
		}
	}
	for _, base := range p.bases {
		p.ADDQ(p.ks, base)
	}
}

// unroll is how many terms a round of the kernels' loops adds, 1<<unrollBits.
const unroll, unrollBits = 4, 2

// rounds adds all whole rounds of the terms that R14 counts, and leads to rest. each begins a round; R14
// holds how many are left.
func (p *product) rounds(prefetch bool, each func()) {
	p.SHRQ(operand.Imm(unrollBits), reg.R14)
	p.JZ(operand.LabelRef("rest"))
	p.Label("loop")
	each()
	for range unroll {
		p.step(prefetch)
	}
	p.DECQ(reg.R14)
	p.JNZ(operand.LabelRef("loop"))
	p.Label("rest")
}

// rest adds the terms that make no whole round. It takes k.
func (p *product) rest(prefetch bool) {
	p.ANDQ(operand.Imm(unroll-1), p.k)
	p.JZ(operand.LabelRef("added"))
	p.Label("one")
	p.step(prefetch)
	p.DECQ(p.k)
	p.JNZ(operand.LabelRef("one"))
	p.Label("added")
}

// store writes or adds the sums to C, and then does what comes after.
func (p *product) store(then func()) {
	offset := reg.RAX
	p.arg("offset", offset)
	if p.wide() {
		p.storeMasked(p.rows, p.vectors, p.c, offset, p.sum, then)
	} else {
		p.storeBranching(p.rows, p.vectors, p.c, offset, p.sum, p.columns, then)
	}
}

// gemm writes one product kernel. offset, ns and end count bytes. add is zero, or the tile's height if C
// is added to.
func (g *generator) gemm(rows, vectors int) {
	p := g.product("gemm", gemmSignature, rows, vectors)
	next, ns := reg.R15, reg.RCX
	g.MOVQ(p.k, reg.R14)
	g.arg("next", next)
	g.arg("ns", ns)
	p.rounds(true, func() {
		g.ahead(next, ns)
		g.rowAhead(p.c, reg.R14, vectors)
	})
	g.arg("k", p.k)
	p.rest(true)
	p.store(g.end)
}

const gemmPartsSignature = "func(parts int, ap int, bp int, apart int, k int, a *float32, rs, ks int, b *float32, bs int, c *[14]*float32, offset int, mask uint32, add int)"

// gemmParts writes the kernel of a sum in parts, of k terms each, which are added to C one by one if apart
// is not zero. ap and bp are how many bytes A and B go on by between parts, after their k terms.
func (g *generator) gemmParts(rows, vectors int) {
	p := g.product("gemmParts", gemmPartsSignature, rows, vectors)
	parts := reg.R15
	g.arg("parts", parts)
	g.Label("part")
	g.arg("k", p.k)
	g.MOVQ(p.k, reg.R14)
	p.rounds(false, func() {})
	p.rest(false)
	g.CMPQ(g.memory("apart"), operand.Imm(0))
	g.JNE(operand.LabelRef("store"))
	g.DECQ(parts)
	g.JNZ(operand.LabelRef("move"))
	g.INCQ(parts)
	g.Label("store")
	p.store(func() { g.JMP(operand.LabelRef("next")) })
	g.Label("next")
	g.DECQ(parts)
	g.JZ(operand.LabelRef("end"))
	g.MOVQ(operand.I32(1), g.memory("add")) // the other parts are added to the first
	g.arg("ks", p.ks)
	g.toBytes(p.ks)
	p.clear()
	g.Label("move")
	g.ADDQ(g.memory("bp"), p.b)
	g.arg("ap", reg.RAX)
	for _, base := range p.bases {
		g.ADDQ(reg.RAX, base)
	}
	g.JMP(operand.LabelRef("part"))
	g.Label("end")
	g.end()
}

// ahead asks for the two lines at next, and goes on to those ns bytes further, twice, until next reaches
// end.
func (g *generator) ahead(next, ns reg.Register) {
	for range 2 {
		g.CMPQ(next, g.memory("end"))
		g.JCC(operand.LabelRef("noNext"))
		g.PREFETCHT1(at(next, 0))
		g.PREFETCHT1(at(next, 64))
		g.ADDQ(ns, next)
	}
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
func (g *generator) storeMasked(rows, vectors int, c, offset reg.Register, sums func(r, v int) reg.VecPhysical, then func()) {
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
	then()
}

// storeBranching writes the sums with plain moves if all columns are wanted, else through vectors of
// masks, which are slow on some processors.
func (g *generator) storeBranching(rows, vectors int, c, offset reg.Register, sums func(r, v int) reg.VecPhysical, free []reg.VecPhysical, then func()) {
	old := g.v[15] // rows·vectors + vectors registers are taken, at most 14
	each := func(do func(sum reg.VecPhysical, v int, at operand.Mem)) {
		for r := range rows {
			g.MOVQ(at(reg.RDI, 8*r), reg.R14)
			for v := range vectors {
				do(sums(r, v), v, indexed(reg.R14, offset, 1, v*g.bytes()))
			}
		}
		then()
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
