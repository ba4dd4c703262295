package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transform is a linear map of a few numbers: a product of maps that come one after the other, each with a
// row of coefficients for each result. In two dimensions one transforms the rows and one the columns.
type transform []linear

type linear [][]float64

// inputs and outputs are how many numbers a transform takes and gives.
func (t transform) inputs() int  { return len(t[0][0]) }
func (t transform) outputs() int { return len(t[len(t)-1]) }

// The transforms of F(2,2), F(2,3) and F(4,2), as package simd explains them. Those of F(4,2) take even and
// odd parts first, and then their sums and differences.
var (
	input2  = transform{{{1, -1, 0}, {0, 1, 0}, {0, 1, -1}}}
	input3  = transform{{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}}
	input22 = transform{{{1, -1, 0, 0}, {0, 1, 0, 0}, {0, 1, -1, 0}, {0, 0, 1, 0}, {0, 0, 1, -1}}}
	input4  = transform{
		{{-a * a, 0, 1, 0, 0}, {0, -a * a, 0, 1, 0}, {-b * b, 0, 1, 0, 0}, {0, -b * b, 0, 1, 0}, {0, 0, -b * b, 0, 1}},
		{{b, 1, 0, 0, 0}, {-b, 1, 0, 0, 0}, {0, 0, a, 1, 0}, {0, 0, -a, 1, 0}, {0, 0, -a * a, 0, 1}},
	}
	output2 = transform{{{1, 1, 0}, {0, 1, -1}}}
	output3 = transform{{{1, 1, 1, 0}, {0, 1, -1, -1}}}
	output4 = transform{
		{{1, 1, 0, 0, 0}, {b, -b, 0, 0, 0}, {0, 0, -1, 1, 0}, {0, 0, a, a, 0}, {0, 0, 0, 0, 1}},
		{{1, 0, 1, 0, 0}, {0, 1, 0, -1, 0}, {b * b, 0, a * a, 0, 0}, {0, b * b, 0, -a * a, 1}},
	}
	weight2 = transform{{{1, 0}, {1, 1}, {0, 1}}}
	weight3 = transform{{{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}}}
	weight4 = transform{
		{{scale / b, 0}, {0, scale}, {scale / a, 0}, {0, 1}},
		{{1, 1, 0, 0}, {-1, 1, 0, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 0, 0, 1}},
	}
	grad3 = transform{{{1, 0}, {1, 1}, {1, -1}, {0, 1}}}
	grad4 = transform{
		{{1, 0, b * b, 0}, {0, 1, 0, b * b}, {1, 0, a * a, 0}, {0, 1, 0, a * a}, {0, 0, 0, 1}},
		{{1, b, 0, 0, 0}, {1, -b, 0, 0, 0}, {0, 0, 1, a, 0}, {0, 0, 1, -a, 0}, {0, 0, 0, 0, 1}},
	}
	sums3 = transform{{{1, .5, .5, 0}, {0, .5, -.5, 0}, {0, .5, .5, -1}}}
	sums4 = transform{
		{{1, -1, 0, 0, 0}, {1, 1, 0, 0, 0}, {0, 0, -1, 1, 0}, {0, 0, 1, 1, 0}, {0, 0, 0, 0, 1}},
		{{scale / b, 0, scale / a, 0, 0}, {0, scale, 0, -scale, 1}},
	}
)

// The points of F(4,2) are ±b, ±a and infinity.
const (
	a, b  = 3. / 8, 5. / 4
	scale = 1 / (2 * (b*b - a*a))
)

// winogradFamily writes the transforms for tiles of two and kernels of two and three taps in each dimension,
// and those for tiles of four.
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
	g.toPoints("winogradInput4", input4, input4)
	g.fromPoints("winogradOutput4", output4, output4, false)
	g.toPoints("winogradWeight4", weight4, weight4)
	g.fromPoints("winogradSums4", sums4, sums4, true)
	g.toPoints("winogradGradient4", grad4, grad4)
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

