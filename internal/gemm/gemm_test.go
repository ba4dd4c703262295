package gemm_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// eachISA runs a test on every instruction set of this machine, and on the twins.
func eachISA(t *testing.T, test func(t *testing.T, isa simd.ISA)) {
	for _, c := range []struct {
		isa    simd.ISA
		engine device.Engine
	}{{simd.Go, device.EngineReference}, {simd.AVX2, device.EngineAVX2}, {simd.AVX512, device.EngineAVX512}} {
		t.Run(c.isa.String(), func(t *testing.T) {
			enginetest.Need(t, c.engine)
			test(t, c.isa)
		})
	}
}

func newPool(t testing.TB, workers int) *device.Pool {
	pool := device.NewPool(workers)
	t.Cleanup(pool.Close)
	return pool
}

// gap lies between the rows of a matrix, where nothing may be read or written.
var gap = float32(math.NaN())

// matrix is rows of columns numbers, ld apart, in memory that ends with the last of them or begins with
// the first, at a page that faults when touched.
type matrix struct {
	data              []float32
	rows, columns, ld int
}

func newMatrix(t testing.TB, rows, columns, padding int, atStart bool, seed uint64) matrix {
	ld := columns + padding
	last, first := enginetest.Guarded(t, (rows-1)*ld+columns)
	data := last
	if atStart {
		data = first
	}
	for i := range data {
		data[i] = gap
		if i%ld < columns {
			data[i] = 2*device.Random{Seed: seed}.Uniform(i) - 1
		}
	}
	return matrix{data, rows, columns, ld}
}

func (m matrix) at(i, j int, transposed bool) float64 {
	if transposed {
		i, j = j, i
	}
	return float64(m.data[i*m.ld+j])
}

// shape is a product: sizes and what lies between the rows of A, B and C.
type shape struct{ m, n, k, pa, pb, pc int }

// shapes take every way through Multiply: the cuts depend on sizes and distances.
var shapes = []shape{
	{1, 1, 1, 0, 0, 0},
	{14, 32, 16, 0, 0, 0},
	{6, 16, 8, 1, 2, 3},
	{13, 31, 17, 0, 0, 0},
	{15, 33, 5, 3, 2, 1},
	{29, 49, 255, 0, 0, 0},
	{50, 47, 257, 1, 1, 1},
	{1, 77, 300, 0, 0, 0},       // few rows
	{28, 40, 70, 0, 800, 0},     // few rows, B's rows far apart
	{5, 520, 70, 0, 800, 2},     // the same, several groups of columns
	{77, 1, 300, 0, 0, 0},       // one column
	{77, 70, 300, 0, 800, 0},    // B copied
	{60, 300, 270, 0, 800, 5},   // B copied in several groups and stretches
	{150, 40, 270, 200, 0, 0},   // A copied
	{150, 40, 270, 200, 800, 0}, // both copied
	{600, 20, 260, 0, 0, 0},     // several rounds of rows
	{20, 1100, 260, 0, 0, 0},    // several groups of columns
	{3, 5, 8200, 0, 0, 0},       // the sum in parts
	{20, 17, 8210, 130, 800, 0}, // the same
}

func TestMultiply(t *testing.T) {
	pool := newPool(t, 2)
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, s := range shapes {
			for variant := range 8 {
				ta, tb, add := variant&1 != 0, variant&2 != 0, variant&4 != 0
				t.Run(fmt.Sprintf("%v_%v_%v_%v", s, ta, tb, add), func(t *testing.T) {
					testMultiply(t, pool, isa, s, ta, tb, add, s.pa%2 == 1)
				})
			}
		}
	})
}

