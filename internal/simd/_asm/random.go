package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// randomFamily writes the generators of uniform and normal numbers. Each lane of 64 bits computes one
// block of Philox4x32-10, four words.
func randomFamily(g *generator) {
	g.random("uniforms", (*generator).units)
	g.random("normals", (*generator).normals)
}

// random writes groups of numbers: as many blocks as a vector has lanes of 64 bits, in two vectors of
// float32. draw makes them of the blocks' words.
func (g *generator) random(name string, draw func(g *generator, words []reg.VecPhysical, lo, hi reg.VecPhysical)) {
	g.function(name, "func(groups int, dst *float32, block uint32, counter *[3]uint32, keys *[20]uint32, scale, offset float32)")
	groups, dst, counter, keys := reg.RCX, reg.RAX, reg.RBX, reg.RSI
	g.arg("groups", groups)
	g.arg("dst", dst)
	g.arg("counter", counter)
	g.arg("keys", keys)
	words, lo, hi, block := g.v[:4], g.v[4], g.v[5], g.v[15]
	g.VPMOVZXDQ(g.blockOrder(), lo)
	g.Load(g.Param("block"), reg.EDX)
	g.VMOVD(reg.EDX, block.AsX())
	g.VPBROADCASTD(block.AsX(), block)
	g.VPADDD(lo, block, block)
	if g.wide() {
		g.MOVL(operand.U32(0xaaaa), reg.EDX)
		g.KMOVW(reg.EDX, reg.K1) // the odd lanes of float32
	}
	g.Label("loop")
	g.VMOVUPS(block, words[0])
	for i, w := range words[1:] {
		g.VPBROADCASTD(at(counter, 4*i), w)
	}
	g.philox(words, keys)
	draw(g, words, lo, hi)
	g.broadcast("scale", words[0])
	g.broadcast("offset", words[1])
	for i, v := range []reg.VecPhysical{lo, hi} {
		g.VMULPS(words[0], v, v)
		g.VADDPS(words[1], v, v)
		g.VMOVUPS(v, at(dst, i*g.bytes()))
	}
	g.quads(g.VPADDQ, g.VPADDQ_BCST, uint64(g.lanes/2), block, block)
	g.ADDQ(operand.Imm(uint64(2*g.bytes())), dst)
	g.DECQ(groups)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// blockOrder is which block each lane computes: even lanes those of the first half of a group and odd
// lanes the others, since interleave takes every other lane.
func (g *generator) blockOrder() operand.Mem {
	return g.constant("blockOrder"+g.name, func(i int) uint32 { return uint32(i/2 + i%2*g.lanes/4) })
}

// philox does ten rounds on four words, which lie in the low halves of the lanes; what is in the high
// halves does not count:
//
//	c₀, c₁, c₂, c₃ = hi(m₁·c₂) ^ c₁ ^ k₀,  lo(m₁·c₂),  hi(m₀·c₀) ^ c₃ ^ k₁,  lo(m₀·c₀)
func (g *generator) philox(words []reg.VecPhysical, keys reg.Register) {
	const m0, m1 = 0xD2511F53, 0xCD9E8D57
	c0, c1, c2, c3, product0, product1, key := words[0], words[1], words[2], words[3], g.v[6], g.v[7], g.v[8]
	for round := range 10 {
		g.quads(g.VPMULUDQ, g.VPMULUDQ_BCST, m0, c0, product0)
		g.quads(g.VPMULUDQ, g.VPMULUDQ_BCST, m1, c2, product1)
		g.VPSRLQ(operand.Imm(32), product1, c0)
		g.VPSRLQ(operand.Imm(32), product0, c2)
		g.VXORPS(c1, c0, c0)
		g.VXORPS(c3, c2, c2)
		for i, c := range []reg.VecPhysical{c0, c2} {
			g.VPBROADCASTD(at(keys, 8*round+4*i), key)
			g.VXORPS(key, c, c)
		}
		c1, product1 = product1, c1
		c3, product0 = product0, c3
	} // after an even number of rounds the words are back in their registers
}

// interleave lays words out as blocks follow each other.
func (g *generator) interleave(words []reg.VecPhysical, lo, hi reg.VecPhysical) {
	for i := 0; i < 4; i += 2 {
		g.VPSLLQ(operand.Imm(32), words[i+1], words[i+1])
		if g.wide() {
			g.VMOVDQA32(words[i+1], reg.K1, words[i])
		} else {
			g.VPBLENDD(operand.Imm(0xaa), words[i+1], words[i], words[i])
		}
	}
	g.VPUNPCKLQDQ(words[2], words[0], lo)
	g.VPUNPCKHQDQ(words[2], words[0], hi)
}

// units makes numbers in [0,1), multiples of 2⁻²⁴.
func (g *generator) units(words []reg.VecPhysical, lo, hi reg.VecPhysical) {
	g.interleave(words, lo, hi)
	g.numbers(0, 1, 0x1p-24)
	for _, v := range []reg.VecPhysical{lo, hi} {
		g.VPSRLD(operand.Imm(8), v, v)
		g.VCVTDQ2PS(v, v)
		g.VMULPS(words[0], v, v)
	}
}

// normals makes normal numbers by Box and Muller's transform of each two words, in float64.
func (g *generator) normals(words []reg.VecPhysical, lo, hi reg.VecPhysical) {
	for i := 0; i < 4; i += 2 {
		u, v := words[i], words[i+1]
		g.unitInterval(u, 1)
		g.unitInterval(v, 0)
		g.logarithm(u)
		g.times(-2, u, u)
		g.VSQRTPD(u, u) // the radius
		sin, cos := g.v[4], g.v[5]
		g.sincos(v, sin, cos)
		g.VMULPD(cos, u, v)
		g.VMULPD(sin, u, u)
		for j, n := range []reg.VecPhysical{v, u} {
			g.toFloat32(n, n)
			g.VPMOVZXDQ(half(n), g.v[6+j])
		}
		g.VMOVUPS(g.v[6], words[i])
		g.VMOVUPS(g.v[7], words[i+1])
	}
	g.interleave(words, lo, hi)
}

// unitInterval turns words into (word/2⁸ + add)·2⁻²⁴ in float64.
func (g *generator) unitInterval(v reg.VecPhysical, add float64) {
	g.VPSLLQ(operand.Imm(32), v, v)
	g.VPSRLQ(operand.Imm(40), v, v)
	g.fromInteger(v, -add)
	g.times(0x1p-24, v, v)
}

// fromInteger turns integers below 2⁵² into float64, less bias.
func (g *generator) fromInteger(v reg.VecPhysical, bias float64) {
	g.quads(g.VORPD, g.VORPD_BCST, math.Float64bits(0x1p52), v, v)
	g.plus(-0x1p52-bias, v, v)
}

// logarithm computes ln x for 0 < x ≤ 1 with the operations of Go's math.Log, which are those of
// FreeBSD's e_log.c, one by one:
//
//	x = 2ᵏ·(1+f),  √½ ≤ 1+f < √2,  s = f/(2+f),  ln(1+f) = f − (f²/2 − s·(f²/2 + R(s²)))
func (g *generator) logarithm(x reg.VecPhysical) {
	const (
		one     = 0x3ff0000000000000
		rootOf2 = 0x3fe6a09e667f3bcd // √½
	)
	k, f, s, s2, s4, even, odd := g.v[4], g.v[5], g.v[6], g.v[7], g.v[8], g.v[9], g.v[10]
	g.quads(g.VPADDQ, g.VPADDQ_BCST, one-rootOf2, x, k) // the exponent of x/√½
	g.quads(g.VANDPD, g.VANDPD_BCST, 0xfff<<52, k, f)
	g.VPSUBQ(f, x, f)
	g.quads(g.VPADDQ, g.VPADDQ_BCST, one, f, f)
	g.VPSRLQ(operand.Imm(52), k, k)
	g.fromInteger(k, 1023)
	g.plus(-1, f, f)
	g.plus(2, f, s)
	g.VDIVPD(s, f, s)
	g.VMULPD(s, s, s2)
	g.VMULPD(s2, s2, s4)
	g.horner(s4, odd, 1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01)
	g.VMULPD(odd, s2, odd)
	g.horner(s4, even, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01)
	g.VMULPD(even, s4, even)
	g.VADDPD(even, odd, odd) // R
	square := s2
	g.times(0.5, f, square)
	g.VMULPD(f, square, square)
	g.VADDPD(odd, square, odd)
	g.VMULPD(odd, s, s)
	g.times(1.90821492927058770002e-10, k, even) // the low bits of ln 2
	g.VADDPD(even, s, s)
	g.VSUBPD(s, square, s)
	g.VSUBPD(f, s, s)
	g.times(6.93147180369123816490e-01, k, k)
	g.VSUBPD(s, k, x)
}

// sincos computes sine and cosine of 2π·v for 0 ≤ v < 1 with the operations of Go's math.Sincos, which
// are those of Cephes's sin.c: the angle less the next multiple of π/2, taken off in three exact
// pieces, and polynomials for what is left. It uses v up.
func (g *generator) sincos(v, sin, cos reg.VecPhysical) {
	const up, towardsZero = operand.U8(2), operand.U8(3)
	quarter, y, square, t := g.v[6], g.v[7], g.v[8], g.v[9]
	g.times(2*math.Pi, v, v)
	g.times(4/math.Pi, v, y)
	g.round(towardsZero, y, y)
	g.times(0.5, y, y)
	g.round(up, y, quarter)
	g.VADDPD(quarter, quarter, y)
	for _, piece := range []float64{7.85398125648498535156e-1, 3.77489470793079817668e-8, 2.69515142907905952645e-15} {
		g.quads(g.VFNMADD231PD, g.VFNMADD231PD_BCST, math.Float64bits(piece), y, v)
	}
	g.VMULPD(v, v, square)
	g.horner(square, cos, -1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5, -1.38888888888730564116e-3, 4.16666666666665929218e-2)
	g.VMULPD(square, square, t)
	g.VMULPD(cos, t, cos)
	g.times(-0.5, square, t)
	g.plus(1, t, t)
	g.VADDPD(cos, t, cos)
	g.horner(square, sin, 1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6, -1.98412698295895385996e-4, 8.33333333332211858878e-3, -1.66666666666666307295e-1)
	g.VMULPD(square, v, t)
	g.VMULPD(sin, t, sin)
	g.VADDPD(v, sin, sin)

	// In odd quarters sine and cosine change places; the sine is negative in quarters 2 and 3, the
	// cosine in 1 and 2.
	g.plus(0x1p52, quarter, quarter)
	g.VPSLLQ(operand.Imm(63), quarter, t)
	g.VMOVUPS(sin, v)
	if g.wide() {
		g.VPMOVQ2M(t, reg.K2)
		g.VMOVAPD(cos, reg.K2, sin)
		g.VMOVAPD(v, reg.K2, cos)
	} else {
		g.VBLENDVPD(t, cos, sin, sin)
		g.VBLENDVPD(t, v, cos, cos)
	}
	for _, x := range []reg.VecPhysical{sin, cos} {
		g.VPSLLQ(operand.Imm(62), quarter, t)
		g.quads(g.VANDPD, g.VANDPD_BCST, 1<<63, t, t)
		g.VXORPD(t, x, x)
		g.plus(1, quarter, quarter)
	}
}

// horner computes a polynomial in x whose coefficients are given from the highest on, unfused.
func (g *generator) horner(x, into reg.VecPhysical, coefficients ...float64) {
	g.times(coefficients[0], x, into)
	for i, c := range coefficients[1:] {
		g.plus(c, into, into)
		if i < len(coefficients)-2 {
			g.VMULPD(x, into, into)
		}
	}
}

// round rounds to a whole number.
func (g *generator) round(mode operand.U8, v, into reg.VecPhysical) {
	if g.wide() {
		g.VRNDSCALEPD(mode, v, into)
	} else {
		g.VROUNDPD(mode, v, into)
	}
}

func (g *generator) plus(c float64, v, into reg.VecPhysical) {
	g.quads(g.VADDPD, g.VADDPD_BCST, math.Float64bits(c), v, into)
}

func (g *generator) times(c float64, v, into reg.VecPhysical) {
	g.quads(g.VMULPD, g.VMULPD_BCST, math.Float64bits(c), v, into)
}

// quads emits an instruction of a constant in every lane of 64 bits and a register; on AVX-512 it
// broadcasts.
func (g *generator) quads(plain, broadcast func(ops ...operand.Op), bits uint64, v, into reg.VecPhysical) {
	c := g.constant(fmt.Sprintf("quad%016x", bits), func(i int) uint32 { return uint32(bits >> (i % 2 * 32)) })
	if g.wide() {
		broadcast(c, v, into)
	} else {
		plain(c, v, into)
	}
}
