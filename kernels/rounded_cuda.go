package kernels

import "ganlib/device"

// The tilings of convolutions whose operands were rounded when they were written. Their speeds are guesses: in TF32 those
// of operands that the loop rounds, and a twelfth more. In bfloat16 those that choose best if a product takes half the
// time of TF32's, which was measured, since a slab takes as many bytes and as many cycles of the tensor cores as one of
// TF32, and has twice the k. The last two are only for measurements to find.
var roundedTilings = []tiling{
	{name: "tf32_rounded_128x128", rows: 128, columns: 128, threads: 128, speed: 4.3, fits: contraction.read, precision: device.TF32, resident: 2, stages: 2, rounded: true},
	{name: "tf32_rounded_128x64", rows: 128, columns: 64, threads: 128, speed: 3.8, fits: contraction.read, precision: device.TF32, resident: 3, stages: 2, rounded: true},
	{name: "tf32_rounded_64x64", rows: 64, columns: 64, threads: 128, speed: 2.7, fits: contraction.read, precision: device.TF32, resident: 4, stages: 2, rounded: true},
	{name: "bf16_copies_128x128", rows: 128, columns: 128, threads: 128, speed: 5.5, fits: contraction.read, precision: device.BFloat16, resident: 2, stages: 3, rounded: true},
	{name: "bf16_copies_128x64", rows: 128, columns: 64, threads: 128, speed: 4.6, fits: contraction.read, precision: device.BFloat16, resident: 3, stages: 3, rounded: true},
	{name: "bf16_copies_64x64", rows: 64, columns: 64, threads: 128, speed: 3.7, fits: contraction.read, precision: device.BFloat16, resident: 4, stages: 3, rounded: true},
	{name: "bf16_copies_128x128x2", rows: 128, columns: 128, threads: 128, speed: 5.4, fits: contraction.read, precision: device.BFloat16, resident: 2, stages: 2, rounded: true},
	{name: "bf16_copies_256x128", rows: 256, columns: 128, threads: 256, speed: 4.5, fits: contraction.read, precision: device.BFloat16, resident: 1, stages: 2, rounded: true},
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
