package main

import "github.com/mmcloughlin/avo/reg"

// elementwiseFamily writes multiples, limits and mixtures.
func elementwiseFamily(g *generator) {
	g.scale()
	g.clip()
	g.interpolate()
}

func (g *generator) scale() {
	g.function("scale", "func(n int, dst, x *float32, a float32)")
	dst, x, v, a := reg.RAX, reg.RBX, g.v[0], g.v[1]
	g.arg("n", count)
	g.arg("dst", dst)
	g.arg("x", x)
	g.broadcast("a", a)
	g.stream(4, func(c cursor) {
		c.load(x, v)
		g.VMULPS(a, v, v)
		c.store(v, dst)
	})
	g.end()
}

// clip: the second operand of minimum and maximum is the result if one is NaN.
func (g *generator) clip() {
	g.function("clip", "func(n int, x *float32, lo, hi float32)")
	x, v, lo, hi := reg.RAX, g.v[0], g.v[1], g.v[2]
	g.arg("n", count)
	g.arg("x", x)
	g.broadcast("lo", lo)
	g.broadcast("hi", hi)
	g.stream(4, func(c cursor) {
		c.load(x, v)
		g.VMAXPS(v, lo, v)
		g.VMINPS(v, hi, v)
		c.store(v, x)
	})
	g.end()
}

func (g *generator) interpolate() {
	g.function("interpolate", "func(n int, dst, x, y *float32, a, b float32)")
	dst, x, y := reg.RAX, reg.RBX, reg.RSI
	a, b, u, v := g.v[0], g.v[1], g.v[2], g.v[3]
	g.arg("n", count)
	g.arg("dst", dst)
	g.arg("x", x)
	g.arg("y", y)
	g.broadcast("a", a)
	g.broadcast("b", b)
	g.stream(4, func(c cursor) {
		c.load(x, u)
		c.load(y, v)
		g.VMULPS(a, u, u)
		g.VMULPS(b, v, v)
		g.VADDPS(v, u, u)
		c.store(u, dst)
	})
	g.end()
}
