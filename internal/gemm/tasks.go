package gemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// run computes the product.
func (p plan) run(pool *device.Pool) {
	switch {
	case p.parts > 1:
		sums := work.Borrow[float32](p.parts * p.M * p.N)
		t := p
		t.C, t.LDC, t.Add = sums.Data, p.N, false
		work.Run(pool, p.parts, 1, t)
		AddParts(pool, p.C, p.LDC, sums.Data, p.N, p.M, p.N, p.parts, p.Add)
		work.GiveBack(sums)
	case p.rowSpans*p.columnSpans > 1:
		work.Run(pool, p.rowSpans*p.columnSpans, 1, p)
	default:
		p.Run(0, 1)
	}
}

// Run computes tasks lo to hi.
func (p *plan) Run(lo, hi int) {
	t := task{plan: *p}
	var a, b *work.Scratch[float32]
	if p.copyA {
		a = work.Borrow[float32](p.isa.Rows() * (p.depths.depth + rowPadding))
		t.a = a.Data
	}
	if p.copyB {
		b = work.Borrow[float32](2 * p.groupColumns * p.isa.Panel() * p.depths.depth)
		t.b = b.Data
	}
	for i := lo; i < hi; i++ {
		t.part = span(i/(p.rowSpans*p.columnSpans), p.parts, p.depths.blocks)
		t.rows = span(i/p.columnSpans%p.rowSpans, p.rowSpans, p.heights.Panels)
		t.across = span(i%p.columnSpans, p.columnSpans, p.columns.panels())
		t.c = p.C[i/(p.rowSpans*p.columnSpans)*p.M*p.N:]
		t.run()
	}
	if a != nil {
		work.GiveBack(a)
	}
	if b != nil {
		work.GiveBack(b)
	}
}

// indices are those from one to another.
type indices struct{ from, to int }

func (x indices) len() int { return x.to - x.from }

// span returns part i of n parts of so many indices.
func span(i, n, of int) indices { return indices{i * of / n, (i + 1) * of / n} }

// span returns part i of n parts of x.
func (x indices) span(i, n int) indices {
	s := span(i, n, x.len())
	return indices{x.from + s.from, x.from + s.to}
}

// task is the memory of a worker and what it computes.
type task struct {
	plan
	rows, across indices // panels
	part         indices // stretches of the sum
	c            []float32
	tile         simd.Tile
	a            []float32 // a panel of A
	b            []float32 // two groups of B
	ahead        Ahead
}

// step is a group's product with some row panels in a stretch of the sum.
type step struct {
	number       int
	rows, across indices
	l, terms     int
	first        bool // stretch
}

func (t *task) run() {
	groups := (t.across.len() + t.groupColumns - 1) / t.groupColumns
	rounds := (t.rows.len() + t.groupRows - 1) / t.groupRows
	blocks := t.part.len()
	at := func(n int) step {
		block := n % blocks
		l, terms := t.depths.at(t.part.from + block)
		return step{n, t.rows.span(n/blocks%rounds, rounds), t.across.span(n/blocks/rounds, groups), l, terms, block == 0}
	}
	steps := groups * rounds * blocks
	next := at(0)
	if t.copyB {
		t.copyRight(next, 0, t.right(next.across.from, next.across.to, next.l, next.terms).rows)
	}
	for n := range steps {
		s := next
		if n+1 < steps {
			next = at(n + 1)
		}
		t.step(s, next)
	}
}

