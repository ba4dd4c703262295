package kernels

import "ganlib/device"

var biasProgram = program("bias")

// addBiasCUDA computes y = leaky(y + b); a slope of 1 leaves the sum.
func addBiasCUDA(y, b *device.Tensor, slope float64) error {
	return elementwise(biasProgram, "add_bias", y, y.Address(), y.Rounding(), b.Address(), single(slope), whole(b.Len()), whole(y.Len()))
}

const (
	biasWidth  = 32  // columns of a block, WIDTH in bias.cu
	biasBlocks = 264 // as many blocks as a GPU takes at a time, or more
)

func biasGradCUDA(db, dy *device.Tensor) error {
	return biasGradLaunch(db, nil, nil, dy, 1, 0, dy.Len()/db.Len())
}

// leakyReLUMaskBiasCUDA adds to db the rows of dst that the tensor `rows`, a part of dst, has.
func leakyReLUMaskBiasCUDA(dst, x, v *device.Tensor, slope float64, db, rows *device.Tensor) error {
	lo := int(rows.Address()-dst.Address()) / 4 / db.Len()
	return biasGradLaunch(db, dst, x, v, slope, lo, lo+rows.Len()/db.Len())
}

func biasGradLaunch(db, dst, x, v *device.Tensor, slope float64, lo, hi int) error {
	dev, c := cudaOf(db), db.Len()
	kernel, piece := "bias_grad_any", 1
	if fours(v, c) && (x == nil || fours(x, c) && fours(dst, c)) {
		kernel, piece = "bias_grad_wide", 4
	}
	rows, across, down := v.Len()/c, blocksFor(c, biasWidth), cudaThreads*piece/min(c, biasWidth)
	slices := max(1, min(biasBlocks/across, rows/(2*down)))
	each := blocksFor(rows, slices)
	slices = blocksFor(rows, each)
	var parts, tickets uint64
	if slices > 1 {
		var err error
		if parts, err = dev.Scratch(8 * slices * c); err != nil {
			return err
		}
		if tickets, err = dev.Tickets(across); err != nil {
			return err
		}
	}
	return dev.Launch(biasProgram, kernel, [3]int{across, slices, 1}, [3]int{cudaThreads, 1, 1}, 0,
		db.Address(), addressOf(dst), roundingOf(dst), addressOf(x), v.Address(), single(slope), parts, tickets,
		whole(lo), whole(hi), whole(rows), whole(each), whole(c))
}
