package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// curvesFamily writes tanh and the logistic function with their derivatives.
func curvesFamily(g *generator) {
	g.tanh()
	g.sigmoid()
	for _, c := range []curve{tanhCurve, sigmoidCurve} {
		g.curveSlope(c)
		g.curveSecond(c)
	}
}

// numbers returns operands that hold constants, of which the first inRegisters and, on AVX-512, all are
// registers from v[from] on.
func (g *generator) numbers(from, inRegisters int, values ...float32) []operand.Op {
	ops := make([]operand.Op, len(values))
	for i, v := range values {
		bits := math.Float32bits(v)
		memory := g.constant(fmt.Sprintf("float%08x", bits), func(int) uint32 { return bits })
		if g.wide() || i < inRegisters {
			g.VBROADCASTSS(memory, g.v[from+i])
			ops[i] = g.v[from+i]
		} else {
			ops[i] = memory
		}
	}
	return ops
}

// exponential emits the heart of an exponential function: for z it finds a whole number n and a rest
// |r| ≤ ½ ln 2 with z = n·ln 2 + r, and computes exp(r) − 1 by its Taylor series up to r⁷, whose
// remainder is less than 2⁻²⁶ of it.
type exponential struct {
	*generator
	log2e, magic, ln2Hi, ln2Lo operand.Op
	series                     []operand.Op // 1/7!, 1/6!, …, 1/2!
}

// exponential loads the constants. The first lies in register v[from].
func (g *generator) exponential(from int) exponential {
	const (
		magic = 3 << 22      // numbers near it have the unit 1
		ln2Hi = 0x1.62e43p-1 // ln 2 in float32: z − n·ln2Hi is exact
		ln2Lo = math.Ln2 - ln2Hi
	)
	c := g.numbers(from, 1, magic, math.Log2E, ln2Hi, ln2Lo, 1./5040, 1./720, 1./120, 1./24, 1./6, 1./2)
	return exponential{g, c[1], c[0], c[2], c[3], c[4:]}
}

// reduce turns z into r; the low bits of shifted hold n then.
func (e exponential) reduce(z, shifted, n reg.VecPhysical) {
	e.VMOVAPS(z, shifted)
	e.VFMADD132PS(e.log2e, e.magic, shifted)
	e.VSUBPS(e.magic, shifted, n)
	e.VFNMADD231PS(e.ln2Hi, n, z)
	e.VFNMADD231PS(e.ln2Lo, n, z)
}

// expm1 computes exp(r) − 1.
func (e exponential) expm1(r, p reg.VecPhysical) {
	e.VMOVUPS(e.series[0], p)
	for _, c := range e.series[1:] {
		e.VFMADD213PS(c, r, p)
	}
	e.VMULPS(r, p, p)
	e.VFMADD213PS(r, r, p)
}

// tanh(x) is the sign of x times m/(m+2), where m = exp(2|x|) − 1 = 2ⁿ·(exp(r)−1) + (2ⁿ−1).
func (g *generator) tanh() {
	g.function("tanh", "func(n int, y, x *float32)")
	y, x := reg.RAX, reg.RBX
	g.arg("n", count)
	g.arg("y", y)
	g.arg("x", x)
	const end = 10 // tanh is 1 in float32 from 9.02 on
	c := g.numbers(7, 3, 2*end, 1, float32(math.Copysign(0, -1)), 2)
	limit, one, sign, two := c[0], c[1], c[2], c[3]
	e := g.exponential(11)
	v, z, shifted, n, p := g.v[0], g.v[1], g.v[2], g.v[3], g.v[4]
	g.stream(2, func(c cursor) {
		c.load(x, v)
		g.VANDNPS(v, sign, z)
		g.VANDPS(v, sign, v)
		g.VADDPS(z, z, z)
		g.VMINPS(z, limit, z) // keeps NaN
		e.reduce(z, shifted, n)
		e.expm1(z, p)
		g.VPSLLD(operand.Imm(23), shifted, shifted)
		g.VPADDD(one, shifted, shifted) // 2ⁿ
		g.VSUBPS(one, shifted, n)
		g.VFMADD213PS(n, shifted, p)
		g.VADDPS(two, p, n)
		g.VDIVPS(n, p, p)
		g.VORPS(v, p, p)
		c.store(p, y)
	})
	g.end()
}

