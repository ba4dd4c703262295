package main

import "github.com/mmcloughlin/avo/reg"

// optimizerFamily writes the optimisers' steps. Each operation rounds as in the twins: nothing is
// fused and nothing is approximated.
func optimizerFamily(g *generator) {
	g.adam()
	g.rmsProp()
	g.sgd()
	g.sgdMomentum("sgdMomentum", false)
	g.sgdMomentum("sgdNesterov", true)
}

// coefficients fills registers from the front of array c.
func (g *generator) coefficients(c reg.Register, v []reg.VecPhysical) {
	for i, r := range v {
		g.VBROADCASTSS(at(c, 4*i), r)
	}
}

func (g *generator) adam() {
	g.function("adam", "func(n int, param, grad, m, v *float32, c *[7]float32)")
	param, grad, m, v := reg.RAX, reg.RBX, reg.RSI, reg.R10
	g.arg("n", count)
	g.arg("param", param)
	g.arg("grad", grad)
	g.arg("m", m)
	g.arg("v", v)
	g.arg("c", reg.R9)
	c := g.v[5:12]
	g.coefficients(reg.R9, c)
	keep1, take1, keep2, take2, rate, root, eps := c[0], c[1], c[2], c[3], c[4], c[5], c[6]
	slope, first, second, step := g.v[0], g.v[1], g.v[2], g.v[3]
	g.stream(2, func(c cursor) {
		c.load(grad, slope)
		c.load(m, first)
		c.load(v, second)
		g.VMULPS(slope, take1, step) // m = keep1·m + take1·grad
		g.VMULPS(first, keep1, first)
		g.VADDPS(step, first, first)
		c.store(first, m)
		g.VMULPS(slope, take2, step) // v = keep2·v + (take2·grad)·grad
		g.VMULPS(slope, step, step)
		g.VMULPS(second, keep2, second)
		g.VADDPS(step, second, second)
		c.store(second, v)
		g.VSQRTPS(second, second) // param −= (rate·m) / (√v/root + eps)
		g.VDIVPS(root, second, second)
		g.VADDPS(eps, second, second)
		g.VMULPS(first, rate, first)
		g.VDIVPS(second, first, first)
		c.load(param, step)
		g.VSUBPS(first, step, step)
		c.store(step, param)
	})
	g.end()
}

func (g *generator) rmsProp() {
	g.function("rmsProp", "func(n int, param, grad, s *float32, c *[5]float32)")
	param, grad, s := reg.RAX, reg.RBX, reg.RSI
	g.arg("n", count)
	g.arg("param", param)
	g.arg("grad", grad)
	g.arg("s", s)
	g.arg("c", reg.R9)
	c := g.v[5:10]
	g.coefficients(reg.R9, c)
	keep, take, rate, inside, outside := c[0], c[1], c[2], c[3], c[4]
	slope, square, step := g.v[0], g.v[1], g.v[2]
	g.stream(2, func(c cursor) {
		c.load(grad, slope)
		c.load(s, square)
		g.VMULPS(slope, take, step) // s = keep·s + (take·grad)·grad
		g.VMULPS(slope, step, step)
		g.VMULPS(square, keep, square)
		g.VADDPS(step, square, square)
		c.store(square, s)
		g.VADDPS(inside, square, square) // param −= (rate·grad) / (√(s + inside) + outside)
		g.VSQRTPS(square, square)
		g.VADDPS(outside, square, square)
		g.VMULPS(slope, rate, slope)
		g.VDIVPS(square, slope, slope)
		c.load(param, step)
		g.VSUBPS(slope, step, step)
		c.store(step, param)
	})
	g.end()
}

func (g *generator) sgd() {
	g.function("sgd", "func(n int, param, grad *float32, rate float32)")
	param, grad := reg.RAX, reg.RBX
	g.arg("n", count)
	g.arg("param", param)
	g.arg("grad", grad)
	slope, value, rate := g.v[0], g.v[1], g.v[2]
	g.broadcast("rate", rate)
	g.stream(4, func(c cursor) {
		c.load(grad, slope)
		c.load(param, value)
		g.VMULPS(slope, rate, slope)
		g.VSUBPS(slope, value, value)
		c.store(value, param)
	})
	g.end()
}

// sgdMomentum writes the step with a momentum buffer b.
func (g *generator) sgdMomentum(name string, nesterov bool) {
	g.function(name, "func(n int, param, grad, b *float32, rate, momentum float32)")
	param, grad, b := reg.RAX, reg.RBX, reg.RSI
	g.arg("n", count)
	g.arg("param", param)
	g.arg("grad", grad)
	g.arg("b", b)
	slope, buffer, value, rate, momentum := g.v[0], g.v[1], g.v[2], g.v[3], g.v[4]
	g.broadcast("rate", rate)
	g.broadcast("momentum", momentum)
	g.stream(4, func(c cursor) {
		c.load(grad, slope)
		c.load(b, buffer)
		g.VMULPS(buffer, momentum, buffer)
		g.VADDPS(slope, buffer, buffer)
		c.store(buffer, b)
		if nesterov {
			g.VMULPS(buffer, momentum, buffer)
			g.VADDPS(buffer, slope, buffer)
		}
		g.VMULPS(buffer, rate, buffer)
		c.load(param, value)
		g.VSUBPS(buffer, value, value)
		c.store(value, param)
	})
	g.end()
}
