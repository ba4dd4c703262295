package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columns writes kernels that make coefficients of sums: loops over n columns, a vector of float64 at a
// time. Rows of coefficients and of sums lie pad elements apart.
type columns struct {
	*generator
	coef, sums, pad reg.GPPhysical
	inverse         reg.VecPhysical // 1 over the numbers in a set
	free            []reg.VecPhysical
}

const columnsSignature = "func(n int, inverse float64, coef *float64, sums *float64, pad int)"

// columns begins a kernel.
func (g *generator) columns(name, signature string) *columns {
	g.function(name, signature)
	c := &columns{g, reg.RDI, reg.RSI, reg.RBX, g.v[0], g.v[1:]}
	g.arg("n", reg.RCX)
	g.arg("coef", c.coef)
	g.arg("sums", c.sums)
	g.arg("pad", c.pad)
	g.SHLQ(operand.Imm(3), c.pad)
	c.VBROADCASTSD(c.memory("inverse"), c.inverse)
	return c
}

// take returns free registers.
func (c *columns) take(n int) (r []reg.VecPhysical) {
	r, c.free = c.free[:n], c.free[n:]
	return r
}

// loop writes the loop.
func (c *columns) loop(body func()) {
	c.Label("loop")
	body()
	c.ADDQ(operand.Imm(uint64(c.bytes())), c.sums)
	c.ADDQ(operand.Imm(uint64(c.bytes())), c.coef)
	c.SUBQ(operand.Imm(uint64(c.lanes/2)), reg.RCX)
	c.JG(operand.LabelRef("loop"))
	c.end()
}

// row is where row i of a matrix is for the columns at hand. It uses RAX.
func (c *columns) row(matrix reg.GPPhysical, i int) operand.Mem {
	if i == 0 {
		return at(matrix, 0)
	}
	c.IMUL3Q(operand.Imm(uint64(i)), c.pad, reg.RAX)
	return indexed(matrix, reg.RAX, 1, 0)
}

func (c *columns) load(i int, to reg.VecPhysical)    { c.VMOVUPD(c.row(c.coef, i), to) }
func (c *columns) store(from reg.VecPhysical, i int) { c.VMOVUPD(from, c.row(c.coef, i)) }
func (c *columns) sum(i int, to reg.VecPhysical)     { c.VMOVUPD(c.row(c.sums, i), to) }

// mean loads a sum over the numbers in a set.
func (c *columns) mean(i int, to reg.VecPhysical) { c.VMULPD(c.row(c.sums, i), c.inverse, to) }

// negate changes the sign of v, given zeros.
func (c *columns) negate(v, zeros reg.VecPhysical) { c.VSUBPD(v, zeros, v) }

// normRoots: statistics of sums of d = x − c and d², as in simd.NormRoots.
func (g *generator) normRoots() {
	c := g.columns("normRoots", "func(n int, inverse float64, eps float64, coef *float64, sums *float64, pad int)")
	k := c.take(7)
	eps, one, zeros, mean, variance, root, centre := k[0], k[1], k[2], k[3], k[4], k[5], k[6]
	c.VBROADCASTSD(c.memory("eps"), eps)
	c.VBROADCASTSD(c.ones(), one)
	c.zero(zeros)
	c.loop(func() {
		c.mean(0, mean)
		c.mean(1, variance)
		c.VFNMADD231PD(mean, mean, variance)
		c.VMAXPD(variance, zeros, variance) // the variance if it is not a number
		c.store(variance, normVariance)
		c.load(normMean, centre)
		c.VADDPD(centre, mean, mean)
		c.store(mean, normMean)
		c.VADDPD(eps, variance, variance)
		c.VSQRTPD(variance, variance)
		c.VDIVPD(variance, one, root)
		c.store(root, normRoot)
	})
}

// normAffine: A = γ·r.
func (g *generator) normAffine() {
	c := g.columns("normAffine", columnsSignature)
	a := c.take(1)[0]
	c.loop(func() {
		c.load(normGamma, a)
		c.VMULPD(c.row(c.coef, normRoot), a, a)
		c.store(a, normA)
	})
}

