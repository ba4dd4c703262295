package kernels

import (
	"strconv"

	"ganlib/device"
)

var (
	conv2DFewPrograms     = &precise{program("conv2d_few")} // float32 is good for all precisions
	conv2DFewInputProgram = program("conv2d_few_input")
)

const (
	mostFew   = 4   // channels of the image
	leastMany = 16  // channels on the other side, in fours
	fewSum    = 512 // the most products that a thread of these kernels adds up one by one
)

// few reports whether a convolution is between images of few channels and y, or its gradient, of many.
func (g Window) few(x, y *device.Tensor) bool {
	o := y.Shape()[3]
	return g.fewOf(x.Shape()[3], o) && fours(y, o)
}

func (g Window) fewOf(c, o int) bool {
	return c <= mostFew && o >= leastMany && g.KernelH*g.KernelW*c <= fewSum
}

func conv2DFew(y, x, w *device.Tensor, f finish, g Window) error {
	ys := y.Shape()
	p := contraction{m: y.Len() / ys[3], n: ys[3], k: w.Shape().RowLen(), count: 1}
	t := tiling{name: "64", rows: 128, columns: 64, threads: 128}
	if p.n <= 32 {
		t.name, t.columns = "32", 32
	}
	return p.launch(cudaOf(y), cut{t, 1, p.k}, conv2DFewPrograms, "conv2d_few_forward_", y, f, func(way cut, parts uint64) []uint64 {
		return append(g.geometry([]uint64{y.Address(), y.Rounding(), x.Address(), w.Address(), addressOf(f.bias), single(f.slope)}, x, y), divisor(ys[1]), divisor(ys[2]))
	})
}

// The slices of the gradient of few channels' weights.
const (
	fewChunk  = 32 // positions that are summed at a time
	fewWarps  = 4  // that share them
	fewBlocks = 2  // that are wanted on a multiprocessor
)

func conv2DFewWeight(dw, x, dy *device.Tensor, g Window) error {
	ys := dy.Shape()
	p := contraction{m: ys[3], n: dw.Shape().RowLen(), k: dy.Len() / ys[3], count: 1, c: fours(dw, dw.Len())}
	t := p.fewTiling()
	tiles := blocksFor(p.m, t.rows) * blocksFor(p.n, t.columns)
	slices := min(max(fewBlocks*processors/tiles, p.k/(fewWarps*fewSum)), p.k/(fewWarps*fewChunk), mostParts/(4*p.m*p.n))
	depth := blocksFor(blocksFor(p.k, max(slices, 1)), fewChunk) * fewChunk
	return p.launch(cudaOf(dw), cut{t, blocksFor(p.k, depth), depth}, conv2DFewPrograms, "conv2d_few_weight_", dw, finish{add: true}, func(way cut, parts uint64) []uint64 {
		return append(g.geometry([]uint64{dw.Address(), x.Address(), dy.Address(), parts}, x, dy), whole(way.slices), whole(way.depth), divisor(ys[1]), divisor(ys[2]))
	})
}

// fewTiling returns the tiling of the gradient of weights that leaves out the least.
func (p contraction) fewTiling() (best tiling) {
	least := 0
	for _, t := range []tiling{
		{name: "64x48", rows: 64, columns: 48}, {name: "64x32", rows: 64, columns: 32}, {name: "64x16", rows: 64, columns: 16},
		{name: "32x48", rows: 32, columns: 48}, {name: "32x32", rows: 32, columns: 32}, {name: "32x16", rows: 32, columns: 16},
	} {
		size := blocksFor(p.m, t.rows) * t.rows * blocksFor(p.n, t.columns) * t.columns
		if best.name == "" || size < least {
			best, least = t, size
		}
	}
	best.threads = 128
	return best
}

// fewInput is how the gradient towards images of few channels is computed: see conv2d_few_input.cu.
type fewInput struct {
	height, width int // of images of dy with their zeros
	down, across  int // positions of dy that a patch of pixels hangs on
	rows, columns int // rows of pixels of a patch that a block has, and numbers in these, in fours
	pitch, tables int // floats in shared memory: from one sum to the next, and before the tables
	shared        int // bytes of shared memory
}

const (
	fewPatches = 128      // of a block
	fewDeep    = 16       // channels of dy that are there at a time
	fewColumns = 16       // the most numbers of patches' rows that a block has
	fewShared  = 47 << 10 // of the 48 KiB that every GPU gives without being asked
)

// fewInputOf plans a block. It may not fit: rows of patches may be too long, or positions too many.
func fewInputOf(g Window, xs, ys device.Shape) (p fewInput, ok bool) {
	line := g.StrideW * xs[3]
	if line > fewColumns {
		return p, false
	}
	p.down, p.across = blocksFor(g.KernelH, g.StrideH), blocksFor(g.KernelW, g.StrideW)
	p.height = max(ys[1]+p.down-1, (xs[1]-1+g.Top)/g.StrideH+1)
	p.width = max(ys[2]+p.across-1, (xs[2]-1+g.Left)/g.StrideW+1)
	p.rows = min(fewColumns/line, g.StrideH)
	p.columns = blocksFor(p.rows*line, 4) * 4
	p.pitch = 32 + blocksFor(32, line) // neighbours in dx, line of each patch, lie in different banks
	taps, positions := p.down*p.across, fewPatches+(p.down-1)*p.width+p.across-1
	p.tables = max(positions*(fewDeep+4)+taps*fewDeep*p.columns, 16*p.columns*p.pitch)
	p.shared = 4 * (p.tables + positions + g.KernelH*g.KernelW*xs[3] + 3*fewPatches)
	return p, p.shared <= fewShared && taps*ys[3] <= fewWarps*fewSum && xs[0]*p.height*p.width < largest
}

func conv2DFewInput(dx, dy, w *device.Tensor, f finish, g Window, p fewInput) error {
	xs := dx.Shape()
	grid := [3]int{blocksFor(xs[0]*p.height*p.width, fewPatches), blocksFor(g.StrideH, p.rows), 1}
	args := g.geometry([]uint64{dx.Address(), dy.Address(), w.Address(), addressOf(f.bias), single(f.slope)}, dx, dy)
	for _, n := range []int{p.height, p.width, p.down, p.across, p.rows, p.pitch, p.tables} {
		args = append(args, whole(n))
	}
	args = append(args, divisor(p.height), divisor(p.width), divisor(g.StrideW*xs[3]), divisor(w.Shape().RowLen()))
	return thenRound(cudaOf(dx).Launch(conv2DFewInputProgram, "conv2d_few_input_"+strconv.Itoa(p.columns), grid, [3]int{fewPatches, 1, 1}, p.shared, args...), dx)
}
