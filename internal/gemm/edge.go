package gemm

import (
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// Kernels read whole vectors of a row of B. Where B is read in place they would read past the end of its
// last row, if the last column panel is not full: that panel is copied, zeros behind its columns.

// borrowEdge returns a copy of the last column panel of k rows of B, which are ldb apart, or nil if the
// panel is full.
func borrowEdge(isa simd.ISA, c columns, k int, b []float32, ldb int) *work.Scratch[float32] {
	first, width, valid := c.at(c.panels() - 1)
	if valid == width {
		return nil
	}
	edge := work.Borrow[float32](k * width)
	packRows(isa, k, b[first:], ldb, edge.Data, width, valid)
	return edge
}

func giveBackEdge(edge *work.Scratch[float32]) {
	if edge != nil {
		work.GiveBack(edge)
	}
}