// toPoints writes a function that transforms vectors at pointers to points: first along the columns.
func (g *generator) toPoints(name string, rows, columns transform) {
	g.function(name, "func(n int, px *[25]*float32, dst *float32, ps int)")
	g.arg("px", reg.RAX)
	p := g.preparePoints("dst", rows.outputs(), columns.outputs())
	load := func(column, row int, v reg.VecPhysical) {
		g.MOVQ(at(reg.RAX, 8*(row*columns.inputs()+column)), reg.RDX)
		g.VMOVUPS(indexed(reg.RDX, reg.RDI, 1, 0), v)
	}
	store := func(row, column int, v reg.VecPhysical) { g.VMOVUPS(v, p.of(row, column)) }
	g.loadFactors(rows, columns)
	g.eachVector(p, func() { g.separable(rows, columns, load, store) })
}

// fromPoints writes a function that transforms points to vectors at pointers, to be added there or not: first
// along the columns.
func (g *generator) fromPoints(name string, rows, columns transform, add bool) {
	g.function(name, "func(n int, m *float32, ps int, y *[16]*float32)")
	g.arg("y", reg.RAX)
	p := g.preparePoints("m", rows.inputs(), columns.inputs())
	load := func(column, row int, v reg.VecPhysical) { g.VMOVUPS(p.of(row, column), v) }
	store := func(row, column int, v reg.VecPhysical) {
		g.MOVQ(at(reg.RAX, 8*(row*columns.outputs()+column)), reg.RDX)
		to := indexed(reg.RDX, reg.RDI, 1, 0)
		if add {
			g.VADDPS(to, v, v)
		}
		g.VMOVUPS(v, to)
	}
	g.loadFactors(rows, columns)
	g.eachVector(p, func() { g.separable(rows, columns, load, store) })
}

// eachVector writes the loop over vectors, and the end.
func (g *generator) eachVector(p points, body func()) {
	g.arg("n", reg.RCX)
	g.XORQ(reg.RDI, reg.RDI)
	g.Label("loop")
	body()
	g.ADDQ(operand.Imm(uint64(g.bytes())), reg.RDI)
	for _, r := range p.rows {
		g.ADDQ(operand.Imm(uint64(g.bytes())), r)
	}
	g.DECQ(reg.RCX)
	g.JNZ(operand.LabelRef("loop"))
	g.end()
}

// separable transforms a vector of each number of a small matrix: its lines by the first transform, and then
// what came of them, across lines, by the second. As many results of all lines as there are registers for
// are taken through both before the next ones.
func (g *generator) separable(first, second transform, load func(line, i int, v reg.VecPhysical), store func(i, j int, v reg.VecPhysical)) {
	lines := second.inputs()
	results := min((len(g.v)-6)/lines, len(g.v)/4, first.outputs())
	for chosen := range slices.Chunk(first.alike(), results) {
		free := &registers{slices.Clone(g.v[:len(g.v)-len(g.factors)])}
		held := make([][]reg.VecPhysical, len(chosen)) // by result and line
		for line := range lines {
			out := g.chain(first, chosen, free, func(i int) reg.VecPhysical {
				v := free.take()
				load(line, i, v)
				return v
			})
			for i, result := range chosen {
				held[i] = append(held[i], out[result])
			}
		}
		for i, in := range held {
			for j, v := range g.chain(second, second.alike(), free, func(line int) reg.VecPhysical { return in[line] }) {
				store(chosen[i], j, v)
				free.give(v)
			}
		}
	}
}

// alike returns the results in an order in which those that take the same even or odd parts are neighbours.
func (t transform) alike() []int {
	last := t[len(t)-1]
	list := make([]int, len(last))
	for i := range list {
		list[i] = i
	}
	begin := func(i int) int { return slices.IndexFunc(last[i], func(c float64) bool { return c != 0 }) }
	slices.SortStableFunc(list, func(a, b int) int { return begin(a) - begin(b) })
	return list
}

