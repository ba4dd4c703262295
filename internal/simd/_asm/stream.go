package main

import (
	"go/types"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of an elementwise loop. Its masks use R8 and the last two vector registers.
var (
	count = reg.RCX // elements that are left
	index = reg.RDI // bytes from the operands' beginnings
)

// cursor is where one pass of an elementwise loop reads and writes: a vector of every operand, or the
// lanes of it that are left at the end.
type cursor struct {
	*generator
	disp int
	left *mask
}

// stream runs body over count elements: unroll vectors at a time, then one at a time, then what is left
// through a mask. All copies of the body use the same registers; the processor renames them.
func (g *generator) stream(unroll int, body func(c cursor)) {
	g.XORQ(index, index)
	if unroll > 1 {
		g.streamBlocks(unroll, body)
	}
	g.streamBlocks(1, body)
	done := g.label("done")
	g.TESTQ(count, count)
	g.JZ(operand.LabelRef(done))
	left := g.firstLanes(count)
	body(cursor{g, 0, &left})
	g.Label(done)
}

// streamBlocks runs body over whole blocks of vectors.
func (g *generator) streamBlocks(vectors int, body func(c cursor)) {
	loop, done := g.label("loop"), g.label("rest")
	block := operand.Imm(uint64(vectors * g.lanes))
	g.SUBQ(block, count)
	g.JL(operand.LabelRef(done))
	g.Label(loop)
	for u := range vectors {
		body(cursor{g, u * g.bytes(), nil})
	}
	g.ADDQ(operand.I32(int32(vectors*g.bytes())), index)
	g.SUBQ(block, count)
	g.JGE(operand.LabelRef(loop))
	g.Label(done)
	g.ADDQ(block, count)
}

// load reads a vector of the operand that begins at base. Lanes that are not left are zero.
func (c cursor) load(base reg.Register, v reg.VecPhysical) {
	from := indexed(base, index, 1, c.disp)
	if c.left == nil {
		c.VMOVUPS(from, v)
	} else {
		c.loadLanes(from, *c.left, v)
	}
}

// store writes a vector of the operand that begins at base.
func (c cursor) store(v reg.VecPhysical, base reg.Register) {
	to := indexed(base, index, 1, c.disp)
	if c.left == nil {
		c.VMOVUPS(v, to)
	} else {
		c.storeLanes(v, *c.left, to)
	}
}

// broadcast fills a vector with a parameter, a float32 or float64.
func (g *generator) broadcast(param string, v reg.VecPhysical) {
	basic, err := g.Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	if basic.Type.Kind() == types.Float64 {
		g.VBROADCASTSD(basic.Addr, v)
	} else {
		g.VBROADCASTSS(basic.Addr, v)
	}
}
