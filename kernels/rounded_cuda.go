package kernels

import "ganlib/device"

// The tilings of convolutions whose operands were rounded when they were written. Their speeds are guesses: in TF32 those
// of operands that the loop rounds, and a twelfth more. In bfloat16 those that choose best if a product takes half the
// time of TF32's, which was measured, since a slab takes as many bytes and as many cycles of the tensor cores as one of
// TF32, and has twice the k. The last two are only for measurements to find.
var roundedTilings = []tiling{
	{"tf32_rounded_128x128", 128, 128, 128, 4.3, contraction.read, device.TF32, 2, 2, true},
	{"tf32_rounded_128x64", 128, 64, 128, 3.8, contraction.read, device.TF32, 3, 2, true},
	{"tf32_rounded_64x64", 64, 64, 128, 2.7, contraction.read, device.TF32, 4, 2, true},
	{"bf16_copies_128x128", 128, 128, 128, 5.5, contraction.read, device.BFloat16, 2, 3, true},
	{"bf16_copies_128x64", 128, 64, 128, 4.6, contraction.read, device.BFloat16, 3, 3, true},
	{"bf16_copies_64x64", 64, 64, 128, 3.7, contraction.read, device.BFloat16, 4, 3, true},
	{"bf16_copies_128x128x2", 128, 128, 128, 5.4, contraction.read, device.BFloat16, 2, 2, true},
	{"bf16_copies_256x128", 256, 128, 256, 4.5, contraction.read, device.BFloat16, 1, 2, true},
}

func (p contraction) read() bool { return p.rounded && p.c && min(p.m, p.n) >= leastTensor }

// operand is the address of an operand's numbers.
func (t tiling) operand(x *device.Tensor) uint64 {
	if t.rounded {
		return x.Rounded(t.precision)
	}
	return x.Address()
}

// rounding tells a kernel how to round the result. Parts of sums in slices stay as they are, and another adds them up.
func (c cut) rounding(to *device.Tensor) uint64 {
	if c.slices > 1 && !c.transforms() {
		return 0
	}
	return to.Rounding()
}

// inPieces reports whether rows of so many numbers, of which the first begins t, have been rounded to the precision of its
// device, and can be moved in 16 bytes at a time.
func inPieces(t *device.Tensor, row int) bool {
	in := cudaOf(t).precision()
	at := t.Rounded(in)
	return at != 0 && at%16 == 0 && row%pieceOf(in) == 0
}

// pieceOf is how many rounded numbers are 16 bytes, and depthOf how many k a slab of them has, 128 bytes.
func pieceOf(in device.Precision) int {
	if in == device.BFloat16 {
		return 8
	}
	return 4
}
func depthOf(in device.Precision) int { return 8 * pieceOf(in) }
