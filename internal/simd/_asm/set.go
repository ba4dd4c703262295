package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// set is an instruction set: its vectors of float32.
type set struct {
	name  string
	lanes int               // float32 in a vector
	v     []reg.VecPhysical // vector registers
}

var (
	avx512 = set{"AVX512", 16, []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}}
	avx2 = set{"AVX2", 8, []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}}
)

// bytes returns the size of a vector.
func (s set) bytes() int { return 4 * s.lanes }

// wide reports whether the set is AVX-512.
func (s set) wide() bool { return s.lanes == 16 }

// generator emits code for one instruction set.
type generator struct {
	*build.Context
	set
	labels int
}

// function begins a function whose name ends in the set's. Its doc lines come from the Go twin.
func (g *generator) function(name, signature string) {
	g.Function(name + g.name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.SignatureExpr(signature)
}

// end restores the state that Go expects and returns.
func (g *generator) end() {
	g.VZEROUPPER()
	g.RET()
}

// arg loads a parameter into a register.
func (g *generator) arg(name string, r reg.Register) { g.Load(g.Param(name), r) }

// at is the memory at base + disp bytes.
func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// indexed is the memory at base + index·scale + disp bytes.
func indexed(base, index reg.Register, scale uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: scale, Disp: disp}
}

// zero clears a vector register.
func (g *generator) zero(r reg.VecPhysical) {
	if g.wide() {
		g.VPXORD(r, r, r)
	} else {
		g.VXORPS(r, r, r)
	}
}

// label returns a name for a label that is unique in the function.
func (g *generator) label(name string) string {
	g.labels++
	return fmt.Sprintf("%s%d", name, g.labels)
}

// toBytes turns a count of float32 into bytes.
func (g *generator) toBytes(r reg.GPPhysical) { g.SHLQ(operand.Imm(2), r) }
