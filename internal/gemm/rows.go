package gemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Rows is the left matrix A of MultiplyRows, and where the product's rows go.
type Rows interface {
	// Fill copies a block of A, so many rows from row i on and so many columns from column l on, to
	// dst, whose rows are ld apart.
	Fill(dst []float32, ld, i, rows, l, columns int)
	// Rows points the first rows of a tile, so many, at the rows of C from row i on.
	Rows(tile *simd.Tile, i, rows int)
	// Done is called when rows lo to hi, columns left to right of C are complete, while they are in
	// the cache.
	Done(lo, hi, left, right int)
}

// rowsOf is a pointer to an A that implements Rows: tasks keep the A itself, so that nothing is
// allocated.
type rowsOf[A any] interface {
	*A
	Rows
}

// MultiplyRows computes C = A·B, or C += A·B if add is set, for A with m rows.
func MultiplyRows[A any, P rowsOf[A]](pool *device.Pool, isa simd.ISA, m int, a A, b Packed, add bool) {
	h := CutRows(m, isa.Rows())
	t := rowsTask[A, P]{isa: isa, a: a, b: b, add: add, heights: h, depths: cutDepth(b.K, maxDepth)}
	t.groups, t.spans = cutTasks(h.Panels, b.Panels(), pool.Threads())
	work.Run(pool, t.groups*t.spans, 1, t)
}

// cutTasks cuts rows×columns panels into groups of row panels times spans of column panels, four tasks
// to a worker if there are enough. As each group reads all of B, groups are large: a few row panels
// share one, and it is rather the columns that are cut.
func cutTasks(rows, columns, workers int) (groups, spans int) {
	const few = 8 // row panels that make reading B worth while
	tasks := 4 * workers
	groups = (rows + MaxGroup - 1) / MaxGroup
	if rows >= few*tasks {
		return evenly(max(groups, tasks), workers, rows), 1
	}
	groups = max(groups, rows/(2*few))
	return groups, evenly((tasks+groups-1)/groups, workers, columns)
}

type rowsTask[A any, P rowsOf[A]] struct {
	isa           simd.ISA
	a             A
	b             Packed
	add           bool
	heights       Heights
	depths        depths
	groups, spans int
}

// Run computes tasks lo to hi.
func (t *rowsTask[A, P]) Run(lo, hi int) {
	c := BorrowTiles()
	for i := lo; i < hi; i++ {
		group, span := i/t.spans, i%t.spans
		t.block(c, group*t.heights.Panels/t.groups, (group+1)*t.heights.Panels/t.groups,
			span*t.b.Panels()/t.spans, (span+1)*t.b.Panels()/t.spans)
	}
	GiveBackTiles(c)
}

// block computes row panels from to to, times column panels left to right.
func (t *rowsTask[A, P]) block(c *Tiles, from, to, left, right int) {
	a := P(&t.a)
	first, _ := t.heights.At(from)
	end, _ := t.heights.At(to)
	for i := from; i < to; i++ {
		at, rows := t.heights.At(i)
		a.Rows(&c[i-from], at, rows)
	}
	ld := t.depths.depth + rowPadding
	piece := work.Borrow[float32]((end - first) * ld)
	for d := range t.depths.blocks {
		l, terms := t.depths.at(d)
		a.Fill(piece.Data, ld, first, end-first, l, terms)
		add := t.add || d > 0
		for j := left; j < right; j++ {
			b, column, width, valid := t.b.Panel(j, l)
			mask := simd.Mask(valid)
			for i := from; i < to; i++ {
				at, rows := t.heights.At(i)
				t.isa.Gemm(rows, width, terms, &piece.Data[(at-first)*ld], ld, 1, &b[0], width, &c[i-from], column, mask, add)
			}
		}
	}
	work.GiveBack(piece)
	wide := t.isa.Panel()
	a.Done(first, end, left*wide, min(right*wide, t.b.N))
}
