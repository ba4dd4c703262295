package gemm

import (
	"ganlib/internal/simd"
)

// small reports whether the product is one that a worker computes itself, in a single step, on matrices
// where they lie: a plan would take longer than the product.
func (d *dense) small() bool {
	return !d.TB && d.K <= maxDepth && d.LDB < farRows && d.N <= placeColumns && (!d.TA || d.LDA < farTerms) && d.M*d.N*d.K < Alone
}

// multiplySmall computes a small product.
func (d *dense) multiplySmall() {
	var tile simd.Tile
	rs, ks := d.LDA, 1
	if d.TA {
		rs, ks = 1, d.LDA
	}
	h, columns := CutRows(d.M, d.isa.Rows()), cutColumns(d.isa, d.N)
	panels := columns.panels()
	edge := borrowEdge(d.isa, columns, d.K, d.B, d.LDB)
	for i := range h.Panels {
		at, rows := h.At(i)
		for r := range rows {
			tile[r] = &d.C[(at+r)*d.LDC]
		}
		for j := range panels {
			column, width, valid := columns.at(j)
			b, bs := &d.B[column], d.LDB
			if valid < width {
				b, bs = &edge.Data[0], width
			}
			d.isa.Gemm(rows, width, d.K, &d.A[at*rs], rs, ks, b, bs, &tile, column, simd.Mask(valid), d.Add)
		}
	}
	giveBackEdge(edge)
}
