package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normFamily writes the passes of normalisations: sums over rows, and what is computed of them element
// by element, all in float64.
func normFamily(g *generator) {
	for _, w := range []*walk{
		{name: "normStats", tensors: []string{"X"}, coefs: []int{normMean}, sums: []int{0, 1}, row: statsRow},
		{name: "normScale", tensors: []string{"X", "Out", "Gamma", "Beta"}, coefs: []int{normMean, normBeta, normA}, gated: "itself", row: scaleRow},
		{name: "normSums", tensors: []string{"X", "U", "Gamma", "Y"}, sums: []int{0, 1}, gated: "Y", row: sumsRow},
		{name: "normProject", tensors: []string{"X", "U", "Out", "Gamma", "Y"}, coefs: []int{normA, normB, normC}, gated: "Y", row: projectRow},
		{name: "normTangent", tensors: []string{"X", "U", "Out", "Gamma", "Y"}, coefs: []int{normA, normB, normC}, gated: "Y", row: tangentRow},
		{name: "normTangentSums", tensors: []string{"X", "V", "Dot", "Gamma", "Y"}, sums: []int{2, 3, 4, 5, 6}, gated: "Y", row: tangentSumsRow},
		{name: "normSecond", tensors: []string{"X", "U", "V", "Dot", "Out", "Gamma", "Y"}, coefs: []int{normA, normB, normC, normD, normE}, gated: "Y", bar: true, row: secondRow},
	} {
		w.generator = g
		w.write()
	}
	g.normRoots()
	g.normAffine()
	g.normProjection()
	g.normCurvature()
	g.normTotals()
	g.normSecondTotals()
	g.add64()
	g.convert64()
}

// Places of coefficients, as in package simd.
const (
	normMean = iota
	normRoot
	normGamma
	normBeta
	normWeight
	normMeanDot
	normCorr
	normVariance
	normA
	normB
	normC
	normD
	normE
)

// gate multiplies the lanes of v by the slope where those of y are not above zero, NaN among them, in
// float32: both are half a register. y is lost, and so is another register.
func (w *walk) gate(v, y, other reg.VecPhysical) {
	const above, notAbove = operand.U8(0x1e), operand.U8(0x1a)
	v, y, other = half(v), half(y), half(other)
	slope, zeros := half(w.slope), half(w.zeros)
	if w.wide() {
		w.VCMPPS(notAbove, zeros, y, reg.K2)
		w.VMULPS(slope, v, reg.K2, v)
		return
	}
	w.VCMPPS(above, zeros, y, y)
	w.VMULPS(slope, v, other)
	w.VBLENDVPS(y, v, other, v)
}

// loadWeighted loads γ·a(tensor), as far as the loop has γ and a.
func (w *walk) loadWeighted(tensor string, to, a, b reg.VecPhysical) {
	if w.leaky {
		w.load32(tensor, to)
		w.load32("Y", a)
		w.gate(to, a, b)
		w.VCVTPS2PD(half(to), to)
	} else {
		w.load(tensor, to)
	}
	w.weigh(to, a)
}

// store stores v, rounded to float32.
func (w *walk) store(v reg.VecPhysical) {
	w.toFloat32(v, v)
	w.store32(v, "Out")
}

// storeGated stores a(v), as far as the loop has a.
func (w *walk) storeGated(v, a, b reg.VecPhysical) {
	if !w.leaky {
		w.store(v)
		return
	}
	w.toFloat32(v, v)
	w.load32("Y", a)
	w.gate(v, a, b)
	w.store32(v, "Out")
}

// weigh multiplies by γ, if the loop has it.
func (w *walk) weigh(v, a reg.VecPhysical) {
	if w.element {
		w.load("Gamma", a)
		w.VMULPD(a, v, v)
	}
}

// statsRow: d = x − c, sums of d and d².
func statsRow(w *walk) {
	d := w.free[w.vector]
	w.load("X", d)
	w.VSUBPD(w.c(normMean), d, d)
	w.VADDPD(d, w.s(0), w.s(0))
	w.VFMADD231PD(d, d, w.s(1))
}

// scaleRow: y = a(A·γ·(x − m) + β).
func scaleRow(w *walk) {
	y, a, b := w.free[0], w.free[1], w.free[2]
	w.load("X", y)
	w.VSUBPD(w.c(normMean), y, y)
	if w.element {
		w.weigh(y, a)
		w.load("Beta", b)
		w.VFMADD213PD(b, w.c(normA), y)
	} else {
		w.VFMADD213PD(w.c(normBeta), w.c(normA), y)
	}
	w.toFloat32(y, y)
	if w.leaky {
		w.VMOVAPS(half(y), half(a))
		w.gate(y, a, b)
	}
	w.store32(y, "Out")
}

// sumsRow: w = γ·a(u), sums of w and w·x.
func sumsRow(w *walk) {
	u, a, b := w.free[0], w.free[1], w.free[2]
	w.loadWeighted("U", u, a, b)
	w.VADDPD(u, w.s(0), w.s(0))
	w.load("X", a)
	w.VFMADD231PD(a, u, w.s(1))
}

// projectRow: out = A·γ·a(u) + B·x + C.
func projectRow(w *walk) {
	out, u, a := w.free[0], w.free[1], w.free[2]
	w.loadWeighted("U", u, out, a)
	w.load("X", out)
	w.VFMADD213PD(w.c(normC), w.c(normB), out)
	w.VFMADD231PD(w.c(normA), u, out)
	w.store(out)
}

// tangentRow: out = a(γ·(A·u + B·x + C)).
func tangentRow(w *walk) {
	out, a, b := w.free[0], w.free[1], w.free[2]
	w.load("X", out)
	w.VFMADD213PD(w.c(normC), w.c(normB), out)
	w.load("U", a)
	w.VFMADD231PD(w.c(normA), a, out)
	w.weigh(out, a)
	w.storeGated(out, a, b)
}

// tangentSumsRow: w = γ·a(v), sums of w, w·x, w·ẋ, ẋ and ẋ·x.
func tangentSumsRow(w *walk) {
	v, a, b := w.free[0], w.free[1], w.free[2]
	w.loadWeighted("V", v, a, b)
	w.load("X", a)
	w.load("Dot", b)
	w.VADDPD(v, w.s(2), w.s(2))
	w.VFMADD231PD(a, v, w.s(3))
	w.VFMADD231PD(b, v, w.s(4))
	w.VADDPD(b, w.s(5), w.s(5))
	w.VFMADD231PD(a, b, w.s(6))
}

// secondRow: out = A·γ·a(u) + D·γ·a(v) + E·ẋ + B·x + C.
func secondRow(w *walk) {
	out, v, a, b := w.free[0], w.free[1], w.free[2], w.free[3]
	w.load("X", out)
	w.VFMADD213PD(w.c(normC), w.c(normB), out)
	w.load("Dot", v)
	w.VFMADD231PD(w.c(normE), v, out)
	w.loadWeighted("V", v, a, b)
	w.VFMADD231PD(w.c(normD), v, out)
	if !w.without {
		w.loadWeighted("U", v, a, b)
		w.VFMADD231PD(w.c(normA), v, out)
	}
	w.store(out)
}
