package gemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Terms are the matrices of MultiplyDepth, whose sum is long: term l of the sum is the outer product of
// column l of A and row l of B.
type Terms interface {
	// Left copies rows i to i+rows of A's columns from l on, n of them, to dst: dst[t·rows+r] =
	// A[i+r][l+t].
	Left(dst []float32, i, rows, l, n int)
	// Right copies B's rows from l on, n of them, and columns from j on, so many, to dst, whose rows
	// are ld apart.
	Right(dst []float32, ld, l, n, j, columns int)
}

// depthColumns is the most column panels in a task of MultiplyDepth: its pieces of B, 256 KiB, stay in
// the second-level cache.
const depthColumns = 8

// A product of few columns is cut along its sum instead, into at most maxParts parts of at least
// partDepth terms, whose results are added up in order.
const (
	maxParts  = 16
	partDepth = 2048
)

// termsOf is a pointer to a T that implements Terms.
type termsOf[T any] interface {
	*T
	Terms
}

// MultiplyDepth computes C = A·B, or C += A·B if add is set, where C (m,n) has rows ldc apart and the
// sum has k terms.
func MultiplyDepth[T any, P termsOf[T]](pool *device.Pool, isa simd.ISA, m, n, k int, terms T, c []float32, ldc int, add bool) {
	t := depthTask[T, P]{isa: isa, m: m, n: n, k: k, terms: terms, c: c, ldc: ldc, add: add, parts: depthParts(isa, n, k), heights: CutRows(m, isa.Rows())}
	if t.parts == 1 {
		panels := cutColumns(isa, n).panels()
		t.spans = evenly(max((panels+depthColumns-1)/depthColumns, 2*pool.Threads()), pool.Threads(), panels)
		work.Run(pool, t.spans, 1, t)
		return
	}
	t.spans = 1
	sums := work.Borrow[float32](t.parts * m * n)
	t.c, t.ldc, t.add = sums.Data, n, false
	work.Run(pool, t.parts, 1, t)
	AddParts(pool, c, ldc, sums.Data, n, m, n, t.parts, add)
	work.GiveBack(sums)
}

// evenly rounds a number of tasks up, so that workers get equally many, but not above most.
func evenly(tasks, workers, most int) int {
	return min((tasks+workers-1)/workers*workers, most)
}

type depthTask[T any, P termsOf[T]] struct {
	isa          simd.ISA
	m, n, k      int
	terms        T
	c            []float32
	ldc          int
	add          bool
	heights      Heights
	parts, spans int
}

// Run computes tasks lo to hi, each a part of the sum for a span of columns.
func (t *depthTask[T, P]) Run(lo, hi int) {
	free := work.Free[simd.Tile]()
	c := free.Get()
	panels := cutColumns(t.isa, t.n).panels()
	for i := lo; i < hi; i++ {
		part, span := i/t.spans, i%t.spans
		wide := t.isa.Panel()
		left, right := span*panels/t.spans*wide, min((span+1)*panels/t.spans*wide, t.n)
		t.block(c, part*t.k/t.parts, (part+1)*t.k/t.parts, left, right, t.c[part*t.m*t.n*min(t.parts-1, 1):])
	}
	free.Put(c)
}

// block adds up the terms from to to of the columns left to right.
func (t *depthTask[T, P]) block(tile *simd.Tile, from, to, left, right int, c []float32) {
	depths := cutDepth(to-from, maxDepth)
	a := work.Borrow[float32](depths.depth * t.m)
	columns := cutColumns(t.isa, right-left)
	ld := columns.padded() + rowPadding
	b := work.Borrow[float32](depths.depth * ld)
	for d := range depths.blocks {
		l, terms := depths.at(d)
		for i := range t.heights.Panels {
			at, rows := t.heights.At(i)
			P(&t.terms).Left(a.Data[at*terms:(at+rows)*terms], at, rows, from+l, terms)
		}
		P(&t.terms).Right(b.Data, ld, from+l, terms, left, right-left)
		for j := range columns.panels() {
			column, width, valid := columns.at(j)
			mask := simd.Mask(valid)
			for i := range t.heights.Panels {
				at, rows := t.heights.At(i)
				for r := range rows {
					tile[r] = &c[(at+r)*t.ldc]
				}
				t.isa.Gemm(rows, width, terms, &a.Data[at*terms], 1, rows, &b.Data[column], ld, tile, left+column, mask, t.add || d > 0)
			}
		}
	}
	work.GiveBack(a)
	work.GiveBack(b)
}

// AddParts computes C = Σ parts, or C += Σ parts if add is set, where C is (m,n) with rows ldc apart and
// the parts, with rows ld apart, lie one after the other in sums. They are added in order.
func AddParts(pool *device.Pool, c []float32, ldc int, sums []float32, ld, m, n, parts int, add bool) {
	work.Run(pool, m, addRows, addParts{c, ldc, sums, ld, m, n, parts, add})
}

// addRows is how many rows of C a worker takes at a time.
const addRows = 16

// addParts is the task of AddParts, row by row of C.
type addParts struct {
	c           []float32
	ldc         int
	sums        []float32
	ld          int
	m, n, parts int
	add         bool
}

// Run adds rows lo to hi.
func (k *addParts) Run(lo, hi int) {
	for r := lo; r < hi; r++ {
		c := k.c[r*k.ldc : r*k.ldc+k.n]
		for j := range c {
			sum := float32(0)
			for p := range k.parts {
				sum += k.sums[(p*k.m+r)*k.ld+j]
			}
			if k.add {
				sum += c[j]
			}
			c[j] = sum
		}
	}
}
