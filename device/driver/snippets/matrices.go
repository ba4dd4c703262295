package snippets

import (
	"fmt"
	"math"
	"strings"
)

// matrices are ldmatrix and mma.sync.
func matrices() []Snippet {
	var all []Snippet
	for _, count := range []int{1, 2, 4} {
		for _, trans := range []string{"", ".trans"} {
			all = append(all, loadMatrix(count, trans))
		}
	}
	for _, f := range []struct {
		shape, kind string
		depth       int
	}{
		{"m16n8k4", "tf32", 4}, {"m16n8k8", "tf32", 8}, {"m16n8k8", "bf16", 8}, {"m16n8k16", "bf16", 16}, {"m16n8k8", "f16", 8}, {"m16n8k16", "f16", 16},
	} {
		all = append(all, multiply(f.shape, f.kind, f.depth, true), multiply(f.shape, f.kind, f.depth, false))
	}
	return all
}

// loadMatrix puts matrices of 8 by 8 numbers into shared memory and loads them. Number (r,k) of matrix i
// is 1000·i + 16·r + k.
func loadMatrix(count int, trans string) Snippet {
	number := func(i, r, k int) uint32 { return uint32(1000*i + 16*r + k) }
	rows := perLane(func(l int) []uint32 { // lane 8·i + r has row r of matrix i
		var w []uint32
		for k := 0; k < 8; k += 2 {
			w = append(w, number(l/8, l%8, k)|number(l/8, l%8, k+1)<<16)
		}
		return w
	})
	registers := []string{"%y0", "%y1", "%y2", "%y3"}[:count]
	code := fmt.Sprintf(`mov.u32 %%x8, room; mad.lo.u32 %%x9, %%lane, 16, %%x8; st.shared.v4.u32 [%%x9], {%%x0, %%x1, %%x2, %%x3}; bar.sync 0;
		ldmatrix.sync.aligned.m8n8.x%d%s.shared.b16 {%s}, [%%x9];`, count, trans, strings.Join(registers, ", "))
	return warp(fmt.Sprintf("ldmatrix.x%d%s", count, trans), 75, shared, code, Bits, rows, perLane(func(l int) []uint32 {
		var w []uint32
		for i := range count {
			r, k := l/4, l%4*2
			if trans == "" {
				w = append(w, number(i, r, k)|number(i, r, k+1)<<16)
			} else {
				w = append(w, number(i, k, r)|number(i, k+1, r)<<16)
			}
		}
		return w
	}))
}

// multiply is d = a·b + c of 16 by depth and depth by 8 numbers, in the fragments of the PTX manual. With
// small integers the result is exact in any order; else it is bounded, by what tensor cores lose.
func multiply(shape, kind string, depth int, whole bool) Snippet {
	r := random(uint64(81 + depth))
	fresh := func() float64 {
		if whole {
			return float64(r.IntN(17) - 8)
		}
		return r.NormFloat64()
	}
	round, each := operandOf(kind)
	var a [16][16]float64
	var b [16][8]float64
	var c [16][8]float64
	for i := range 16 {
		for k := range depth {
			a[i][k] = operandValue(round(fresh()), kind)
		}
	}
	for k := range depth {
		for j := range 8 {
			b[k][j] = operandValue(round(fresh()), kind)
		}
	}
	for i := range c {
		for j := range c[i] {
			c[i][j] = f32(bits32(fresh()))
		}
	}
	// Fragments: group g = lane/4 and place q = lane%4 say which numbers a lane has.
	nA, nB := depth*16/lanes/each, depth*8/lanes/each
	pack := func(at func(e int) float64) uint32 {
		w := round(at(0))
		if each == 2 {
			w |= round(at(1)) << 16
		}
		return w
	}
	ins := perLane(func(l int) []uint32 {
		g, q := l/4, l%4
		var w []uint32
		for i := range nA { // registers: rows g and g+8, then further columns
			w = append(w, pack(func(e int) float64 { return a[g+i%2*8][q*each+e+i/2*4*each] }))
		}
		for i := range nB {
			w = append(w, pack(func(e int) float64 { return b[q*each+e+i*4*each][g] }))
		}
		for i := range 4 {
			w = append(w, bits32(c[g+i/2*8][q*2+i%2]))
		}
		return w
	})
	list := func(name string, from, n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("%%%s%d", name, from+i))
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	code := fmt.Sprintf("mma.sync.aligned.%s.row.col.f32.%s.%s.f32 %s, %s, %s, %s;", shape, kind, kind, list("y", 0, 4), list("x", 0, nA), list("x", nA, nB), list("x", nA+nB, 4))
	largest := 0.0
	out := perLane(func(l int) []uint32 {
		var w []uint32
		for i := range 4 {
			row, column := l/4+i/2*8, l%4*2+i%2
			sum, size := c[row][column], math.Abs(c[row][column])
			for k := range depth {
				sum += a[row][k] * b[k][column]
				size += math.Abs(a[row][k] * b[k][column])
			}
			largest = max(largest, size)
			w = append(w, bits32(sum))
		}
		return w
	})
	name := fmt.Sprintf("mma.%s.%s", shape, kind)
	capability := 80
	if kind == "f16" && depth == 8 {
		capability = 75
	}
	s := warp(name, capability, "", code, Float32, ins, out)
	if !whole {
		s.Name += " bounded"
		s.Absolute = largest * 0x1p-20
	}
	return s
}

// operandOf rounds to the type of an operand and returns its bits, and says how many are in a register.
func operandOf(kind string) (round func(x float64) uint32, each int) {
	switch kind {
	case "tf32":
		return func(x float64) uint32 { return uint32(tfloat.encode(of(x).rounded(tfloat, "rn"))) }, 1
	case "bf16":
		return func(x float64) uint32 { return uint32(bhalf.encode(of(x).rounded(bhalf, "rn"))) }, 2
	}
	return func(x float64) uint32 { return uint32(half.encode(of(x).rounded(half, "rn"))) }, 2
}

// operandValue is the value of an operand's bits.
func operandValue(w uint32, kind string) float64 {
	switch kind {
	case "tf32":
		return f32(w)
	case "bf16":
		return f32(w << 16)
	}
	return halfValue(uint16(w))
}
