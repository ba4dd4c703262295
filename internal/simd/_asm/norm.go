package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normFamily writes the passes of normalisations: sums over rows in float64, and what is computed of
// them element by element in float32.
func normFamily(g *generator) {
	(&walk{generator: g, name: "normStats", tensors: []string{"X"}, coefs: []int{0}, sums: 2, enter: centre, row: statsRow}).write()
	for _, leaky := range []bool{false, true} {
		suffix := ""
		if leaky {
			suffix = "Leaky"
		}
		tensors := func(names ...string) []string {
			if leaky {
				return append(names, "Y")
			}
			return names
		}
		(&walk{generator: g, name: "normScale" + suffix, tensors: []string{"X", "Out", "Gamma", "Beta"}, coefs: []int{0, 1, 2}, row: scaleRow(leaky)}).write()
		(&walk{generator: g, name: "normSums" + suffix, tensors: tensors("X", "U", "Gamma"), coefs: []int{0, 1}, sums: 2, row: sumsRow(leaky)}).write()
		(&walk{generator: g, name: "normProject" + suffix, tensors: tensors("X", "U", "Out", "Gamma"), coefs: []int{0, 1, 2, 3}, row: projectRow(leaky)}).write()
		(&walk{generator: g, name: "normTangent" + suffix, tensors: tensors("X", "U", "Out", "Gamma"), coefs: []int{0, 1, 2, 3}, row: tangentRow(leaky)}).write()
		(&walk{generator: g, name: "normTangentSums" + suffix, tensors: tensors("X", "V", "Dot", "Gamma"), coefs: []int{0, 1, 2, 3}, sums: 3, row: tangentSumsRow(leaky)}).write()
		(&walk{generator: g, name: "normSecond" + suffix, tensors: tensors("X", "V", "Dot", "Out", "Gamma"), coefs: secondCoefs, row: secondRow(leaky, false)}).write()
		(&walk{generator: g, name: "normSecondBar" + suffix, tensors: tensors("X", "U", "V", "Dot", "Out", "Gamma"), coefs: secondCoefs, row: secondRow(leaky, true)}).write()
	}
	g.normRoots()
	g.normMeans()
	g.normSecondMeans()
	g.add64()
}

// secondCoefs are the coefficients of the second-order pass.
var secondCoefs = []int{0, 1, 2, 4, 5, 6, 7}

// gate multiplies the lanes of v by the slope where those of y are not above zero, NaN among them. y is
// lost, and so is another register.
func (w *walk) gate(v, y, other reg.VecPhysical) {
	const above, notAbove = operand.U8(0x1e), operand.U8(0x1a)
	w.zero(other)
	if w.wide() {
		w.VCMPPS(notAbove, other, y, reg.K2)
		w.VBROADCASTSS(w.field("Slope"), y)
		w.VMULPS(y, v, reg.K2, v)
		return
	}
	w.VCMPPS(above, other, y, y)
	w.VBROADCASTSS(w.field("Slope"), other)
	w.VMULPS(v, other, other)
	w.VBLENDVPS(y, v, other, v)
}

// loadGated loads a tensor and, if leaky is set, gates it by Y.
func (w *walk) loadGated(tensor string, leaky bool, to, a, b reg.VecPhysical) {
	w.load(tensor, to)
	if leaky {
		w.load("Y", a)
		w.gate(to, a, b)
	}
}

// hat computes x' = (x − c0)·c1.
func (w *walk) hat(to reg.VecPhysical) {
	w.load("X", to)
	w.VSUBPS(w.coef[0], to, to)
	w.VMULPS(w.coef[1], to, to)
}

// weigh multiplies by γ.
func (w *walk) weigh(v, a reg.VecPhysical) {
	w.load("Gamma", a)
	w.VMULPS(a, v, v)
}

// centre widens the number that is subtracted before anything is summed.
func centre(w *walk) {
	w.low(w.coef[0], w.free[0])
	w.high(w.coef[0], w.free[1])
}

// statsRow: d = x − c0 in float64, sums of d and d².
func statsRow(w *walk) {
	x, d := w.free[2], w.free[3:5]
	w.load("X", x)
	w.low(x, d[0])
	w.high(x, d[1])
	for h := range 2 {
		w.VSUBPD(w.free[h], d[h], d[h])
		w.VADDPD(d[h], w.sum[0][h], w.sum[0][h])
		w.VFMADD231PD(d[h], d[h], w.sum[1][h])
	}
}

