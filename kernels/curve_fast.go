package kernels

import "ganlib/internal/simd"

type curveValueFast struct {
	y, x []float32
	kind curveKind
	isa  simd.ISA
}

func (k *curveValueFast) Run(lo, hi int) {
	if k.kind == tanhCurve {
		k.isa.Tanh(k.y[lo:hi], k.x[lo:hi])
	} else {
		k.isa.Sigmoid(k.y[lo:hi], k.x[lo:hi])
	}
}

type curveSlopeFast struct {
	dst, y, v []float32
	kind      curveKind
	isa       simd.ISA
}

func (k *curveSlopeFast) Run(lo, hi int) {
	if k.kind == tanhCurve {
		k.isa.TanhSlope(k.dst[lo:hi], k.y[lo:hi], k.v[lo:hi])
	} else {
		k.isa.SigmoidSlope(k.dst[lo:hi], k.y[lo:hi], k.v[lo:hi])
	}
}

type curveSecondFast struct {
	xbar, y, ybar, xdot, delta []float32 // ybar may be nil
	kind                       curveKind
	isa                        simd.ISA
}

func (k *curveSecondFast) Run(lo, hi int) {
	var ybar []float32
	if k.ybar != nil {
		ybar = k.ybar[lo:hi]
	}
	if k.kind == tanhCurve {
		k.isa.TanhSecond(k.xbar[lo:hi], k.y[lo:hi], ybar, k.xdot[lo:hi], k.delta[lo:hi])
	} else {
		k.isa.SigmoidSecond(k.xbar[lo:hi], k.y[lo:hi], ybar, k.xdot[lo:hi], k.delta[lo:hi])
	}
}
