package kernels

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// biasLeakyReLUFast works on rows of y. With slope 1 it adds the bias alone.
type biasLeakyReLUFast struct {
	y, b  []float32
	slope float32
	isa   simd.ISA
}

func (k *biasLeakyReLUFast) Run(lo, hi int) {
	c := len(k.b)
	k.isa.BiasLeakyReLU(hi-lo, k.y[lo*c:hi*c], c, k.b, k.slope)
}

// biasGradParts is the largest number of ranges that the rows of a bias gradient are cut into.
const biasGradParts = 64

// biasGradFast sums ranges of rows side by side, since there may be few columns and very many rows,
// and then adds the ranges' sums in order.
func biasGradFast(db, dy *device.Tensor) {
	c := db.Len()
	rows := dy.Len() / c
	grain := max((rows+biasGradParts-1)/biasGradParts, elementGrain/c, 1)
	parts := (rows + grain - 1) / grain
	scratch := work.Borrow[float64](parts * c)
	launch(db, rows, grain, rowSums{scratch.Data, device.Data[float32](dy), c, grain, isaOf(db)})
	launch(db, c, max(elementGrain/parts, 1), addParts{device.Data[float32](db), scratch.Data})
	work.GiveBack(scratch)
}

// rowSums sums ranges of rows in float64, range i to sums[i·c:].
type rowSums struct {
	sums  []float64
	x     []float32
	c     int // elements of a row
	grain int // rows in a range
	isa   simd.ISA
}

func (k *rowSums) Run(lo, hi int) {
	sums := k.sums[lo/k.grain*k.c:][:k.c]
	clear(sums)
	step := max(elementGrain/k.c, 1)
	for r := lo; r < hi; r += step {
		to := min(r+step, hi)
		k.isa.SumRows(sums, to-r, k.x[r*k.c:to*k.c], k.c)
	}
}

// addParts adds to dst the sums of parts, one after the other of len(dst) each.
type addParts struct {
	dst   []float32
	parts []float64
}

func (k *addParts) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		sum := 0.0
		for at := i; at < len(k.parts); at += len(k.dst) {
			sum += k.parts[at]
		}
		k.dst[i] += float32(sum)
	}
}
