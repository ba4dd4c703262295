package kernels

import "ganlib/device"

// The tilings of copies.cuh, for convolutions whose operands have copies in bfloat16. Their speeds are guesses: those that
// choose best if a product takes half of the time of TF32's, which was measured, since a slab takes as many bytes and as
// many cycles of the tensor cores as one of TF32, and has twice the k. The last two are only for measurements to find.
var copyTilings = []tiling{
	{"bf16_copies_128x128", 128, 128, 128, 5.5, contraction.copied, device.BFloat16, 2, 3, true},
	{"bf16_copies_128x64", 128, 64, 128, 4.6, contraction.copied, device.BFloat16, 3, 3, true},
	{"bf16_copies_64x64", 64, 64, 128, 3.7, contraction.copied, device.BFloat16, 4, 3, true},
	{"bf16_copies_128x128x2", 128, 128, 128, 5.4, contraction.copied, device.BFloat16, 2, 2, true},
	{"bf16_copies_256x128", 256, 128, 256, 4.5, contraction.copied, device.BFloat16, 1, 2, true},
}

// copyDepth is that of their slabs.
const copyDepth = 64

func (p contraction) copied() bool { return p.copies && p.c && min(p.m, p.n) >= leastTensor }

// operand is the address of an operand's numbers.
func (t tiling) operand(x *device.Tensor) uint64 {
	if t.copies {
		return x.BFloat16()
	}
	return x.Address()
}

// eights reports whether rows of so many numbers, of which the first begins t, have copies in bfloat16 that can be moved
// in eight numbers at a time.
func eights(t *device.Tensor, row int) bool {
	at := t.BFloat16()
	return at != 0 && at%16 == 0 && row%8 == 0
}
