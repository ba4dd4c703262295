package kernels

import "ganlib/device"

var gemvProgram = program("gemv")

const (
	vectorAcross = 16   // pieces of a block next to each other, ACROSS in gemv.cu
	vectorFew    = 8    // threads of a short row
	vectorLong   = 1024 // numbers of a row from which on a block takes it
	vectorRows   = 8192 // numbers of a row that a block has on the way at a time
	leastRows    = 8    // fewer scores are summed by tiles: the reference cases, of two samples, bound the rounding of one number
	vectorTerms  = 128  // rows of a strip of columns that it has
)

// gemvCUDA computes op(A)·op(B), of (M,K) and (K,N), if a side of it is 1. It is not ok if none is.
func gemvCUDA(c, a, b *device.Tensor, m, n, k int, ta, tb Trans, f finish) (ok bool, err error) {
	switch {
	case c.Rounding() != 0:
		return false, nil
	case k == 1:
		return true, outerCUDA(c, a, b, m, n, f)
	case n == 1 && (ta == NoTrans || m == 1):
		return rowsCUDA(c, a, b, m, k, f)
	case m == 1 && tb == Transp:
		return rowsCUDA(c, b, a, n, k, f)
	case n == 1:
		return true, columnsCUDA(c, a, b, k, m, f)
	case m == 1:
		return true, columnsCUDA(c, b, a, k, n, f)
	}
	return false, nil
}

// rowsCUDA computes the products of a vector with count rows of length numbers, unless they are too few.
func rowsCUDA(y, rows, x *device.Tensor, count, length int, f finish) (ok bool, err error) {
	if count < leastRows {
		return false, nil
	}
	p := vectorProduct{kernel: "gemv_rows_few", grid: blocksFor(count, cudaThreads/vectorFew), sums: count, terms: length, each: length}
	piece := 1
	if length >= vectorLong {
		p.kernel, p.grid = "gemv_rows_block", count
		p.each = blocksFor(length, max(1, min(processors/count, length/vectorRows)))
	}
	if fours(rows, length) && fours(x, length) {
		p.kernel, piece = p.kernel+"_wide", 4
	}
	p.each = blocksFor(p.each, piece) * piece
	return true, p.launch(y, rows, x, count, length, f)
}

// columnsCUDA adds up count rows of length numbers, each times its number of x.
func columnsCUDA(y, rows, x *device.Tensor, count, length int, f finish) error {
	p := vectorProduct{kernel: "gemv_columns", sums: length, terms: count}
	piece := 1
	if fours(rows, length) {
		p.kernel, piece = "gemv_columns_wide", 4
	}
	p.grid = blocksFor(length, vectorAcross*piece)
	p.each = blocksFor(count, max(1, min(processors/p.grid, count/vectorTerms)))
	return p.launch(y, rows, x, count, length, f)
}

// vectorProduct is how a kernel of gemv.cu takes the product of a matrix and a vector: so many sums of so many terms each,
// cut into slices of each, by a grid of blocks for a slice.
type vectorProduct struct {
	kernel                  string
	grid, sums, terms, each int
}

func (p vectorProduct) launch(y, rows, x *device.Tensor, count, length int, f finish) error {
	dev, slices := cudaOf(y), blocksFor(p.terms, p.each)
	var parts, tickets uint64
	if slices > 1 {
		var err error
		if parts, err = dev.Scratch(8 * slices * p.sums); err != nil {
			return err
		}
		if tickets, err = dev.Tickets(p.grid); err != nil {
			return err
		}
	}
	return dev.Launch(gemvProgram, p.kernel, [3]int{p.grid, slices, 1}, [3]int{cudaThreads, 1, 1}, 0,
		y.Address(), rows.Address(), x.Address(), parts, tickets, addressOf(f.bias), single(f.slope), f.period(), flag(f.add), whole(count), whole(length), whole(p.each))
}

// outerCUDA computes the products of the m numbers of a and the n of b.
func outerCUDA(y, a, b *device.Tensor, m, n int, f finish) error {
	kernel, piece := "ger", 1
	if fours(b, n) && fours(y, n) {
		kernel, piece = "ger_wide", 4
	}
	return cudaOf(y).Launch(gemvProgram, kernel, elementwiseGrid(m*n/piece), [3]int{cudaThreads, 1, 1}, 0,
		y.Address(), a.Address(), b.Address(), addressOf(f.bias), single(f.slope), f.period(), flag(f.add), whole(n), whole(m*n))
}

// headCUDA is HeadBackward.
func headCUDA(dx, dw, db, x, dy, w *device.Tensor, r HeadRows) error {
	kernel, piece, c := "head_backward", 1, w.Len()
	if fours(x, c) && fours(w, c) && (dx == nil || fours(dx, c)) {
		kernel, piece = "head_backward_wide", 4
	}
	return cudaOf(dw).Launch(gemvProgram, kernel, [3]int{blocksFor(c, vectorAcross*piece), 1, 1}, [3]int{cudaThreads, 1, 1}, 0,
		dw.Address(), addressOf(db), addressOf(dx), x.Address(), dy.Address(), w.Address(), whole(r.Lo), whole(r.Hi), whole(r.InputLo), whole(r.InputHi), whole(c))
}