// correlation computes r·(second − m·first) in second: the mean product with x' of that with x.
func (c *columns) correlation(root, mean, first, second reg.VecPhysical) {
	c.VFNMADD231PD(mean, first, second)
	c.VMULPD(root, second, second)
}

// normProjection: A, B and C, as in simd.NormProjection.
func (g *generator) normProjection() {
	c := g.columns("normProjection", columnsSignature)
	k := c.take(6)
	zeros, root, mean, first, corr, a := k[0], k[1], k[2], k[3], k[4], k[5]
	c.zero(zeros)
	c.loop(func() {
		c.load(normRoot, root)
		c.load(normMean, mean)
		c.mean(0, first)
		c.mean(1, corr)
		c.correlation(root, mean, first, corr)
		c.store(first, normMeanDot)
		c.store(corr, normCorr)
		c.VMULPD(c.row(c.coef, normGamma), root, a)
		c.store(a, normA)
		c.VMULPD(c.row(c.coef, normWeight), root, a) // w·r
		c.VMULPD(a, first, first)
		c.VMULPD(a, corr, corr)
		c.VMULPD(root, corr, corr)
		c.negate(corr, zeros) // B = −w·r²·corr
		c.store(corr, normB)
		c.negate(first, zeros)
		c.VFNMADD231PD(mean, corr, first) // C = −w·r·first − B·m
		c.store(first, normC)
	})
}

// normCurvature: A to E, as in simd.NormCurvature.
func (g *generator) normCurvature() {
	c := g.columns("normCurvature", columnsSignature)
	k := c.take(11)
	zeros, root, mean, weight, corr := k[0], k[1], k[2], k[3], k[4]
	m := k[5:11] // means of sums, at last of three at a time
	c.zero(zeros)
	c.loop(func() {
		c.load(normRoot, root)
		c.load(normMean, mean)
		c.load(normWeight, weight)
		c.load(normCorr, corr)
		for i := range 2 { // ȳ: mean and corr; δ: the same
			c.mean(2*i, m[2*i])
			c.mean(2*i+1, m[2*i+1])
			c.correlation(root, mean, m[2*i], m[2*i+1])
			c.VMULPD(weight, m[2*i], m[2*i])
			c.VMULPD(weight, m[2*i+1], m[2*i+1])
		}
		barMean, barCorr, deltaMean, deltaCorr := m[0], m[1], m[2], m[3]
		cross, product := m[4], m[5]
		c.mean(4, cross)
		c.VMULPD(weight, cross, cross)
		c.VFNMADD231PD(c.row(c.coef, normMeanDot), deltaMean, cross)
		c.VFNMADD231PD(corr, deltaCorr, cross)
		c.VMULPD(root, cross, cross)
		c.VADDPD(cross, barCorr, barCorr) // of corrU + cross: without q

		c.VMULPD(root, corr, product) // r·corr
		c.VFNMADD231PD(product, deltaMean, barMean)
		c.VFNMADD231PD(product, deltaCorr, barCorr)
		c.VMULPD(root, product, product)
		c.negate(product, zeros)
		c.VMULPD(c.row(c.coef, normGamma), product, product) // D = −γ·r²·corr
		c.store(product, normD)

		c.mean(5, deltaMean) // of ẋ from here on
		c.mean(6, corr)
		c.correlation(root, mean, deltaMean, corr)
		c.VMULPD(root, deltaCorr, product)
		c.VFNMADD231PD(product, deltaMean, barMean)
		c.VFNMADD231PD(product, corr, barCorr)
		c.VMULPD(root, product, product)
		c.negate(product, zeros)
		c.store(product, normE) // E = −r²·deltaCorr

		c.VMULPD(root, barMean, barMean)
		c.VMULPD(root, barCorr, barCorr)
		c.VMULPD(root, barCorr, barCorr)
		c.negate(barCorr, zeros)
		c.store(barCorr, normB) // B = −r²·(corrU + cross)
		c.negate(barMean, zeros)
		c.VFNMADD231PD(mean, barCorr, barMean)
		c.store(barMean, normC) // C = −r·meanU − B·m
		c.VMULPD(c.row(c.coef, normGamma), root, root)
		c.store(root, normA)
	})
}

