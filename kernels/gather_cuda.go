package kernels

import "ganlib/device"

var gatherProgram = program("gather")

// gatherWords are the live arguments of a gather, as gather.cu reads them.
func gatherWords(dst *device.Tensor, order device.Permutation, start int, flips device.Random) (uint64, error) {
	seed, stream, step := randomWords(order.Random)
	flipSeed, flipStream, flipStep := randomWords(flips)
	return cudaOf(dst).Live(uint64(order.N), flag(order.Identity), seed, stream, step, uint64(start), flipSeed, flipStream, flipStep)
}

// gatherGrid returns how many rows of dst a block takes, and the grid.
func gatherGrid(dst *device.Tensor) (rows int, grid [3]int) {
	const (
		most   = 64   // rows of a block, ROWS in gather.cu
		enough = 1024 // elements for which a block takes rows together
		slice  = 1024 // elements that a block takes of long rows
		tall   = 1<<16 - 1
	)
	size := dst.Shape().RowLen()
	rows = min(max(enough/size, 1), most)
	return rows, [3]int{blocksFor(dst.Shape()[0], rows), min(blocksFor(rows*size, slice), tall), 1}
}

func gatherImagesCUDA(dst *device.Tensor, src *device.Bytes, order device.Permutation, start int, lo, hi float64, flips device.Random, flipping bool) error {
	words, err := gatherWords(dst, order, start, flips)
	if err != nil {
		return err
	}
	s := dst.Shape()
	rows, grid := gatherGrid(dst)
	return cudaOf(dst).Launch(gatherProgram, "gather_images", grid, [3]int{cudaThreads, 1, 1}, 0,
		dst.Address(), src.Address(), words, double(lo), double(hi), flag(flipping), whole(s.RowLen()), whole(s[2]*s[3]), whole(s[3]), whole(rows), whole(s[0]))
}

func gatherRowsCUDA(dst, src *device.Tensor, order device.Permutation, start int) error {
	words, err := gatherWords(dst, order, start, device.Random{})
	if err != nil {
		return err
	}
	rows, grid := gatherGrid(dst)
	return cudaOf(dst).Launch(gatherProgram, "gather_rows", grid, [3]int{cudaThreads, 1, 1}, 0,
		dst.Address(), src.Address(), words, whole(dst.Shape().RowLen()), whole(rows), whole(dst.Shape()[0]))
}
