package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileFields are the fields of simd.NormTile with their types: eight bytes each but the last two.
var tileFields = [][2]string{
	{"Rows", "int"}, {"Columns", "int"}, {"Stride", "int"},
	{"X", "*float32"}, {"U", "*float32"}, {"V", "*float32"}, {"Dot", "*float32"}, {"Y", "*float32"}, {"Out", "*float32"},
	{"Gamma", "*float32"}, {"Beta", "*float32"},
	{"Coef", "*float64"}, {"Sums", "*float64"}, {"Pad", "int"}, {"Slope", "float32"}, {"Leaky", "bool"},
}

// walk writes a kernel that goes over a tile: strips of columns and, in each, all rows. Two vectors of
// float64 side by side are a cache line of float32 with AVX-512, so that no line is read twice.
// Coefficients are loaded, and sums loaded and stored, once a strip. A kernel has a loop for each
// combination of what it can do without.
type walk struct {
	*generator
	name    string
	tensors []string      // tile fields that are read and written row by row
	coefs   []int         // coefficients that are kept in registers
	sums    []int         // sums that are kept in registers
	gated   string        // the tensor that tells where a leaky ReLU has slope 1, if there is any
	bar     bool          // U may be nil
	row     func(w *walk) // run for each row and vector

	vectors int // of a strip, as long as there are so many columns

	// Of the loop at hand:
	leaky, element, without bool // with a leaky ReLU; with γ for each element; U is nil
	bases                   map[string]reg.GPPhysical
	coef                    map[int][]reg.VecPhysical // of each vector of a strip
	sum                     map[int][]reg.VecPhysical
	slope, zeros            reg.VecPhysical
	free                    []reg.VecPhysical // registers for row
	part                    mask              // lanes of the strip, if it is no whole vector
	vector                  int               // of the strip
}

// Registers that all walks use. RCX counts rows down; the tensors take R8 to R14.
var (
	walkTile   = reg.RAX
	walkColumn = reg.R15 // where the strip begins, in bytes of float32
	walkOffset = reg.RDX // of the row at hand from the tile's beginning, in bytes
	walkStride = reg.RBX // from row to row, in bytes
)

// field is a field of the tile.
func (w *walk) field(name string) operand.Mem {
	i := slices.IndexFunc(tileFields, func(f [2]string) bool { return f[0] == name })
	if i == len(tileFields)-1 { // after four bytes
		return at(walkTile, 8*i-4)
	}
	return at(walkTile, 8*i)
}

// width is how many columns a vector of float64 has.
func (w *walk) width() int { return w.lanes / 2 }

// element32 is the part of a tensor in the strip and row at hand.
func (w *walk) element32(tensor string) operand.Mem {
	return indexed(w.bases[tensor], walkOffset, 1, 4*w.width()*w.vector)
}

// load loads the strip's part of the row at hand, as float64.
func (w *walk) load(tensor string, to reg.VecPhysical) {
	if w.part.register == nil {
		w.VCVTPS2PD(w.element32(tensor), to)
		return
	}
	w.load32(tensor, to)
	w.VCVTPS2PD(half(to), to)
}

// load32 loads it as it is, to half a register.
func (w *walk) load32(tensor string, to reg.VecPhysical) {
	from := w.element32(tensor)
	switch {
	case w.part.register == nil:
		w.VMOVUPS(from, half(to))
	case w.wide():
		w.VMOVUPS_Z(from, w.part.register, half(to))
	default:
		w.VMASKMOVPS(from, half(w.part.register.(reg.VecPhysical)), half(to))
	}
}

// store32 stores half a register.
func (w *walk) store32(from reg.VecPhysical, tensor string) {
	to := w.element32(tensor)
	switch {
	case w.part.register == nil:
		w.VMOVUPS(half(from), to)
	case w.wide():
		w.VMOVUPS(half(from), w.part.register, to)
	default:
		w.VMASKMOVPS(half(from), half(w.part.register.(reg.VecPhysical)), to)
	}
}

// c and s are a coefficient's and a sum's registers for the vector at hand.
func (w *walk) c(i int) reg.VecPhysical { return w.coef[i][w.vector] }
func (w *walk) s(i int) reg.VecPhysical { return w.sum[i][w.vector] }

// write writes the kernel.
func (w *walk) write() {
	w.vectors = 2
	if rest := 6; (len(w.coefs)+len(w.sums))*w.vectors+rest > len(w.v)-1 { // slope, zeros and what a row takes
		w.vectors = 1
	}
	var fields []string
	for _, f := range tileFields {
		fields = append(fields, f[0]+" "+f[1])
	}
	w.function(w.name, "func(t *struct{"+strings.Join(fields, "; ")+"})")
	w.arg("t", walkTile)
	w.MOVQ(w.field("Stride"), walkStride)
	w.toBytes(walkStride)
	w.XORQ(walkColumn, walkColumn)
	for _, leaky := range []bool{false, true} {
		for _, element := range []bool{false, true} {
			for _, without := range []bool{false, true} {
				w.leaky, w.element, w.without = leaky, element, without
				if (leaky && w.gated == "") || (element && !slices.Contains(w.tensors, "Gamma")) || (without && !w.bar) {
					continue
				}
				w.loop()
			}
		}
	}
	w.RET() // not reached: the loops are all that there are
}