const totalsSignature = "func(n int, inverse float64, coef *float64, sums *float64, pad int, beta *float64, gamma *float64)"

// normTotals: sums for the parameter gradients, as in simd.NormTotals.
func (g *generator) normTotals() {
	c := g.columns("normTotals", totalsSignature)
	beta, gamma := reg.R8, reg.R9
	g.arg("beta", beta)
	g.arg("gamma", gamma)
	k := c.take(3)
	root, first, corr := k[0], k[1], k[2]
	c.loop(func() {
		c.load(normRoot, root)
		c.sum(0, first)
		c.sum(1, corr)
		mean := c.free[0]
		c.load(normMean, mean)
		c.correlation(root, mean, first, corr)
		c.VADDPD(at(beta, 0), first, first)
		c.VMOVUPD(first, at(beta, 0))
		c.VADDPD(at(gamma, 0), corr, corr)
		c.VMOVUPD(corr, at(gamma, 0))
		c.ADDQ(operand.Imm(uint64(c.bytes())), beta)
		c.ADDQ(operand.Imm(uint64(c.bytes())), gamma)
	})
}

// normSecondTotals: what the tangent adds to them, as in simd.NormSecondTotals.
func (g *generator) normSecondTotals() {
	c := g.columns("normSecondTotals", totalsSignature)
	gamma := reg.R9
	g.arg("gamma", gamma)
	k := c.take(5)
	root, mean, first, corr, cross := k[0], k[1], k[2], k[3], k[4]
	c.loop(func() {
		c.load(normRoot, root)
		c.load(normMean, mean)
		c.sum(2, first)
		c.sum(3, corr)
		c.correlation(root, mean, first, corr)
		c.sum(4, cross)
		c.VFNMADD231PD(c.row(c.coef, normMeanDot), first, cross)
		c.VFNMADD231PD(c.row(c.coef, normCorr), corr, cross)
		c.VFMADD213PD(at(gamma, 0), root, cross)
		c.VMOVUPD(cross, at(gamma, 0))
		c.ADDQ(operand.Imm(uint64(c.bytes())), gamma)
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

// convert64 converts whole vectors of float64: widen from float32, narrow to it.
func (g *generator) convert64() {
	for _, widen := range []bool{true, false} {
		name, dst, src := "narrow", "*float32", "*float64"
		to, from := 2*g.lanes, g.bytes()
		if widen {
			name, dst, src, to, from = "widen", src, dst, from, to
		}
		g.function(name, "func(vectors int, dst "+dst+", src "+src+")")
		g.arg("vectors", reg.RCX)
		g.arg("dst", reg.RDI)
		g.arg("src", reg.RSI)
		g.Label("loop")
		if widen {
			g.VCVTPS2PD(at(reg.RSI, 0), g.v[0])
			g.VMOVUPD(g.v[0], at(reg.RDI, 0))
		} else {
			g.VMOVUPD(at(reg.RSI, 0), g.v[0])
			g.toFloat32(g.v[0], g.v[0])
			g.VMOVUPS(half(g.v[0]), at(reg.RDI, 0))
		}
		g.ADDQ(operand.Imm(uint64(to)), reg.RDI)
		g.ADDQ(operand.Imm(uint64(from)), reg.RSI)
		g.DECQ(reg.RCX)
		g.JNZ(operand.LabelRef("loop"))
		g.end()
	}
}

// ones is the constant 1 in float64.
func (g *generator) ones() operand.Mem {
	return g.constant("one64", func(i int) uint32 { return []uint32{0, 0x3ff00000}[i%2] })
}
