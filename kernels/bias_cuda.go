package kernels

import "ganlib/device"

var biasProgram = program("bias")

// addBiasCUDA computes y = leaky(y + b); a slope of 1 leaves the sum.
func addBiasCUDA(y, b *device.Tensor, slope float64) error {
	return elementwise(biasProgram, "add_bias", y, y.Address(), b.Address(), single(slope), whole(b.Len()), whole(y.Len()))
}

const (
	biasSlice  = 4 << 10 // least elements of a slice of rows, of at most cudaThreads columns
	biasSlices = 512     // most slices
	biasWhole  = 8       // columns of a block that adds slices up, WHOLE in bias.cu
)

func biasGradCUDA(db, dy *device.Tensor) error {
	dev, c := cudaOf(db), db.Len()
	rows, across, block := dy.Len()/c, blocksFor(c, cudaThreads), [3]int{cudaThreads, 1, 1}
	each := max(biasSlice/min(c, cudaThreads), blocksFor(rows, biasSlices))
	slices := blocksFor(rows, each)
	if slices == 1 {
		return dev.Launch(biasProgram, "bias_grad", [3]int{across, 1, 1}, block, 0, db.Address(), dy.Address(), whole(rows), whole(c))
	}
	parts, err := dev.Scratch(8 * slices * c)
	if err != nil {
		return err
	}
	if err := dev.Launch(biasProgram, "bias_grad_parts", [3]int{across, slices, 1}, block, 0, parts, dy.Address(), whole(rows), whole(each), whole(c)); err != nil {
		return err
	}
	return dev.Launch(biasProgram, "bias_grad_whole", [3]int{blocksFor(c, biasWhole), 1, 1}, block, 0, db.Address(), parts, whole(slices), whole(c))
}
