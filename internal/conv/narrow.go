package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// narrowPasses are the passes towards outputs and weights for images of few channels, whose patches
// would take longer to copy than to multiply. An image is copied once, with zeros left and right of its
// lines; then the patches of a line of outputs, under one line of the kernel, are a matrix as they lie
// there, with overlapping rows, and a product sums over the lines.
type narrowPasses struct {
	Geometry
	isa  simd.ISA
	x    []float32
	line int // length of a line with its zeros
}

func newNarrow(e Engine, g Geometry, x []float32) narrowPasses {
	return narrowPasses{g, e.ISA, x, max((g.OW-1)*g.SW+g.KW, g.Left+g.W) * g.C}
}

// pad copies image n to dst, which holds zeros or another image.
func (k *narrowPasses) pad(dst []float32, n int) {
	for h := range k.H {
		copy(dst[h*k.line+k.Left*k.C:], k.x[(n*k.H+h)*k.W*k.C:][:k.W*k.C])
	}
}

// padLen is the room that an image takes so, with what vectors read that begin in its last line.
func (k *narrowPasses) padLen() int { return k.H*k.line + k.isa.Panel() }

// lines returns which lines of the kernel lie in the image at output line i, and the image's line under
// the first line of the kernel.
func (k *narrowPasses) lines(i int) (from, to, h int) {
	h = i*k.SH - k.Top
	return max(-h, 0), min(k.H-h, k.KH), h
}

// narrowForward is the pass towards the outputs. A task is a few images.
type narrowForward struct {
	narrowPasses
	y    []float32
	b    gemm.Packed // weights (KH·KW·C, O)
	then Epilogue
}

func (e Engine) narrowForward(g Geometry, y, x []float32, w gemm.Weights, then Epilogue) {
	weights, fill := w.Prepare(gemm.ForOutput, gemm.PackedLen(e.ISA, g.patch(), g.O))
	b := gemm.NewPacked(e.ISA, weights.Data, g.patch(), g.O)
	if fill {
		b.Pack(e.Pool, w.Data, g.patch(), true)
		weights.Filled()
	}
	images := max(min(4, g.N/(4*e.Pool.Threads())), 1) // of a task, which clears the room of one
	work.Run(e.Pool, g.N, images, narrowForward{narrowPasses: newNarrow(e, g, x), y: y, b: b, then: then})
	weights.Done()
}

