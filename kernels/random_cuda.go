package kernels

import "ganlib/device"

var randomProgram = program("random")

func randomCUDA(dst *device.Tensor, r device.Random, normal bool, offset, scale float64) error {
	dev := cudaOf(dst)
	sequence, err := dev.Live(randomWords(r))
	if err != nil {
		return err
	}
	name := "random_uniform"
	if normal {
		name = "random_normal"
	}
	// A thread draws four numbers.
	return dev.Launch(randomProgram, name, [3]int{blocksFor(dst.Len(), 4*cudaThreads), 1, 1}, [3]int{cudaThreads, 1, 1}, 0, dst.Address(), sequence, single(offset), single(scale), whole(dst.Len()))
}
