package gemm

import "ganlib/internal/simd"

// dense is a product of matrices as they lie in memory.
type dense struct {
	Product
	isa  simd.ISA
	held Packed // B, if it is there packed
}

func (d *dense) isHeld() bool { return d.held.Data != nil }

// plan is how a dense product is computed. The row panels of A are multiplied with a group of column
// panels of B, a stretch of the sum at a time; kernels run along the group for one row panel, then for
// the next.
//
// Matrices are read where they lie if that is fast: A by rows, and B by rows that are not far apart.
// Else a panel of A is copied to the first-level cache when its turn has come, and a group of B's to
// the second-level cache while the one before is multiplied. Then kernels fetch what is copied next.
type plan struct {
	dense
	heights      Heights
	columns      columns
	depths       depths
	copyA, copyB bool
	groupRows    int // the most row panels that meet a group before the next stretch of the sum
	groupColumns int // the most column panels in a group
	rowSpans     int // tasks take so many parts of the rows, of the columns
	columnSpans  int
	parts        int // and of the sum
}

// The numbers were found by timing the products of the networks on an Intel server with 2 MiB of
// second-level cache; twice or half of each costs a few per cent.
const (
	placeRows    = 560 // as many rows as keep their part of C in the second-level cache from stretch to stretch
	placeColumns = 512 // a group of B where it lies: 512 KiB in a stretch of the sum
	copyColumns  = 256 // a group of B that is copied: 256 KiB, and the next one as much
	thinDepth    = 32  // terms in a stretch of the sum if there are few rows: so many rows of B are read side by side

	// Rows of B so many elements apart crowd into few sets of the caches, which then do not keep them from
	// one row panel to the next. But there must be more than fewRows panels, and more than fewTerms terms,
	// for a copy to pay.
	farRows  = 768
	fewRows  = 2
	fewTerms = 64
	// The same for a transposed A, whose panels are strewn.
	farTerms = 128
	// Rows of A so many elements apart, or a multiple, crowd into one set of the first-level cache.
	crowdedRows = 1024
)

// A product whose result is small is cut along its sum, into parts that are added up in order.
const (
	smallResult = 1 << 14
	longSum     = 8 << 10
	longPart    = 4 << 10
	mostParts   = 8
)

// plan chooses how to compute a product. What decides about the order of its sums depends on its sizes
// only, not on the number of workers.
func (d dense) plan(workers int) plan {
	p := plan{dense: d, heights: CutRows(d.M, d.isa.Rows()), columns: cutColumns(d.isa, d.N)}
	p.depths, p.groupRows, p.groupColumns = cutDepth(d.K, maxDepth), placeRows/d.isa.Rows(), placeColumns/d.isa.Panel()
	far, thin := d.LDB >= farRows && !d.isHeld(), p.heights.Panels <= fewRows
	p.copyB = d.TB && !d.isHeld() || far && !thin && d.K > fewTerms
	p.copyA = (d.TA && d.LDA >= farTerms || !d.TA && d.LDA%crowdedRows == 0) && p.columns.panels() > 1
	switch {
	case p.copyB:
		p.groupRows = p.heights.Panels // so that B is copied only once
		if !p.copyA {
			p.groupColumns = copyColumns / d.isa.Panel()
		}
	case far && thin:
		p.depths, p.groupColumns = cutDepth(d.K, thinDepth), p.columns.panels()
	}
	p.parts = 1
	if d.M*d.N <= smallResult && d.K >= longSum {
		p.parts = min(d.K/longPart, mostParts)
	}
	p.cut(workers)
	return p
}

// Alone is from how many multiply-adds on Multiply shares a product out; smaller ones do not pay for
// waking workers.
const Alone = 1 << 20

// cut cuts the rows and columns into tasks, two to a worker if there are enough. More would even out a
// worker's delay better, but each begins with a group of B that nobody has fetched.
func (p *plan) cut(workers int) {
	p.rowSpans, p.columnSpans = 1, 1
	if workers == 1 || p.parts > 1 || p.M*p.N*p.K < Alone {
		return
	}
	const few = 4 // panels that make a task worth while
	rows, columns, tasks := p.heights.Panels, p.columns.panels(), 2*workers
	if p.copyB || rows < few*workers { // each span of rows copies B again
		p.columnSpans = evenly(max(1, min(tasks, columns/few)), workers, columns)
		if p.columnSpans < workers {
			p.rowSpans = min((workers+p.columnSpans-1)/p.columnSpans, rows)
		}
		return
	}
	p.rowSpans = evenly(min(tasks, rows/few), workers, rows)
}

// region is a part of A or B as it lies in memory.
type region struct {
	at            []float32
	ld            int
	rows, columns int
}

// left returns where row panel i lies, for the terms from l on.
func (p *plan) left(i, l, terms int) region {
	at, rows := p.heights.At(i)
	if p.TA {
		return region{p.A[l*p.LDA+at:], p.LDA, terms, rows}
	}
	return region{p.A[at*p.LDA+l:], p.LDA, rows, terms}
}

// right returns where the column panels from to to lie, for the terms from l on.
func (p *plan) right(from, to, l, terms int) region {
	at, end := from*p.isa.Panel(), min(to*p.isa.Panel(), p.N)
	if p.TB {
		return region{p.B[at*p.LDB+l:], p.LDB, end - at, terms}
	}
	return region{p.B[l*p.LDB+at:], p.LDB, terms, end - at}
}