// chain computes the wanted results of a transform of vectors in registers, and frees the registers that are
// not needed any more. It asks for an input when it is needed, and first computes what takes the fewest
// registers.
func (g *generator) chain(t transform, wanted []int, free *registers, input func(i int) reg.VecPhysical) []reg.VecPhysical {
	needed := [][]bool{make([]bool, t.outputs())}
	for _, i := range wanted {
		needed[0][i] = true
	}
	for k := len(t) - 1; k >= 0; k-- {
		in := make([]bool, len(t[k][0]))
		for r, row := range t[k] {
			for i, c := range row {
				in[i] = in[i] || needed[0][r] && c != 0
			}
		}
		needed = slices.Insert(needed, 0, in)
	}
	values := make([]reg.VecPhysical, t.inputs())
	for k, m := range t {
		uses := make([]int, len(values))
		for r, row := range m {
			for i, c := range row {
				if needed[k+1][r] && c != 0 {
					uses[i]++
				}
			}
		}
		results := make([]reg.VecPhysical, len(m))
		for left := needed[k+1]; slices.Contains(left, true); {
			next := -1
			for r, row := range m {
				if left[r] && (next < 0 || takes(row, uses, values) < takes(m[next], uses, values)) {
					next = r
				}
			}
			left[next] = false
			for _, i := range terms(m[next]) {
				if values[i] == nil {
					values[i] = input(i) // only the first map's
				}
			}
			results[next] = g.combine(m[next], values, uses, free)
		}
		values = results
	}
	return values
}

// registers are those that hold nothing.
type registers struct{ free []reg.VecPhysical }

func (r *registers) take() reg.VecPhysical {
	v := r.free[0]
	r.free = r.free[1:]
	return v
}

func (r *registers) give(v reg.VecPhysical) { r.free = append(r.free, v) }

// combine sums the terms of a row, of which it takes off a use each, into the register of one that has no
// other use, or a free one.
func (g *generator) combine(row []float64, of []reg.VecPhysical, uses []int, free *registers) reg.VecPhysical {
	list := terms(row)
	for _, t := range list {
		uses[t]--
	}
	first := list[0]
	var to reg.VecPhysical
	switch plain := len(list) == 2 && row[first] == 1 && math.Abs(row[list[1]]) == 1; {
	case uses[first] == 0:
		to = of[first]
	case plain && uses[list[1]] == 0:
		to = of[list[1]]
	default:
		to = free.take()
	}
	rest := list[1:]
	switch {
	case row[first] != 1:
		g.VMULPS(of[first], g.factors[row[first]], to)
	case len(rest) > 0 && row[rest[0]] == 1:
		g.VADDPS(of[rest[0]], of[first], to)
		rest = rest[1:]
	case len(rest) > 0 && row[rest[0]] == -1:
		g.VSUBPS(of[rest[0]], of[first], to)
		rest = rest[1:]
	case to != of[first]:
		g.VMOVAPS(of[first], to)
	}
	for _, t := range rest {
		switch c := row[t]; {
		case c == 1:
			g.VADDPS(of[t], to, to)
		case c == -1:
			g.VSUBPS(of[t], to, to)
		case c > 0:
			g.VFMADD231PS(of[t], g.factors[c], to)
		default:
			g.VFNMADD231PS(of[t], g.factors[-c], to)
		}
	}
	for _, t := range list[1:] {
		if uses[t] == 0 && of[t] != to {
			free.give(of[t])
		}
	}
	return to
}

// factors are the transforms' coefficients but ones, which lie in the last registers.
type factors map[float64]reg.VecPhysical

// loadFactors loads the factors of transforms.
func (g *generator) loadFactors(list ...transform) {
	g.factors = factors{}
	for _, t := range list {
		for _, m := range t {
			for _, c := range slices.Concat(m...) {
				if c = math.Abs(c); c == 0 || c == 1 || g.factors[c] != nil {
					continue
				}
				v := g.v[len(g.v)-1-len(g.factors)]
				bits := math.Float32bits(float32(c))
				g.VBROADCASTSS(g.constant(fmt.Sprintf("factor%08x", bits), func(int) uint32 { return bits }), v)
				g.factors[c] = v
			}
		}
	}
}

// terms returns which coefficients of a row are not zero, ones first.
func terms(row []float64) (list []int) {
	for i, c := range row {
		if c != 0 {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return rank(row[a]) - rank(row[b]) })
	return list
}

func rank(c float64) int {
	if c == 1 {
		return 0
	}
	return 1
}

// takes returns how many more registers are taken after the sum of a row than before; values are nil that are
// in none yet. Copies, which take one for nothing, come last.
func takes(row []float64, uses []int, values []reg.VecPhysical) int {
	more := 1
	if len(terms(row)) == 1 {
		more = len(values)
	}
	for _, t := range terms(row) {
		if values[t] == nil {
			more++
		}
		if uses[t] == 1 {
			more--
		}
	}
	return more
}
