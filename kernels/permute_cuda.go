package kernels

import "ganlib/device"

var permuteProgram = program("permute")

// transposeCUDA turns n matrices of rows by columns: y is (n,columns,rows), x is (n,rows,columns).
func transposeCUDA(y, x *device.Tensor, n, rows, columns int) error {
	if rows == 1 || columns == 1 {
		return copyCUDA(y, x)
	}
	const tile, threads = 32, 256
	tiles := blocksFor(rows, tile) * blocksFor(columns, tile)
	return cudaOf(y).Launch(permuteProgram, "transpose", [3]int{n * tiles, 1, 1}, [3]int{threads, 1, 1}, 0, y.Address(), y.Rounding(), x.Address(), whole(rows), whole(columns))
}
