package kernels

import "ganlib/device"

var l2NormsProgram = program("l2norms")

// l2Slices is how many blocks share a tensor, SLICES in l2norms.cu.
const l2Slices = 128

func l2NormsCUDA(norms *device.Tensor, n *L2Norms) error {
	dev, count := cudaOf(norms), norms.Len()
	sums, err := dev.Scratch(8 * l2Slices * count)
	if err != nil {
		return err
	}
	if err := dev.Launch(l2NormsProgram, "sum_squares", [3]int{l2Slices, count, 1}, [3]int{cudaThreads, 1, 1}, 0, sums, n.table.Address()); err != nil {
		return err
	}
	return dev.Launch(l2NormsProgram, "l2_norms", [3]int{count, 1, 1}, [3]int{32, 1, 1}, 0, norms.Address(), sums)
}
