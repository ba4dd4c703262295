package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileFields are the fields of simd.NormTile, eight bytes each, with their types.
var tileFields = [][2]string{
	{"Rows", "int"}, {"Columns", "int"}, {"Stride", "int"},
	{"X", "*float32"}, {"U", "*float32"}, {"V", "*float32"}, {"Dot", "*float32"}, {"Y", "*float32"}, {"Out", "*float32"},
	{"Gamma", "*float32"}, {"Beta", "*float32"}, {"Step", "int"},
	{"Coef", "*float32"}, {"Sums", "*float64"}, {"Pad", "int"}, {"Slope", "float32"},
}

// walk writes a kernel that goes over a tile: strips of one vector of columns and, in each, all rows.
// Coefficients are loaded, and sums loaded and stored, once a strip.
type walk struct {
	*generator
	name    string
	tensors []string                  // tile fields that are addressed row by row, at most seven
	coefs   []int                     // coefficients that are kept in registers
	sums    int                       // sums that are kept in registers, two vectors of float64 each
	enter   func(w *walk)             // run at the start of a strip, if not nil
	row     func(w *walk)             // run for each row
	bases   map[string]reg.GPPhysical // of the tensors
	coef    map[int]reg.VecPhysical   // of the coefficients
	sum     [][2]reg.VecPhysical      // low and high lanes of the sums
	free    []reg.VecPhysical         // registers for row and enter
	part    mask                      // lanes of the strip at hand, if it is no whole vector
}

// Registers that all walks use. RCX counts rows down.
var (
	walkTile   = reg.RAX // the tile
	walkColumn = reg.R15 // where the strip begins, in bytes of float32
	walkOffset = reg.RDX // of the row at hand from the tile's beginning, in bytes
	walkScale  = reg.RSI // the same in γ and β
	walkStride = reg.RBX // from row to row, in bytes
	walkStep   = reg.RDI // the same in γ and β
)

// field is a field of the tile.
func (w *walk) field(name string) operand.Mem {
	return at(walkTile, 8*slices.IndexFunc(tileFields, func(f [2]string) bool { return f[0] == name }))
}

// scaled reports whether a tensor is γ or β, whose rows have their own distance.
func scaled(tensor string) bool { return tensor == "Gamma" || tensor == "Beta" }

// element is the part of a tensor in the strip and row at hand.
func (w *walk) element(tensor string) operand.Mem {
	if scaled(tensor) {
		return indexed(w.bases[tensor], walkScale, 1, 0)
	}
	return indexed(w.bases[tensor], walkOffset, 1, 0)
}

// load loads the strip's part of the row at hand.
func (w *walk) load(tensor string, to reg.VecPhysical) {
	if w.part.register != nil {
		w.loadLanes(w.element(tensor), w.part, to)
	} else {
		w.VMOVUPS(w.element(tensor), to)
	}
}

// store stores it.
func (w *walk) store(from reg.VecPhysical, tensor string) {
	if w.part.register != nil {
		w.storeLanes(from, w.part, w.element(tensor))
	} else {
		w.VMOVUPS(from, w.element(tensor))
	}
}

