package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// convertFamily writes conversions by way of float64.
func convertFamily(g *generator) {
	g.direction()
	g.scaleBytes()
}

// direction: dst = (x / norm) · scale.
func (g *generator) direction() {
	g.function("direction", "func(n int, dst, x *float32, norm, scale float64)")
	dst, x := reg.RAX, reg.RBX
	g.arg("n", count)
	g.arg("dst", dst)
	g.arg("x", x)
	lo, hi, norm, scale := g.v[0], g.v[1], g.v[2], g.v[3]
	g.broadcast("norm", norm)
	g.broadcast("scale", scale)
	g.stream(2, func(c cursor) {
		c.widen(x, lo, hi)
		for _, v := range []reg.VecPhysical{lo, hi} {
			g.VDIVPD(norm, v, v)
			g.VMULPD(scale, v, v)
		}
		g.narrow(lo, hi)
		c.store(lo, dst)
	})
	g.end()
}

// scaleBytes: dst = lo + step·byte, and top for 255. The rest of a vector's bytes comes one at a time.
func (g *generator) scaleBytes() {
	g.function("scaleBytes", "func(vectors int, dst *float32, src *byte, lo, step float64, top float32)")
	vectors, dst, src := reg.RCX, reg.RAX, reg.RBX
	g.arg("vectors", vectors)
	g.arg("dst", dst)
	g.arg("src", src)
	bytes, a, b := g.v[0], g.v[1], g.v[2]
	lo, step, top, full := g.v[3], g.v[4], g.v[5], g.v[6]
	g.broadcast("lo", lo)
	g.broadcast("step", step)
	g.broadcast("top", top)
	g.VPBROADCASTD(g.constant("fullByte", func(int) uint32 { return 255 }), full)
	g.Label("loop")
	g.VPMOVZXBD(at(src, 0), bytes)
	g.VCVTDQ2PD(half(bytes), a)
	g.upper(bytes, b)
	g.VCVTDQ2PD(half(b), b)
	for _, v := range []reg.VecPhysical{a, b} {
		g.VMULPD(step, v, v)
		g.VADDPD(lo, v, v)
	}
	g.narrow(a, b)
	if g.wide() {
		g.VPCMPEQD(full, bytes, reg.K1)
		g.VMOVAPS(top, reg.K1, a)
	} else {
		g.VPCMPEQD(full, bytes, bytes)
		g.VBLENDVPS(bytes, top, a, a)
	}
	g.VMOVUPS(a, at(dst, 0))
	g.ADDQ(operand.Imm(uint64(g.lanes)), src)
	g.ADDQ(operand.Imm(uint64(g.bytes())), dst)
	g.DECQ(vectors)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// narrow converts two vectors of float64 to one of float32, in lo.
func (g *generator) narrow(lo, hi reg.VecPhysical) {
	for _, v := range []reg.VecPhysical{lo, hi} {
		g.toFloat32(v, v)
	}
	if g.wide() {
		g.VINSERTF64X4(operand.Imm(1), half(hi), lo, lo)
	} else {
		g.VINSERTF128(operand.Imm(1), half(hi), lo, lo)
	}
}

// toFloat32 converts a vector of float64 to half a vector of float32.
func (g *generator) toFloat32(v, into reg.VecPhysical) {
	if g.wide() {
		g.VCVTPD2PS(v, half(into))
	} else {
		g.VCVTPD2PSY(v, half(into))
	}
}

// upper copies the upper half of v to the lower half of into.
func (g *generator) upper(v, into reg.VecPhysical) {
	if g.wide() {
		g.VEXTRACTF64X4(operand.Imm(1), v, half(into))
	} else {
		g.VEXTRACTF128(operand.Imm(1), v, half(into))
	}
}
