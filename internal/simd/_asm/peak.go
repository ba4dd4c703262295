package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakChains is how many independent sums the peak loop keeps, enough to hide the latency of a
// multiply-add.
const peakChains = 12

// peakFamily writes the loop that measures the processor's peak, nothing but multiply-adds, a pause, which
// is nothing at all, and the instructions that tell processors apart.
func peakFamily(g *generator) {
	g.function("peak", "func(n int)")
	g.arg("n", reg.RCX)
	for i := range peakChains + 2 {
		g.zero(g.v[i])
	}
	g.Label("loop")
	for range 4 {
		for i := range peakChains {
			g.VFMADD231PS(g.v[peakChains], g.v[peakChains+1], g.v[i])
		}
	}
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
	if g.wide() {
		g.Function("pause") // of any x86 processor
		g.Attributes(attr.NOSPLIT)
		g.SignatureExpr("func()")
		g.PAUSE()
		g.RET()

		g.Function("processor")
		g.Attributes(attr.NOSPLIT)
		g.SignatureExpr("func() uint32")
		g.RDTSCP() // leaves the number that the operating system gave the processor in ECX
		g.Store(reg.ECX, g.ReturnIndex(0))
		g.RET()

		g.Function("cpuid") // EAX, EBX and ECX for that EAX and no ECX
		g.Attributes(attr.NOSPLIT)
		g.SignatureExpr("func(leaf uint32) (a, b, c uint32)")
		g.Load(g.Param("leaf"), reg.EAX)
		g.XORL(reg.ECX, reg.ECX)
		g.CPUID()
		for i, r := range []reg.Register{reg.EAX, reg.EBX, reg.ECX} {
			g.Store(r, g.ReturnIndex(i))
		}
		g.RET()
	}
}
