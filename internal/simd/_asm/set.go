package main

import (
	"fmt"
	"maps"
	"slices"

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
	constants
	factors
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

// memory is where a parameter lies.
func (g *generator) memory(name string) operand.Mem {
	p, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

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

// mask selects the first lanes of a vector: a mask register, or a vector with all bits of them set.
type mask struct{ register reg.Register }

// firstLanes returns the mask of the first n lanes, n in a register. It uses RCX, K1 and the last
// vector registers.
func (g *generator) firstLanes(n reg.GPPhysical) mask {
	g.MOVQ(n, reg.RCX)
	if g.wide() {
		g.MOVL(operand.U32(1), reg.R8L)
		g.SHLL(reg.CL, reg.R8L)
		g.DECL(reg.R8L)
		g.KMOVW(reg.R8L, reg.K1)
		return mask{reg.K1}
	}
	m, numbers := g.v[15], g.v[14]
	g.VMOVD(reg.ECX, m.AsX())
	g.VPBROADCASTD(m.AsX(), m)
	g.VMOVDQU(g.laneNumbers(), numbers)
	g.VPCMPGTD(numbers, m, m)
	return mask{m}
}

// loadLanes loads the lanes in m from memory, and zeros the others.
func (g *generator) loadLanes(from operand.Mem, m mask, to reg.VecPhysical) {
	if g.wide() {
		g.VMOVUPS_Z(from, m.register, to)
	} else {
		g.VMASKMOVPS(from, m.register, to)
	}
}

// storeLanes stores the lanes in m to memory.
func (g *generator) storeLanes(from reg.VecPhysical, m mask, to operand.Mem) {
	if g.wide() {
		g.VMOVUPS(from, m.register, to)
	} else {
		g.VMASKMOVPS(from, m.register, to)
	}
}

// laneNumbers returns the constant vector 0, 1, …, 7, laneBits 1, 2, 4, …, 128.
func (g *generator) laneNumbers() operand.Mem {
	return g.constant("laneNumbers", func(i int) uint32 { return uint32(i) })
}

func (g *generator) laneBits() operand.Mem {
	return g.constant("laneBits", func(i int) uint32 { return 1 << i })
}

// constants are vectors of eight lanes that the functions of a family use, by name. They are written
// after the functions.
type constants map[string]func(i int) uint32

// constant returns the address of a constant.
func (c constants) constant(name string, lane func(i int) uint32) operand.Mem {
	c[name] = lane
	return operand.NewDataAddr(operand.NewStaticSymbol(name), 0)
}

func (c constants) write(ctx *build.Context) {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		ctx.StaticGlobal(name)
		ctx.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 8 {
			ctx.AddDatum(4*i, operand.U32(c[name](i)))
		}
	}
}
