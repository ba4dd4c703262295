package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transform is a linear map of a few numbers, a row of coefficients for each result. Coefficients are
// ±1, ±1/2 or zero. In two dimensions one transforms the rows and one the columns.
type transform [][]float64

// The transforms of F(2,2) and F(2,3), as package simd explains them.
var (
	input2  = transform{{1, -1, 0}, {0, 1, 0}, {0, 1, -1}}
	input3  = transform{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}
	input22 = transform{{1, -1, 0, 0}, {0, 1, 0, 0}, {0, 1, -1, 0}, {0, 0, 1, 0}, {0, 0, 1, -1}}
	output2 = transform{{1, 1, 0}, {0, 1, -1}}
	output3 = transform{{1, 1, 1, 0}, {0, 1, -1, -1}}
	weight2 = transform{{1, 0}, {1, 1}, {0, 1}}
	weight3 = transform{{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}}
	grad3   = transform{{1, 0}, {1, 1}, {1, -1}, {0, 1}}
	sums3   = transform{{1, .5, .5, 0}, {0, .5, -.5, 0}, {0, .5, .5, -1}}
)

// winogradFamily writes the transforms for kernels of two and three taps in each dimension.
func winogradFamily(g *generator) {
	input, output := map[int]transform{2: input2, 3: input3}, map[int]transform{2: output2, 3: output3}
	weight, sums := map[int]transform{2: weight2, 3: weight3}, map[int]transform{2: output2, 3: sums3}
	for _, rows := range []int{2, 3} {
		for _, cols := range []int{2, 3} {
			taps := fmt.Sprintf("%dx%d", rows, cols)
			g.toPoints("winogradInput"+taps, input[rows], input[cols])
			g.fromPoints("winogradOutput"+taps, output[rows], output[cols], false)
			g.toPoints("winogradWeight"+taps, weight[rows], weight[cols])
			g.fromPoints("winogradSums"+taps, sums[rows], sums[cols], true)
		}
	}
	g.toPoints("winogradInput5", input22, input22)
	g.toPoints("winogradGradient", grad3, grad3)
}

// points is where points lie: ps bytes apart from a base on, which has a register for each row of them.
type points struct {
	rows    []reg.GPPhysical
	ps, ps3 reg.GPPhysical
}

// preparePoints loads the base's parameter and computes the other registers, for rows of so many points.
func (g *generator) preparePoints(param string, rows, columns int) points {
	p := points{[]reg.GPPhysical{reg.RBX, reg.R8, reg.R9, reg.R10, reg.R11}[:rows], reg.RSI, reg.R12}
	g.arg(param, p.rows[0])
	g.arg("ps", p.ps)
	g.toBytes(p.ps)
	g.LEAQ(indexed(p.ps, p.ps, 2, 0), p.ps3)
	for r := 1; r < rows; r++ {
		switch columns {
		case 3:
			g.LEAQ(indexed(p.rows[r-1], p.ps3, 1, 0), p.rows[r])
		default:
			g.LEAQ(indexed(p.rows[r-1], p.ps, 4, 0), p.rows[r])
			if columns == 5 {
				g.ADDQ(p.ps, p.rows[r])
			}
		}
	}
	return p
}

// of returns the address of a point.
func (p points) of(row, column int) operand.Mem {
	switch column {
	case 0:
		return at(p.rows[row], 0)
	case 3:
		return indexed(p.rows[row], p.ps3, 1, 0)
	}
	return indexed(p.rows[row], p.ps, uint8(column), 0)
}

// toPoints writes a function that transforms vectors at pointers to points.
func (g *generator) toPoints(name string, rows, columns transform) {
	g.function(name, "func(n int, px *[16]*float32, dst *float32, ps int)")
	g.arg("px", reg.RAX)
	p := g.preparePoints("dst", len(rows), len(columns))
	load := func(r, c int, v reg.VecPhysical) {
		g.MOVQ(at(reg.RAX, 8*(r*len(columns[0])+c)), reg.RDX)
		g.VMOVUPS(indexed(reg.RDX, reg.RDI, 1, 0), v)
	}
	store := func(r, c int, v reg.VecPhysical) { g.VMOVUPS(v, p.of(r, c)) }
	g.separable(rows, columns, p, load, store)
}

// fromPoints writes a function that transforms points to vectors at pointers, to be added there or not.
func (g *generator) fromPoints(name string, rows, columns transform, add bool) {
	g.function(name, "func(n int, m *float32, ps int, y *[9]*float32)")
	g.arg("y", reg.RAX)
	p := g.preparePoints("m", len(rows[0]), len(columns[0]))
	load := func(r, c int, v reg.VecPhysical) { g.VMOVUPS(p.of(r, c), v) }
	store := func(r, c int, v reg.VecPhysical) {
		g.MOVQ(at(reg.RAX, 8*(r*len(columns)+c)), reg.RDX)
		to := indexed(reg.RDX, reg.RDI, 1, 0)
		if add {
			g.VADDPS(to, v, g.v[14])
			v = g.v[14]
		}
		g.VMOVUPS(v, to)
	}
	g.separable(rows, columns, p, load, store)
}