func testMultiply(t *testing.T, pool *device.Pool, isa simd.ISA, s shape, ta, tb, add, atStart bool) {
	p, a, b, c := product(t, s, ta, tb, add, atStart)
	oldA, oldB, old := slices.Clone(a.data), slices.Clone(b.data), slices.Clone(c.data)
	gemm.Multiply(pool, isa, p)
	sameBytes(t, oldA, a.data, "A has changed")
	sameBytes(t, oldB, b.data, "B has changed")
	for i := range s.m {
		for j := range s.n {
			sum, size := 0.0, 0.0
			if add {
				sum = float64(old[i*c.ld+j])
				size = math.Abs(sum)
			}
			for l := range s.k {
				v := a.at(i, l, ta) * b.at(l, j, tb)
				sum += v
				size += math.Abs(v)
			}
			// What rounding can make of a sum of that many terms, in whatever order it is taken.
			bound := float64(s.k+2) * size / (1 << 24)
			require.InDelta(t, sum, c.data[i*c.ld+j], bound, "element (%d,%d)", i, j)
		}
	}
	for i := range c.data {
		if i%c.ld >= s.n {
			require.True(t, math.IsNaN(float64(c.data[i])), "between the rows of C, element %d was written", i)
		}
	}
}

// product returns a product of random matrices.
func product(t testing.TB, s shape, ta, tb, add, atStart bool) (p gemm.Product, a, b, c matrix) {
	matrixOf := func(rows, columns, padding int, transposed bool, seed uint64) matrix {
		if transposed {
			rows, columns = columns, rows
		}
		return newMatrix(t, rows, columns, padding, atStart, seed)
	}
	a, b, c = matrixOf(s.m, s.k, s.pa, ta, 1), matrixOf(s.k, s.n, s.pb, tb, 2), matrixOf(s.m, s.n, s.pc, false, 3)
	p = gemm.Product{C: c.data, A: a.data, B: b.data, M: s.m, N: s.n, K: s.k, LDA: a.ld, LDB: b.ld, LDC: c.ld, TA: ta, TB: tb, Add: add}
	return p, a, b, c
}

// sameBytes compares bit by bit: NaN is itself.
func sameBytes(t *testing.T, want, got []float32, message string) {
	t.Helper()
	for i, w := range want {
		if math.Float32bits(w) != math.Float32bits(got[i]) {
			require.Fail(t, message, "element %d is %v, was %v", i, got[i], w)
		}
	}
}

// A packed matrix gives the product that the plain one does, to the last digit or so.
func TestMultiplyHeld(t *testing.T) {
	pool := newPool(t, 2)
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, s := range shapes {
			for _, tb := range []bool{false, true} {
				p, _, b, c := product(t, s, false, tb, true, false)
				old := slices.Clone(c.data)
				gemm.Multiply(pool, isa, p)
				want := slices.Clone(c.data)
				copy(c.data, old)
				gemm.MultiplyHeld(pool, isa, p, gemm.Weights{Data: b.data})
				for i, v := range c.data {
					if i%c.ld < s.n {
						require.InDelta(t, want[i], v, 1e-6*math.Sqrt(float64(s.k)), "%v, transposed %v, element %d", s, tb, i)
					}
				}
			}
		}
	})
}

// Large enough to be shared out, and every way to cut.
var shared = []shape{
	{600, 90, 30, 0, 0, 0},
	{90, 600, 70, 0, 800, 0},
	{20, 1500, 70, 0, 800, 0},
	{120, 70, 270, 0, 0, 0},
	{15, 17, 8200, 0, 0, 0},
	{9, 700, 270, 0, 0, 0},
}

func TestMultiplyOnAnyNumberOfWorkers(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, s := range shared {
			for variant := range 4 {
				p, _, _, c := product(t, s, variant&1 != 0, variant&2 != 0, true, false)
				first := slices.Clone(c.data)
				var want []float32
				for workers := 1; workers <= 5; workers++ {
					copy(c.data, first)
					gemm.Multiply(newPool(t, workers), isa, p)
					if want == nil {
						want = slices.Clone(c.data)
					}
					sameBytes(t, want, c.data, fmt.Sprintf("%v on %d workers", s, workers))
				}
			}
		}
	})
}

func TestMultiplyDoesNotAllocate(t *testing.T) {
	pool := newPool(t, 2)
	isa := simd.Go
	if e := device.Engines()[0]; e == device.EngineAVX512 {
		isa = simd.AVX512
	} else if e == device.EngineAVX2 {
		isa = simd.AVX2
	}
	for _, s := range append(shared, shapes[:8]...) {
		for variant := range 4 {
			p, _, _, _ := product(t, s, variant&1 != 0, variant&2 != 0, false, false)
			assert.Zero(t, enginetest.Allocations(3, func() { gemm.Multiply(pool, isa, p) }), "%v %d", s, variant)
		}
	}
}