// step computes s, and makes next ready if that is another one.
func (t *task) step(s, next step) {
	t.ahead = Ahead{}
	b := t.packed(s)
	var edge *work.Scratch[float32]
	if !t.copyB && !t.isHeld() && s.across.to == t.columns.panels() {
		edge = borrowEdge(t.isa, t.columns, s.terms, t.B[s.l*t.LDB:], t.LDB)
	}
	for i := s.rows.from; i < s.rows.to; i++ {
		at, rows := t.heights.At(i)
		for r := range rows {
			t.tile[r] = &t.c[(at+r)*t.LDC]
		}
		a, rs, ks := t.panel(i, s)
		copies := t.prepare(i, s, next)
		for j := s.across.from; j < s.across.to; j++ {
			column, width, valid := t.columns.at(j)
			right, bs := (*float32)(nil), width
			switch {
			case t.copyB:
				right = b.at(j-s.across.from, 0)
			case t.isHeld():
				right = t.held.at(j, s.l)
			case valid < width:
				right = &edge.Data[0]
			default:
				right, bs = &t.B[s.l*t.LDB+column], t.LDB
			}
			t.isa.GemmAhead(rows, width, s.terms, a, rs, ks, right, bs, &t.tile, column, simd.Mask(valid), t.Add || !s.first, t.ahead.Next(s.terms))
		}
		if copies.len() > 0 {
			t.copyRight(next, copies.from, copies.to)
		}
	}
	giveBackEdge(edge)
}

// panel returns row panel i of A and the distances between its rows and its terms.
func (t *task) panel(i int, s step) (a *float32, rs, ks int) {
	from := t.left(i, s.l, s.terms)
	switch {
	case t.copyA && t.TA:
		t.isa.PackColumns(from.rows, from.at, from.ld, t.a, from.columns)
		return &t.a[0], 1, from.columns
	case t.copyA:
		ld := from.columns + rowPadding
		for r := range from.rows {
			copy(t.a[r*ld:], from.at[r*from.ld:][:from.columns])
		}
		return &t.a[0], ld, 1
	case t.TA:
		return &from.at[0], 1, from.ld
	}
	return &from.at[0], from.ld, 1
}

// prepare begins to fetch what will be copied after row panel i: the next panel of A, or a part of the
// next group of B. It returns which rows of the latter.
func (t *task) prepare(i int, s, next step) (copies indices) {
	more := next.number > s.number
	switch {
	case t.copyB && more:
		r := t.right(next.across.from, next.across.to, next.l, next.terms)
		// Whole vectors of columns, or enough rows to be worth a call.
		upTo := func(i int) int { return min((i*r.rows/s.rows.len()+15)/16*16, r.rows) }
		i -= s.rows.from
		copies = indices{upTo(i), upTo(i + 1)}
		if copies.len() > 0 {
			t.ahead.Over(r.at[copies.from*r.ld:], r.ld, copies.len(), r.columns, s.across.len())
		}
	case t.copyA && !t.copyB && i+1 < s.rows.to:
		r := t.left(i+1, s.l, s.terms)
		t.ahead.Over(r.at, r.ld, r.rows, r.columns, s.across.len())
	case t.copyA && !t.copyB && more:
		r := t.left(next.rows.from, next.l, next.terms)
		t.ahead.Over(r.at, r.ld, r.rows, r.columns, s.across.len())
	}
	return copies
}

// packed returns the memory of a step's group of B, if it is copied.
func (t *task) packed(s step) Packed {
	if !t.copyB {
		return Packed{}
	}
	first, end := s.across.from*t.isa.Panel(), min(s.across.to*t.isa.Panel(), t.N)
	return NewPacked(t.isa, t.b[s.number%2*len(t.b)/2:], s.terms, end-first)
}

// copyRight copies the rows lo to hi of a step's group of B.
func (t *task) copyRight(s step, lo, hi int) {
	const most = 32 // rows at a time: so many pages are at hand from panel to panel
	b, from := t.packed(s), t.right(s.across.from, s.across.to, s.l, s.terms)
	for ; lo < hi; lo += most {
		end := min(lo+most, hi)
		if t.TB {
			b.packColumns(lo, end, from.at[lo*from.ld:], from.ld)
		} else {
			b.PackRows(0, b.Panels(), lo, end-lo, from.at[lo*from.ld:], from.ld)
		}
	}
}
