package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// narrowPasses are the passes towards outputs and weights for images of few channels, whose patches
// would take longer to copy than to multiply. An image is copied once, with zeros left and right of its
// lines; then the patches of a line of outputs, under one line of the kernel, are a matrix as they lie
// there, with overlapping rows. A task is an image.
type narrowPasses struct {
	Geometry
	isa  simd.ISA
	x    []float32
	line int // length of a line with its zeros
}

func newNarrow(e Engine, g Geometry, x []float32) narrowPasses {
	return narrowPasses{g, e.ISA, x, max((g.OW-1)*g.SW+g.KW, g.Left+g.W) * g.C}
}

// pad copies image n to dst.
func (k *narrowPasses) pad(dst []float32, n int) {
	clear(dst)
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

// narrowForward is the pass towards the outputs. The patches of one line of outputs are copied at a time,
// so few that they stay in the first-level cache.
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
	work.Run(e.Pool, g.N, 1, narrowForward{narrowPasses: newNarrow(e, g, x), y: y, b: b, then: then})
	weights.Done()
}

// Run computes images lo to hi.
func (k *narrowForward) Run(lo, hi int) {
	ld := k.patch() + rowPadding
	image, patches := work.Borrow[float32](k.padLen()), work.Borrow[float32](k.OW*ld)
	tile := work.Free[simd.Tile]().Get()
	heights := gemm.CutRows(k.OW, k.isa.Rows())
	for n := lo; n < hi; n++ {
		k.pad(image.Data, n)
		for i := range k.OH {
			k.copyPatches(patches.Data, ld, image.Data, i)
			y := k.y[(n*k.OH+i)*k.OW*k.O:][:k.OW*k.O]
			for p := range heights.Panels {
				at, rows := heights.At(p)
				for r := range rows {
					tile[r] = &y[(at+r)*k.O]
				}
				for l := 0; l < k.patch(); l += tileDepth {
					terms := min(tileDepth, k.patch()-l)
					for j := range k.b.Panels() {
						b, column, width, valid := k.b.Panel(j, l)
						k.isa.Gemm(rows, width, terms, &patches.Data[at*ld+l], ld, 1, &b[0], width, tile, column, simd.Mask(valid), l > 0)
					}
				}
			}
			k.then.apply(k.isa, y, k.O, 0, k.OW, 0, k.O)
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(image)
	work.GiveBack(patches)
}

// copyPatches copies the patches of line i of outputs to rows of dst, ld apart.
func (k *narrowForward) copyPatches(dst []float32, ld int, image []float32, i int) {
	across := k.KW * k.C
	from, to, h := k.lines(i)
	for a := range k.KH {
		if a < from || a >= to {
			for j := range k.OW {
				clear(dst[j*ld+a*across:][:across])
			}
			continue
		}
		for c := 0; c < across; c += simd.MaxPiece {
			k.isa.CopyPieces(k.OW, min(across-c, simd.MaxPiece), image[(h+a)*k.line+c:], k.SW*k.C, dst[a*across+c:], ld)
		}
	}
}

// narrowWeight is the pass towards the weights. A task is a part of the images, and the parts' sums are
// added up in order.
type narrowWeight struct {
	narrowPasses
	dy    []float32
	sums  []float32 // for each part the gradient of the weights
	parts int
}

// narrowParts is the most parts of the pass towards the weights.
const narrowParts = 16

// narrowWeightFits reports whether the pass is the fastest: of more outputs, copying patches once takes
// less time.
func narrowWeightFits(g Geometry) bool {
	return narrow(g) && !wholeImage(g) && g.O <= 32 && g.KW*g.C >= 8
}

func (e Engine) narrowWeight(g Geometry, dw, x, dy []float32) {
	k := narrowWeight{narrowPasses: newNarrow(e, g, x), dy: dy, parts: min(narrowParts, g.N)}
	size := g.O * g.patch()
	sums := work.Borrow[float32](k.parts * size)
	k.sums = sums.Data
	work.Run(e.Pool, k.parts, 1, k)
	gemm.AddParts(e.Pool, dw, g.patch(), k.sums, g.O, g.patch(), k.parts, true)
	work.GiveBack(sums)
}

// Run computes parts lo to hi.
func (k *narrowWeight) Run(lo, hi int) {
	image := work.Borrow[float32](k.padLen())
	tile := work.Free[simd.Tile]().Get()
	for part := lo; part < hi; part++ {
		sum := k.sums[part*k.O*k.patch():][:k.O*k.patch()]
		clear(sum)
		for n := part * k.N / k.parts; n < (part+1)*k.N/k.parts; n++ {
			k.pad(image.Data, n)
			k.add(sum, image.Data, tile, k.dy[n*k.OH*k.OW*k.O:])
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(image)
}

// add adds the products of one image and its outputs' gradients dy.
func (k *narrowWeight) add(sum, image []float32, tile *simd.Tile, dy []float32) {
	heights := gemm.CutRows(k.O, k.isa.Rows())
	across := k.KW * k.C
	for p := range heights.Panels {
		at, rows := heights.At(p)
		for r := range rows {
			tile[r] = &sum[(at+r)*k.patch()]
		}
		for i := range k.OH {
			from, to, h := k.lines(i)
			for a := from; a < to; a++ {
				for c := 0; c < across; c += k.isa.Panel() {
					valid := min(across-c, k.isa.Panel())
					width := k.isa.Panel()
					if valid <= k.isa.Lanes() {
						width = k.isa.Lanes()
					}
					k.isa.Gemm(rows, width, k.OW, &dy[i*k.OW*k.O+at], 1, k.O, &image[(h+a)*k.line+c], k.SW*k.C, tile, a*across+c, simd.Mask(valid), true)
				}
			}
		}
	}
}