// loop writes the loop over strips for one combination.
func (w *walk) loop() {
	next, strip, single, tail, end := w.label("next"), w.label("strip"), w.label("single"), w.label("tail"), w.label("end")
	skip := func(field string, byteWide, wanted bool) {
		if byteWide {
			w.CMPB(w.field(field), operand.Imm(0))
		} else {
			w.CMPQ(w.field(field), operand.Imm(0))
		}
		if wanted {
			w.JE(operand.LabelRef(next))
		} else {
			w.JNE(operand.LabelRef(next))
		}
	}
	if w.gated != "" {
		skip("Leaky", true, w.leaky)
	}
	if slices.Contains(w.tensors, "Gamma") {
		skip("Gamma", false, w.element)
	}
	if w.bar {
		skip("U", false, !w.without)
	}
	w.bases = map[string]reg.GPPhysical{}
	registers := []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14}
	for _, t := range w.tensors {
		switch {
		case t == w.gated && !w.leaky, (t == "Gamma" || t == "Beta") && !w.element, t == "U" && w.without:
			continue
		}
		w.bases[t], registers = registers[0], registers[1:]
		w.MOVQ(w.field(t), w.bases[t])
	}
	w.assign()
	w.part = mask{}

	// RCX is where what is left of the columns is no whole strip.
	whole := func(vectors int) {
		w.MOVQ(w.field("Columns"), reg.RCX)
		w.toBytes(reg.RCX)
		w.SUBQ(walkColumn, reg.RCX)
		w.CMPQ(reg.RCX, operand.I32(int32(4*w.width()*vectors)))
	}
	if w.vectors > 1 {
		w.Label(strip)
		whole(w.vectors)
		w.JL(operand.LabelRef(single))
		w.strip(w.vectors)
		w.JMP(operand.LabelRef(strip))
	}
	w.Label(single)
	whole(1)
	w.JL(operand.LabelRef(tail))
	w.strip(1)
	w.JMP(operand.LabelRef(single))
	w.Label(tail)
	w.TESTQ(reg.RCX, reg.RCX)
	w.JZ(operand.LabelRef(end))
	w.MOVQ(reg.RCX, walkOffset)
	w.SHRQ(operand.Imm(2), walkOffset)
	w.part = w.firstLanes(walkOffset)
	w.MOVQ(w.field(w.tensors[0]), w.bases[w.tensors[0]]) // firstLanes took its register
	w.strip(1)
	w.Label(end)
	w.end()
	w.Label(next)
}

// assign hands out the vector registers. The last of AVX2 is the mask of the last strip.
func (w *walk) assign() {
	next := w.v
	if !w.wide() {
		next = next[:15]
	}
	take := func(n int) (r []reg.VecPhysical) {
		r, next = next[:n], next[n:]
		return r
	}
	w.coef, w.sum = map[int][]reg.VecPhysical{}, map[int][]reg.VecPhysical{}
	for _, i := range w.coefs {
		w.coef[i] = take(w.vectors)
	}
	for _, i := range w.sums {
		w.sum[i] = take(w.vectors)
	}
	if w.leaky {
		w.slope, w.zeros = take(1)[0], take(1)[0]
		w.VBROADCASTSS(w.field("Slope"), half(w.slope))
		w.zero(w.zeros)
	}
	w.free = next
}

// strip writes the rows of one strip, and goes on to the next.
func (w *walk) strip(vectors int) {
	w.each("Coef", w.coef, vectors, func(r reg.VecPhysical, at operand.Mem) { w.VMOVUPD(at, r) })
	w.each("Sums", w.sum, vectors, func(r reg.VecPhysical, at operand.Mem) { w.VMOVUPD(at, r) })
	w.MOVQ(walkColumn, walkOffset)
	w.MOVQ(w.field("Rows"), reg.RCX)
	row := w.label("row")
	w.Label(row)
	w.ahead()
	for w.vector = range vectors {
		w.row(w)
	}
	w.vector = 0
	w.ADDQ(walkStride, walkOffset)
	w.DECQ(reg.RCX)
	w.JNZ(operand.LabelRef(row))
	w.each("Sums", w.sum, vectors, func(r reg.VecPhysical, at operand.Mem) { w.VMOVUPD(r, at) })
	w.ADDQ(operand.Imm(uint64(4*w.width()*vectors)), walkColumn)
}

// ahead asks for the strip's part of the row 16 rows on: rows are too short, and strips too many, for the
// processor to see that they follow one another.
func (w *walk) ahead() {
	on := reg.RSI
	w.LEAQ(indexed(walkOffset, walkStride, 8, 0), on)
	w.LEAQ(indexed(on, walkStride, 8, 0), on)
	for _, t := range w.tensors {
		if base, ok := w.bases[t]; ok {
			w.PREFETCHT0(indexed(base, on, 1, 0))
		}
	}
}

// each goes over the strip's part of the rows of a matrix that are in registers.
func (w *walk) each(matrix string, rows map[int][]reg.VecPhysical, vectors int, do func(r reg.VecPhysical, at operand.Mem)) {
	if len(rows) == 0 {
		return
	}
	w.MOVQ(w.field(matrix), walkOffset)
	w.LEAQ(indexed(walkOffset, walkColumn, 2, 0), walkOffset)
	w.MOVQ(w.field("Pad"), reg.RSI)
	w.SHLQ(operand.Imm(3), reg.RSI)
	last := 0
	for i := range rows {
		last = max(last, i)
	}
	for i := range last + 1 {
		for v, r := range rows[i] {
			if v < vectors {
				do(r, at(walkOffset, v*w.bytes()))
			}
		}
		if i < last {
			w.ADDQ(reg.RSI, walkOffset)
		}
	}
}
