package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sumsFamily writes sums of float32 in float64.
func sumsFamily(g *generator) {
	g.sumRows(4)
	g.sumRows(1)
	g.sumSquares()
}

// sumRows adds up the rows of a block of columns. A block of one vector may be partial: of n columns,
// 0 < n ≤ lanes.
func (g *generator) sumRows(vectors int) {
	g.function(fmt.Sprintf("sumRows%d", vectors), "func(rows int, x *float32, stride int, n int, sums *float64)")
	rows, x, stride, sums := reg.R9, reg.RAX, reg.RSI, reg.RBX
	g.arg("rows", rows)
	g.arg("x", x)
	g.arg("stride", stride)
	g.arg("n", count)
	g.arg("sums", sums)
	g.toBytes(stride)
	g.XORQ(index, index)
	total, lo, hi := g.v[:2*vectors], g.v[2*vectors], g.v[2*vectors+1]
	for _, t := range total {
		g.zero(t)
	}
	var left *mask
	if vectors == 1 {
		m := g.firstLanes(count)
		left = &m
	}
	g.Label("row")
	for v := range vectors {
		c := cursor{g, v * g.bytes(), left}
		c.widen(x, lo, hi)
		g.VADDPD(lo, total[2*v], total[2*v])
		g.VADDPD(hi, total[2*v+1], total[2*v+1])
	}
	g.ADDQ(stride, x)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	for i, t := range total {
		g.VMOVUPS(t, at(sums, i*g.bytes()))
	}
	g.end()
}

// sumSquares writes the sum of each lane's squares, in two vectors. Squares of float32 are exact in float64.
func (g *generator) sumSquares() {
	g.function("sumSquares", "func(n int, x *float32, sums *float64)")
	x, sums := reg.RAX, reg.RBX
	g.arg("n", count)
	g.arg("x", x)
	g.arg("sums", sums)
	total, lo, hi := g.v[:8], g.v[8], g.v[9]
	for _, t := range total {
		g.zero(t)
	}
	g.stream(len(total)/2, func(c cursor) {
		chain := c.disp / g.bytes()
		c.widen(x, lo, hi)
		g.VFMADD231PD(lo, lo, total[2*chain])
		g.VFMADD231PD(hi, hi, total[2*chain+1])
	})
	for _, i := range []int{4, 2} {
		for j := range i {
			g.VADDPD(total[i+j], total[j], total[j])
		}
	}
	g.VMOVUPS(total[0], at(sums, 0))
	g.VMOVUPS(total[1], at(sums, g.bytes()))
	g.end()
}

// half is the part of v that holds as many float32 as v holds float64.
func half(v reg.VecPhysical) reg.VecPhysical {
	if v.Size() == 64 {
		return v.AsY().(reg.VecPhysical)
	}
	return v.AsX().(reg.VecPhysical)
}

// widen loads a vector of float32 into two of float64.
func (c cursor) widen(base reg.Register, lo, hi reg.VecPhysical) {
	if c.left == nil {
		c.VCVTPS2PD(indexed(base, index, 1, c.disp), lo)
		c.VCVTPS2PD(indexed(base, index, 1, c.disp+c.bytes()/2), hi)
		return
	}
	c.load(base, hi)
	c.VCVTPS2PD(half(hi), lo)
	c.upper(hi, hi)
	c.VCVTPS2PD(half(hi), hi)
}
