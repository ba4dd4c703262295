package kernels

import (
	"slices"

	"ganlib/device"
)

var conv2DPrograms = &precise{
	program("conv2d"), program("conv2d_tf32"), program("conv2d_bf16"), program("conv2d_tf32_rounded"), program("conv2d_bf16_copies"),
	program("conv2d_tf32_wgmma"), program("conv2d_bf16_wgmma"),
}

var (
	onTensorCores       = slices.Concat(tensorTilings, roundedTilings, wgmmaBFloat16Tilings)
	conv2DTilings       = slices.Concat([]tiling{tiling128x128, tiling128x64, tiling64x64, tilingTall, tilingAny, tilingWinograd}, onTensorCores, wgmmaTF32Tilings)
	conv2DWeightTilings = append([]tiling{tiling128x128, tiling128x64, tiling64x64, tilingAny, tilingWinograd}, onTensorCores...)
)

func conv2DCUDA(y, x, w, b *device.Tensor, slope float64, g Window) error {
	f := finish{bias: b, slope: slope}
	if rows, patch, ok := g.matrix(x, y); ok {
		return gemmCUDA(y, x, w, rows, w.Shape()[0], patch, NoTrans, Transp, f)
	}
	if g.few(x, y) {
		return conv2DFew(y, x, w, f, g)
	}
	ys, ws := y.Shape(), w.Shape()
	line, in := ws[2]*ws[3], cudaOf(y).precision()
	p := contraction{
		m: y.Len() / ys[3], n: ys[3], k: ws.RowLen(), count: 1,
		a: fours(x, ws[3]), b: fours(w, ws[3]), c: fours(y, ys[3]), slabs: ws[3]%slabDepth == 0 && ws[1]*ws[2] <= tensorTaps,
		rounded:  inPieces(x, ws[3]) && inPieces(w, ws[3]) && ws[3]%depthOf(in) == 0 && ws[1]*ws[2] <= tensorTaps,
		winograd: g.winograd(ys[0], ys[1], ys[2], ws[3], g.StrideH, g.StrideW),
	}
	return p.compute(conv2DPrograms, "conv2d_forward", "conv2d_forward_", conv2DTilings, y, f, func(way cut, parts uint64) []uint64 {
		args := []uint64{y.Address(), way.operand(x), way.operand(w), parts, addressOf(b), single(slope)}
		return append(g.geometry(args, x, y), whole(way.slices), whole(way.depth), divisor(line), way.rounding(y))
	})
}

func conv2DInputCUDA(dx, dy, w, b *device.Tensor, slope float64, g Window) error {
	f := finish{bias: b, slope: slope}
	if rows, patch, ok := g.matrix(dx, dy); ok {
		return gemmCUDA(dx, dy, w, rows, patch, w.Shape()[0], NoTrans, NoTrans, f)
	}
	if g.few(dx, dy) {
		if p, ok := fewInputOf(g, dx.Shape(), dy.Shape()); ok {
			return conv2DFewInput(dx, dy, w, f, g, p)
		}
	}
	xs, o, c := dx.Shape(), w.Shape()[0], w.Shape()[3]
	down, across := blocksFor(g.KernelH, g.StrideH), blocksFor(g.KernelW, g.StrideW) // most taps of a phase
	in := cudaOf(dx).precision()
	h, width := blocksFor(xs[1], g.StrideH), blocksFor(xs[2], g.StrideW) // most pixels of a phase
	p := contraction{
		m: xs[0] * h * width, n: c, k: down * across * o, count: g.StrideH * g.StrideW,
		a: fours(dy, o), b: fours(w, c), c: fours(dx, c), slabs: o%slabDepth == 0 && down*across <= tensorTaps,
		rounded:  inPieces(dy, o) && inPieces(w, c) && o%depthOf(in) == 0 && down*across <= tensorTaps,
		winograd: g.winograd(xs[0], h, width, o, 1, 1),
	}
	return p.compute(conv2DPrograms, "conv2d_input", "conv2d_input_", conv2DTilings, dx, f, func(way cut, parts uint64) []uint64 {
		args := []uint64{dx.Address(), way.operand(dy), way.operand(w), parts, addressOf(b), single(slope)}
		return append(g.geometry(args, dx, dy), whole(way.slices), whole(way.depth), divisor(across*o), divisor((across-1)*o), divisor(o),
			whole(w.Shape().RowLen()), whole(g.StrideH*g.KernelW*c), whole(g.StrideW*c), way.rounding(dx))
	})
}

