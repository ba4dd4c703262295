package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columns writes a loop over n columns, half a vector of float32 at a time, for the kernels that make
// coefficients of sums. Coefficients lie pad elements apart, as do sums.
type columns struct {
	*generator
	sums, coef, pad reg.GPPhysical
	inverse         reg.VecPhysical // 1 over the numbers in a set
	free            []reg.VecPhysical
}

const meansSignature = "func(n int, inverse float64, sums *float64, coef *float32, pad int)"

// columns begins such a kernel and loads what all of them take.
func (g *generator) columns(name, signature string) *columns {
	g.function(name, signature)
	c := &columns{g, reg.RSI, reg.RDI, reg.RBX, g.v[0], g.v[1:]}
	g.arg("n", reg.RCX)
	g.arg("sums", c.sums)
	g.arg("coef", c.coef)
	g.arg("pad", c.pad)
	c.VBROADCASTSD(c.memory("inverse"), c.inverse)
	return c
}

// take returns the next free register.
func (c *columns) take() (r reg.VecPhysical) {
	r, c.free = c.free[0], c.free[1:]
	return r
}

// loop writes the loop.
func (c *columns) loop(body func()) {
	c.Label("loop")
	body()
	c.ADDQ(operand.Imm(uint64(4*c.lanes)), c.sums)
	c.ADDQ(operand.Imm(uint64(2*c.lanes)), c.coef)
	c.SUBQ(operand.Imm(uint64(c.lanes/2)), reg.RCX)
	c.JG(operand.LabelRef("loop"))
	c.end()
}

// mean loads sum i over the numbers in a set.
func (c *columns) mean(i int, to reg.VecPhysical) {
	c.address(c.sums, i, 3)
	c.VMULPD(at(reg.RAX, 0), c.inverse, to)
}

// load loads coefficient i as float64.
func (c *columns) load(i int, to reg.VecPhysical) {
	c.address(c.coef, i, 2)
	c.VCVTPS2PD(at(reg.RAX, 0), to)
}

// store stores coefficient i, rounded to float32, which is left in a register.
func (c *columns) store(from reg.VecPhysical, i int, rounded reg.VecPhysical) {
	c.toFloat32(from, rounded)
	c.address(c.coef, i, 2)
	c.VMOVUPS(half(rounded), at(reg.RAX, 0))
}

// address leaves the place of row i, of elements of 1<<shift bytes, in RAX.
func (c *columns) address(base reg.GPPhysical, i int, shift uint64) {
	c.IMUL3Q(operand.Imm(uint64(i)<<shift), c.pad, reg.RAX)
	c.ADDQ(base, reg.RAX)
}

// normRoots: statistics of sums of d = x − c0 and d², as in simd.NormRoots.
func (g *generator) normRoots() {
	c := g.columns("normRoots", "func(n int, inverse float64, eps float64, sums *float64, coef *float32, pad int)")
	eps, one, zero := c.take(), c.take(), c.take()
	mean, variance, rounded, root, short := c.take(), c.take(), c.take(), c.take(), c.take()
	c.VBROADCASTSD(c.memory("eps"), eps)
	c.VBROADCASTSD(c.ones(), one)
	c.zero(zero)
	c.loop(func() {
		c.mean(0, mean)
		c.mean(1, variance)
		c.VFNMADD231PD(mean, mean, variance)
		c.VMAXPD(variance, zero, variance) // the second operand, variance, if it is not a number
		c.load(0, rounded)
		c.VADDPD(rounded, mean, mean)
		c.store(mean, 0, short)
		c.VCVTPS2PD(half(short), rounded)
		c.store(variance, 3, short)
		c.VADDPD(eps, variance, variance)
		c.VSQRTPD(variance, variance)
		c.VDIVPD(variance, one, root)
		c.store(root, 1, short)
		c.VSUBPD(mean, rounded, rounded)
		c.VMULPD(root, rounded, rounded)
		c.store(rounded, 2, short)
	})
}

// normMeans: c2 and c3 = γ times the means.
func (g *generator) normMeans() {
	c := g.columns("normMeans", meansSignature)
	gamma, mean, short := c.take(), c.take(), c.take()
	c.loop(func() {
		c.load(normWeight, gamma)
		for i := range 2 {
			c.mean(i, mean)
			c.VMULPD(gamma, mean, mean)
			c.store(mean, 2+i, short)
		}
	})
}

// normWeight is the place of γ among the coefficients.
const normWeight = 8

// normSecondMeans: c4 to c7, as in simd.NormSecondMeans.
func (g *generator) normSecondMeans() {
	c := g.columns("normSecondMeans", meansSignature)
	gamma, root, corr, short := c.take(), c.take(), c.take(), c.take()
	var m [5]reg.VecPhysical
	for i := range m {
		m[i] = c.take()
	}
	c.loop(func() {
		c.load(normWeight, gamma)
		for i := range m {
			c.mean(i, m[i])
			c.VMULPD(gamma, m[i], m[i])
		}
		c.load(1, root)
		c.load(3, corr)
		c.VMULPD(root, corr, corr)
		c.store(corr, 4, short)
		c.VFNMADD231PD(corr, m[2], m[0])
		c.store(m[0], 6, short)
		c.VADDPD(corr, corr, corr)
		c.VADDPD(m[4], m[1], m[1])
		c.VFNMADD231PD(corr, m[3], m[1])
		c.store(m[1], 7, short)
		c.VMULPD(root, m[3], m[3])
		c.store(m[3], 5, short)
	})
}

// add64 adds n numbers to others.
func (g *generator) add64() {
	g.function("add64", "func(n int, dst *float64, src *float64)")
	g.arg("n", reg.RCX)
	g.arg("dst", reg.RDI)
	g.arg("src", reg.RSI)
	g.Label("loop")
	g.VMOVUPD(at(reg.RDI, 0), g.v[0])
	g.VADDPD(at(reg.RSI, 0), g.v[0], g.v[0])
	g.VMOVUPD(g.v[0], at(reg.RDI, 0))
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RSI)
	g.SUBQ(operand.Imm(uint64(g.lanes/2)), reg.RCX)
	g.JG(operand.LabelRef("loop"))
	g.end()
}

// ones is the constant 1 in float64.
func (g *generator) ones() operand.Mem {
	return g.constant("one64", func(i int) uint32 { return []uint32{0, 0x3ff00000}[i%2] })
}