// separable writes the loop over vectors: a row of results at a time, from rows of operands in registers.
func (g *generator) separable(rows, columns transform, p points, load, store func(r, c int, v reg.VecPhysical)) {
	g.arg("n", reg.RCX)
	if rows.halves() || columns.halves() {
		g.VBROADCASTSS(g.constant("half", func(int) uint32 { return math.Float32bits(.5) }), g.half())
	}
	g.XORQ(reg.RDI, reg.RDI)
	g.Label("loop")
	held := newSlots(g.v[:12], len(columns[0]))
	for r, row := range rows {
		for _, t := range terms(row) {
			if !held.has(t) {
				for c, v := range held.take(t) {
					load(t, c, v)
				}
			}
		}
		sum := held.of[terms(row)[0]]
		if !unit(row) {
			sum = held.result(rows, r)
			for c, v := range sum {
				g.combine(row, func(t int) reg.VecPhysical { return held.of[t][c] }, v)
			}
		}
		for c, column := range columns {
			result := sum[terms(column)[0]]
			if !unit(column) {
				result = g.v[12+c%2]
				g.combine(column, func(t int) reg.VecPhysical { return sum[t] }, result)
			}
			store(r, c, result)
		}
		held.forget(rows, r)
	}
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	for _, r := range p.rows {
		g.ADDQ(operand.Imm(uint64(g.bytes())), r)
	}
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// half is the register that holds 1/2.
func (g *generator) half() reg.VecPhysical { return g.v[15] }

// combine sums the terms of a row. Its first two may be where the result goes.
func (g *generator) combine(row []float64, of func(term int) reg.VecPhysical, to reg.VecPhysical) {
	list := terms(row)
	first, rest := list[0], list[1:]
	sum := of(first)
	switch second := row[rest[0]]; {
	case row[first] == 1 && second == 1:
		g.VADDPS(of(rest[0]), sum, to)
		rest = rest[1:]
	case row[first] == 1 && second == -1:
		g.VSUBPS(of(rest[0]), sum, to)
		rest = rest[1:]
	case row[first] == 1:
		if sum != to {
			g.VMOVAPS(sum, to)
		}
	default:
		g.VMULPS(sum, g.half(), to)
	}
	for _, t := range rest {
		switch row[t] {
		case 1:
			g.VADDPS(of(t), to, to)
		case -1:
			g.VSUBPS(of(t), to, to)
		case .5:
			g.VFMADD231PS(of(t), g.half(), to)
		case -.5:
			g.VFNMADD231PS(of(t), g.half(), to)
		}
	}
}

// halves reports whether a transform has coefficients of 1/2.
func (t transform) halves() bool {
	for _, row := range t {
		for _, c := range row {
			if math.Abs(c) == .5 {
				return true
			}
		}
	}
	return false
}

// terms returns which coefficients of a row are not zero, positive ones first.
func terms(row []float64) (list []int) {
	for _, sign := range []float64{1, -1} {
		for i, c := range row {
			if c*sign > 0 {
				list = append(list, i)
			}
		}
	}
	return list
}

// unit reports whether a row only copies.
func unit(row []float64) bool { return len(terms(row)) == 1 }

// slots keeps rows of operands in registers while they are needed.
type slots struct {
	of   map[int][]reg.VecPhysical
	free [][]reg.VecPhysical
}

func newSlots(v []reg.VecPhysical, width int) *slots {
	s := &slots{of: map[int][]reg.VecPhysical{}}
	for ; len(v) >= width; v = v[width:] {
		s.free = append(s.free, v[:width])
	}
	return s
}

func (s *slots) has(row int) bool { return s.of[row] != nil }

// take gives a row registers.
func (s *slots) take(row int) []reg.VecPhysical {
	s.of[row] = s.free[0]
	s.free = s.free[1:]
	return s.of[row]
}

// result returns registers for a sum: those of its first operand, of which nothing else is needed, or
// free ones.
func (s *slots) result(rows transform, r int) []reg.VecPhysical {
	if list := terms(rows[r]); !rows.needs(list[0], r+1) {
		return s.of[list[0]]
	}
	return s.free[0]
}

// forget frees the rows that no result after r needs.
func (s *slots) forget(rows transform, r int) {
	for _, row := range slices.Sorted(maps.Keys(s.of)) {
		if !rows.needs(row, r+1) {
			s.free = append(s.free, s.of[row])
			delete(s.of, row)
		}
	}
}

// needs reports whether results from r on take an operand.
func (t transform) needs(operand, r int) bool {
	for _, row := range t[r:] {
		if row[operand] != 0 {
			return true
		}
	}
	return false
}