func conv2DWeightCUDA(dw, x, dy *device.Tensor, g Window) error {
	f := finish{add: true}
	if rows, patch, ok := g.matrix(x, dy); ok {
		return gemmCUDA(dw, dy, x, dw.Shape()[0], patch, rows, Transp, NoTrans, f)
	}
	if g.few(x, dy) {
		return conv2DFewWeight(dw, x, dy, g)
	}
	ys, c := dy.Shape(), dw.Shape()[3]
	p := contraction{
		m: ys[3], n: dw.Shape().RowLen(), k: dy.Len() / ys[3], count: 1,
		a: fours(dy, ys[3]), b: fours(x, c), c: fours(dw, c), slabs: true, rounded: inPieces(dy, ys[3]) && inPieces(x, c),
		winograd: g.winogradWeights(ys[0], ys[1], ys[2], c),
	}
	return p.compute(conv2DPrograms, "conv2d_weight", "conv2d_weight_", conv2DWeightTilings, dw, f, func(way cut, parts uint64) []uint64 {
		args := []uint64{dw.Address(), way.operand(x), way.operand(dy), parts}
		return append(g.geometry(args, x, dy), whole(way.slices), whole(way.depth), divisor(ys[1]), divisor(ys[2]))
	})
}

// matrix reports whether the patches of x are the rows of a matrix as they lie in memory, so that the passes
// are plain products: where the window is the whole image, or one pixel.
func (g Window) matrix(x, y *device.Tensor) (rows, patch int, ok bool) {
	return g.matrixOf(x.Shape(), y.Shape())
}

func (g Window) matrixOf(xs, ys device.Shape) (rows, patch int, ok bool) {
	switch {
	case g.Top != 0 || g.Left != 0:
	case g.KernelH == xs[1] && g.KernelW == xs[2]:
		return xs[0], xs.RowLen(), ys[1] == 1 && ys[2] == 1
	case g.KernelH == 1 && g.KernelW == 1:
		return xs.Len() / xs[3], xs[3], xs == device.Shape{xs[0], ys[1], ys[2], xs[3]}
	}
	return 0, 0, false
}

// Operands reports of which images x (H,W,C) and y (OH,OW,O) of a convolution its passes read rounded numbers, if there
// are some, on a GPU in a precision: those whose channels are summed over in whole slabs, where tensor cores are of use.
func (g Window) Operands(in device.Precision, x, y device.Shape) (ofX, ofY bool) {
	if _, _, ok := g.matrixOf(x.Batch(1), y.Batch(1)); ok || in == device.Float32 || g.fewOf(x[2], y[2]) || g.KernelH*g.KernelW > tensorTaps {
		return false, false
	}
	c, o := x[2], y[2]
	if min(c, o) < leastTensor || c%pieceOf(in) != 0 || o%pieceOf(in) != 0 {
		return false, false
	}
	return c%depthOf(in) == 0, o%depthOf(in) == 0
}

// geometry appends what all passes are told.
func (g Window) geometry(args []uint64, x, y *device.Tensor) []uint64 {
	xs, ys := x.Shape(), y.Shape()
	for _, n := range []int{xs[0], xs[1], xs[2], xs[3], ys[1], ys[2], ys[3], g.KernelH, g.KernelW, g.StrideH, g.StrideW, g.Top, g.Left} {
		args = append(args, whole(n))
	}
	return args
}