// scaleRow: y = γ·((x − c0)·c1 + c2) + β, and the activation.
func scaleRow(leaky bool) func(w *walk) {
	return func(w *walk) {
		y, a, b := w.free[0], w.free[1], w.free[2]
		w.load("X", y)
		w.VSUBPS(w.coef[0], y, y)
		w.VFMADD213PS(w.coef[2], w.coef[1], y)
		w.load("Gamma", a)
		w.load("Beta", b)
		w.VFMADD213PS(b, a, y)
		if leaky {
			w.VMOVAPS(y, a)
			w.gate(y, a, b)
		}
		w.store(y, "Out")
	}
}

// sumsRow: w = γ·u, sums of w and w·x'.
func sumsRow(leaky bool) func(w *walk) {
	return func(w *walk) {
		u, hat, a, b := w.free[0], w.free[1], w.free[2], w.free[3]
		w.loadGated("U", leaky, u, a, b)
		w.weigh(u, a)
		w.hat(hat)
		for h, widen := range []func(from, to reg.VecPhysical){w.low, w.high} {
			widen(u, a)
			widen(hat, b)
			w.VADDPD(a, w.sum[0][h], w.sum[0][h])
			w.VFMADD231PD(a, b, w.sum[1][h])
		}
	}
}

// projectRow: out = c1·(γ·u − c2 − x'·c3).
func projectRow(leaky bool) func(w *walk) {
	return func(w *walk) {
		u, hat, a, b := w.free[0], w.free[1], w.free[2], w.free[3]
		w.loadGated("U", leaky, u, a, b)
		w.load("Gamma", a)
		w.VFMSUB213PS(w.coef[2], a, u)
		w.hat(hat)
		w.VFNMADD231PS(w.coef[3], hat, u)
		w.VMULPS(w.coef[1], u, u)
		w.store(u, "Out")
	}
}

// dotHat computes ẋ' = (u − c2 − x'·c3)·c1, u being loaded.
func (w *walk) dotHat(u, hat reg.VecPhysical) {
	w.VSUBPS(w.coef[2], u, u)
	w.VFNMADD231PS(w.coef[3], hat, u)
	w.VMULPS(w.coef[1], u, u)
}

// tangentRow: out = γ·(u − c2 − x'·c3)·c1, and the activation's slope.
func tangentRow(leaky bool) func(w *walk) {
	return func(w *walk) {
		u, hat, a, b := w.free[0], w.free[1], w.free[2], w.free[3]
		w.load("U", u)
		w.hat(hat)
		w.dotHat(u, hat)
		w.weigh(u, a)
		if leaky {
			w.load("Y", a)
			w.gate(u, a, b)
		}
		w.store(u, "Out")
	}
}

// tangentSumsRow: w = γ·v, sums of w, w·x' and w·ẋ'. The other two are loaded when the first is done
// with its registers: AVX2 has no more.
func tangentSumsRow(leaky bool) func(w *walk) {
	return func(w *walk) {
		v, hat, dot, a, b := w.free[0], w.free[1], w.free[2], w.free[3], w.free[4]
		w.loadGated("V", leaky, v, a, b)
		w.weigh(v, a)
		w.hat(hat)
		w.load("Dot", dot)
		w.dotHat(dot, hat)
		for h, widen := range []func(from, to reg.VecPhysical){w.low, w.high} {
			widen(v, a)
			w.VADDPD(a, w.sum[0][h], w.sum[0][h])
			widen(hat, b)
			w.VFMADD231PD(a, b, w.sum[1][h])
			widen(dot, b)
			w.VFMADD231PD(a, b, w.sum[2][h])
		}
	}
}

// secondRow: out = c1·(γ·u − c4·γ·v − c5·(ẋ − c2) − c6 − c7·x'), without γ·u if there is no bar.
func secondRow(leaky, bar bool) func(w *walk) {
	return func(w *walk) {
		sum, v, a, b := w.free[0], w.free[1], w.free[2], w.free[3]
		w.loadGated("V", leaky, v, a, b)
		w.weigh(v, a)
		if bar {
			w.loadGated("U", leaky, sum, a, b)
			w.load("Gamma", a)
			w.VFMSUB213PS(w.coef[6], a, sum)
		} else {
			w.zero(sum)
			w.VSUBPS(w.coef[6], sum, sum)
		}
		w.VFNMADD231PS(w.coef[4], v, sum)
		w.load("Dot", v)
		w.VSUBPS(w.coef[2], v, v)
		w.VFNMADD231PS(w.coef[5], v, sum)
		w.hat(v)
		w.VFNMADD231PS(w.coef[7], v, sum)
		w.VMULPS(w.coef[1], sum, sum)
		w.store(sum, "Out")
	}
}