// write writes the kernel.
func (w *walk) write() {
	var fields []string
	for _, f := range tileFields {
		fields = append(fields, f[0]+" "+f[1])
	}
	w.function(w.name, "func(t *struct{"+strings.Join(fields, "; ")+"})")
	w.arg("t", walkTile)
	w.bases = map[string]reg.GPPhysical{}
	for i, t := range w.tensors {
		w.bases[t] = []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14}[i]
		w.MOVQ(w.field(t), w.bases[t])
	}
	w.MOVQ(w.field("Stride"), walkStride)
	w.toBytes(walkStride)
	if slices.ContainsFunc(w.tensors, scaled) {
		w.MOVQ(w.field("Step"), walkStep)
		w.toBytes(walkStep)
	}
	w.XORQ(walkColumn, walkColumn)
	w.assign()

	w.Label("strip")
	w.MOVQ(w.field("Columns"), reg.RCX)
	w.ANDQ(operand.I32(int32(-w.lanes)), reg.RCX)
	w.toBytes(reg.RCX)
	w.CMPQ(walkColumn, reg.RCX)
	w.JGE(operand.LabelRef("tail"))
	w.strip()
	w.ADDQ(operand.Imm(uint64(w.bytes())), walkColumn)
	w.JMP(operand.LabelRef("strip"))
	w.Label("tail")
	w.MOVQ(w.field("Columns"), walkOffset)
	w.ANDQ(operand.Imm(uint64(w.lanes-1)), walkOffset)
	w.JZ(operand.LabelRef("end"))
	w.part = w.firstLanes(walkOffset)
	w.MOVQ(w.field(w.tensors[0]), w.bases[w.tensors[0]]) // firstLanes took its register
	w.strip()
	w.Label("end")
	w.end()
}

// assign hands out the vector registers: coefficients and sums from the first on. The last of AVX2 is
// the mask of the last strip.
func (w *walk) assign() {
	next := w.v
	if !w.wide() {
		next = next[:15]
	}
	take := func() (r reg.VecPhysical) {
		r, next = next[0], next[1:]
		return r
	}
	w.coef, w.sum = map[int]reg.VecPhysical{}, nil
	for _, c := range w.coefs {
		w.coef[c] = take()
	}
	for range w.sums {
		w.sum = append(w.sum, [2]reg.VecPhysical{take(), take()})
	}
	w.free = next
}

// strip writes the rows of one strip.
func (w *walk) strip() {
	if len(w.coefs) > 0 {
		w.MOVQ(w.field("Coef"), walkOffset)
		w.ADDQ(walkColumn, walkOffset)
		w.MOVQ(w.field("Pad"), walkScale)
		w.toBytes(walkScale)
		for c := range slices.Max(w.coefs) + 1 {
			if r, ok := w.coef[c]; ok {
				w.VMOVUPS(at(walkOffset, 0), r)
			}
			w.ADDQ(walkScale, walkOffset)
		}
	}
	w.eachSum(func(r reg.VecPhysical, at operand.Mem) { w.VMOVUPD(at, r) })
	if w.enter != nil {
		w.enter(w)
	}
	w.MOVQ(walkColumn, walkOffset)
	w.MOVQ(walkColumn, walkScale)
	w.MOVQ(w.field("Rows"), reg.RCX)
	row := w.label("row")
	w.Label(row)
	w.row(w)
	w.ADDQ(walkStride, walkOffset)
	if slices.ContainsFunc(w.tensors, scaled) {
		w.ADDQ(walkStep, walkScale)
	}
	w.DECQ(reg.RCX)
	w.JNZ(operand.LabelRef(row))
	w.eachSum(func(r reg.VecPhysical, at operand.Mem) { w.VMOVUPD(r, at) })
}

// eachSum goes over the strip's sums in registers and in memory.
func (w *walk) eachSum(do func(r reg.VecPhysical, at operand.Mem)) {
	if w.sums == 0 {
		return
	}
	w.MOVQ(w.field("Sums"), walkOffset)
	w.LEAQ(indexed(walkOffset, walkColumn, 2, 0), walkOffset)
	w.MOVQ(w.field("Pad"), walkScale)
	w.SHLQ(operand.Imm(3), walkScale)
	for i, s := range w.sum {
		if i > 0 {
			w.ADDQ(walkScale, walkOffset)
		}
		do(s[0], at(walkOffset, 0))
		do(s[1], at(walkOffset, w.bytes()))
	}
}

// low converts the lower half of a vector to float64.
func (g *generator) low(from, to reg.VecPhysical) { g.VCVTPS2PD(half(from), to) }

// high converts the upper half; to may be from.
func (g *generator) high(from, to reg.VecPhysical) {
	g.upper(from, to)
	g.VCVTPS2PD(half(to), to)
}