// Run computes images lo to hi.
func (k *narrowForward) Run(lo, hi int) {
	image := work.Borrow[float32](k.padLen())
	clear(image.Data)
	tile := work.Free[simd.Tile]().Get()
	for n := lo; n < hi; n++ {
		k.pad(image.Data, n)
		for i := range k.OH {
			y := k.y[(n*k.OH+i)*k.OW*k.O:][:k.OW*k.O]
			k.outputs(y, image.Data, tile, i)
			k.then.apply(k.isa, y, k.O, 0, k.OW, 0, k.O)
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(image)
}

// outputs computes line i of an image's outputs.
func (k *narrowForward) outputs(y, image []float32, tile *simd.Tile, i int) {
	from, to, h := k.lines(i)
	if from >= to { // the kernel lies on zeros alone
		clear(y)
		return
	}
	across := k.KW * k.C
	for j := range k.b.Panels() {
		b, column, width, valid := k.b.Panel(j, from*across)
		heights := gemm.CutRows(k.OW, k.isa.PartsRows(width))
		for p := range heights.Panels {
			at, rows := heights.At(p)
			for r := range rows {
				tile[r] = &y[(at+r)*k.O]
			}
			k.isa.GemmParts(to-from, k.line, across*width, false, rows, width, across, &image[(h+from)*k.line+at*k.SW*k.C], k.SW*k.C, 1, &b[0], width, tile, column, simd.Mask(valid), false)
		}
	}
}

// narrowWeight is the pass towards the weights. A task is a part of the images, and the parts' sums are
// added up in order.
type narrowWeight struct {
	narrowPasses
	dy    []float32
	sums  []float32 // for each part the gradient of the weights, a row for an output channel and a line of its kernel
	row   int       // length of such a row, in whole vectors: a product that writes part of one takes longer
	parts int
}

// narrowParts is the most parts of the pass towards the weights.
const narrowParts = 16

// narrowWeightFits reports whether the pass is the fastest: of more outputs, copying patches once takes
// less time. Rows of patches fill wide vectors better than lines of kernels do.
func (e Engine) narrowWeightFits(g Geometry) bool {
	most := 64
	if e.wide() {
		most = 32
	}
	return narrow(g) && !wholeImage(g) && g.O <= most
}

func newNarrowWeight(e Engine, g Geometry, x, dy []float32) narrowWeight {
	return narrowWeight{narrowPasses: newNarrow(e, g, x), dy: dy, row: gemm.PackedLen(e.ISA, 1, g.KW*g.C), parts: min(narrowParts, g.N)}
}

// sumLen is the length of a part's gradient.
func (k *narrowWeight) sumLen() int { return k.O * k.KH * k.row }

func (e Engine) narrowWeight(g Geometry, dw, x, dy []float32) {
	k := newNarrowWeight(e, g, x, dy)
	sums := work.Borrow[float32](k.parts * k.sumLen())
	k.sums = sums.Data
	work.Run(e.Pool, k.parts, 1, k)
	gemm.AddParts(e.Pool, dw, g.KW*g.C, k.sums, k.row, g.O*g.KH, g.KW*g.C, k.parts, true)
	work.GiveBack(sums)
}

// Run computes parts lo to hi.
func (k *narrowWeight) Run(lo, hi int) {
	image := work.Borrow[float32](k.padLen())
	clear(image.Data)
	tile := work.Free[simd.Tile]().Get()
	for part := lo; part < hi; part++ {
		sum := k.sums[part*k.sumLen():][:k.sumLen()]
		clear(sum)
		for n := part * k.N / k.parts; n < (part+1)*k.N/k.parts; n++ {
			k.pad(image.Data, n)
			k.add(sum, image.Data, tile, k.dy[n*k.OH*k.OW*k.O:])
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(image)
}

// narrowTerms is about how many terms of the sum a product takes: the lines that it reads stay near.
const narrowTerms = 256

// add adds the products of one image and its outputs' gradients dy.
func (k *narrowWeight) add(sum, image []float32, tile *simd.Tile, dy []float32) {
	lines := max(narrowTerms/k.OW, 1)
	for i := 0; i < k.OH; i += lines {
		for a := range k.KH {
			// Outputs whose kernel has its line a in the image.
			from := max(i, (k.Top-a+k.SH-1)/k.SH)
			to := min(i+lines, k.OH, floorDiv(k.H-1+k.Top-a, k.SH)+1)
			if from < to {
				k.addLines(sum[a*k.row:], image[(from*k.SH-k.Top+a)*k.line:], tile, dy[from*k.OW*k.O:], to-from)
			}
		}
	}
}

// addLines adds the products of so many lines of outputs and those under one line of their kernels.
func (k *narrowWeight) addLines(sum, image []float32, tile *simd.Tile, dy []float32, lines int) {
	for c := 0; c < k.row; c += k.isa.Panel() {
		width := min(k.row-c, k.isa.Panel())
		heights := gemm.CutRows(k.O, k.isa.PartsRows(width))
		for p := range heights.Panels {
			at, rows := heights.At(p)
			for r := range rows {
				tile[r] = &sum[(at+r)*k.KH*k.row]
			}
			k.isa.GemmParts(lines, k.OW*k.O, k.SH*k.line, true, rows, width, k.OW, &dy[at], 1, k.O, &image[c], k.SW*k.C, tile, c, simd.Mask(width), true)
		}
	}
}