// sigmoid(x) is e/(1+e) for negative x and 1/(1+e) for others, where e = exp(−|x|) = 2ⁿ·exp(r). 2ⁿ is
// multiplied in two halves, since it may lie below the smallest normal number.
func (g *generator) sigmoid() {
	g.function("sigmoid", "func(n int, y, x *float32)")
	y, x := reg.RAX, reg.RBX
	g.arg("n", count)
	g.arg("y", y)
	g.arg("x", x)
	const end = -104 // exp is 0 in float32 from −103.98 on
	c := g.numbers(7, 3, end, 1, float32(math.Copysign(0, -1)))
	limit, one, sign := c[0], c[1].(reg.VecPhysical), c[2]
	e := g.exponential(10)
	v, z, shifted, n, p, zero := g.v[0], g.v[1], g.v[2], g.v[3], g.v[4], g.v[5]
	g.zero(zero)
	g.stream(2, func(c cursor) {
		c.load(x, v)
		g.VORPS(v, sign, z)
		g.VMAXPS(z, limit, z) // keeps NaN
		e.reduce(z, shifted, n)
		e.expm1(z, p)
		g.VADDPS(one, p, p)
		g.VPSUBD(e.magic, shifted, shifted)
		g.VPSRAD(operand.Imm(1), shifted, n)
		g.VPSUBD(n, shifted, shifted)
		for _, half := range []reg.VecPhysical{n, shifted} {
			g.VPSLLD(operand.Imm(23), half, half)
			g.VPADDD(one, half, half)
			g.VMULPS(half, p, p)
		}
		g.VADDPS(one, p, n)
		if g.wide() {
			g.VCMPPS(greater, zero, v, reg.K2)
			g.VMOVAPS(one, reg.K2, p)
		} else {
			g.VCMPPS(greater, zero, v, v)
			g.VBLENDVPS(v, one, p, p)
		}
		g.VDIVPS(n, p, p)
		c.store(p, y)
	})
	g.end()
}

// curve is an activation whose derivatives are functions of its output y. Nothing in them is fused.
type curve struct {
	name   string
	factor float32
	first  func(g *generator, y, one, into reg.VecPhysical)
	second func(g *generator, y, first, one, factor, into reg.VecPhysical)
}

var tanhCurve = curve{
	"tanh", -2,
	func(g *generator, y, one, into reg.VecPhysical) { // 1 − y²
		g.VMULPS(y, y, into)
		g.VSUBPS(into, one, into)
	},
	func(g *generator, y, first, _, factor, into reg.VecPhysical) { // −2y · first
		g.VMULPS(factor, y, into)
		g.VMULPS(first, into, into)
	},
}

var sigmoidCurve = curve{
	"sigmoid", 2,
	func(g *generator, y, one, into reg.VecPhysical) { // y · (1−y)
		g.VSUBPS(y, one, into)
		g.VMULPS(into, y, into)
	},
	func(g *generator, y, first, one, factor, into reg.VecPhysical) { // first · (1−2y)
		g.VMULPS(factor, y, into)
		g.VSUBPS(into, one, into)
		g.VMULPS(into, first, into)
	},
}

// curveSlope: dst = first · v.
func (g *generator) curveSlope(k curve) {
	g.function(k.name+"Slope", "func(n int, dst, y, v *float32)")
	dst, y, v := reg.RAX, reg.RBX, reg.RSI
	g.arg("n", count)
	g.arg("dst", dst)
	g.arg("y", y)
	g.arg("v", v)
	out, first, seed, one := g.v[0], g.v[1], g.v[2], g.v[3]
	g.numbers(3, 1, 1)
	g.stream(4, func(c cursor) {
		c.load(y, out)
		c.load(v, seed)
		k.first(g, out, one, first)
		g.VMULPS(seed, first, first)
		c.store(first, dst)
	})
	g.end()
}

// curveSecond: xbar = second · xdot · delta + first · ybar, the last only if there is a ybar.
func (g *generator) curveSecond(k curve) {
	g.function(k.name+"Second", "func(n int, xbar, y, ybar, xdot, delta *float32)")
	xbar, y, ybar, xdot, delta := reg.RAX, reg.RBX, reg.RSI, reg.R9, reg.R10
	g.arg("n", count)
	g.arg("xbar", xbar)
	g.arg("y", y)
	g.arg("ybar", ybar)
	g.arg("xdot", xdot)
	g.arg("delta", delta)
	out, first, second, other, one, factor := g.v[0], g.v[1], g.v[2], g.v[3], g.v[4], g.v[5]
	g.numbers(4, 2, 1, k.factor)
	g.TESTQ(ybar, ybar)
	g.JZ(operand.LabelRef("alone"))
	for _, withValue := range []bool{true, false} {
		if !withValue {
			g.Label("alone")
		}
		g.stream(2, func(c cursor) {
			c.load(y, out)
			k.first(g, out, one, first)
			k.second(g, out, first, one, factor, second)
			for _, from := range []reg.Register{xdot, delta} {
				c.load(from, other)
				g.VMULPS(other, second, second)
			}
			if withValue {
				c.load(ybar, other)
				g.VMULPS(other, first, first)
				g.VADDPS(first, second, second)
			}
			c.store(second, xbar)
		})
		g.end()
	}
}
