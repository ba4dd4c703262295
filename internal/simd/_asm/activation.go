package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// activationFamily writes LeakyReLU: alone, as a mask, and after a bias.
func activationFamily(g *generator) {
	g.leakyReLU()
	g.leakyReLUMask()
	g.biasLeakyReLU()
}

const (
	greater    = operand.U8(30) // x > y, false for NaN
	notGreater = operand.U8(26) // its opposite, true for NaN
)

// slopeAndZero are the registers that leaky expects its constants in.
func (g *generator) slopeAndZero() (slope, zero reg.VecPhysical) { return g.v[4], g.v[5] }

func (g *generator) loadSlope() {
	slope, zero := g.slopeAndZero()
	g.broadcast("slope", slope)
	g.zero(zero)
}

// leaky multiplies v by the slope where x is not greater than zero. x and v may be one register.
func (g *generator) leaky(x, v reg.VecPhysical) {
	slope, zero := g.slopeAndZero()
	if g.wide() {
		g.VCMPPS(notGreater, zero, x, reg.K2)
		g.VMULPS(slope, v, reg.K2, v)
		return
	}
	positive, scaled := g.v[6], g.v[7]
	g.VCMPPS(greater, zero, x, positive)
	g.VMULPS(slope, v, scaled)
	g.VBLENDVPS(positive, v, scaled, v)
}

func (g *generator) leakyReLU() {
	g.function("leakyReLU", "func(n int, y, x *float32, slope float32)")
	y, x := reg.RAX, reg.RBX
	g.arg("n", count)
	g.arg("y", y)
	g.arg("x", x)
	g.loadSlope()
	g.stream(4, func(c cursor) {
		c.load(x, g.v[0])
		g.leaky(g.v[0], g.v[0])
		c.store(g.v[0], y)
	})
	g.end()
}

func (g *generator) leakyReLUMask() {
	g.function("leakyReLUMask", "func(n int, dst, x, v *float32, slope float32)")
	dst, x, v := reg.RAX, reg.RBX, reg.RSI
	g.arg("n", count)
	g.arg("dst", dst)
	g.arg("x", x)
	g.arg("v", v)
	g.loadSlope()
	g.stream(4, func(c cursor) {
		c.load(x, g.v[0])
		c.load(v, g.v[1])
		g.leaky(g.v[0], g.v[1])
		c.store(g.v[1], dst)
	})
	g.end()
}

// biasLeakyReLU works on rows of width elements, stride apart.
func (g *generator) biasLeakyReLU() {
	g.function("biasLeakyReLU", "func(rows, width int, y *float32, stride int, b *float32, slope float32)")
	rows, width, y, stride, b := reg.R9, reg.R10, reg.RAX, reg.RSI, reg.RBX
	g.arg("rows", rows)
	g.arg("width", width)
	g.arg("y", y)
	g.arg("stride", stride)
	g.arg("b", b)
	g.toBytes(stride)
	g.loadSlope()
	g.Label("row")
	g.MOVQ(width, count)
	g.stream(4, func(c cursor) {
		c.load(y, g.v[0])
		c.load(b, g.v[1])
		g.VADDPS(g.v[1], g.v[0], g.v[0])
		g.leaky(g.v[0], g.v[0])
		c.store(g.v[0], y)
	})
	g.ADDQ(stride, y)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.end()
}
