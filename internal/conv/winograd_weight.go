package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// winogradWeight is the pass towards the weights: for each phase and point a product whose sum runs
// over the tiles. Of few channels, a task is a part of the tiles: it transforms their gradients and uses
// them for all phases while they are in its core's cache. Of many, whose sums would not fit there, the
// gradients are transformed once for all tasks, and a task is a part of the tiles for one phase and one
// block of image channels. The parts' sums are added up in order.
type winogradWeight struct {
	winograd
	dw, x     []float32
	dy        []float32
	own       bool      // each task transforms its own gradients
	gradients []float32 // transformed dy: for each block of tiles and point, row panels of depth × height; nil if each task has its own
	heights   gemm.Heights
	depth     int // tiles in a block
	blocks    int
	spans     int // blocks of column panels
	columns   int // in the widest of them
	parts     int // of the blocks of tiles
	sums      []float32
}

// weightColumns is the most columns in a task of the pass towards the weights, weightTasks how many tasks
// there are at least, if there are enough blocks of tiles.
const (
	weightColumns = 64
	weightTasks   = 16
)

// Tasks transform their own gradients if they have at most ownSums floats of sums, and if there are enough
// tiles for ownTasks tasks of ownTiles.
const (
	ownSums  = 96 << 10
	ownTasks = 4
	ownTiles = 64
)

// manyOutputs is how many outputs there must be for tiles of 4×4, which have nearly three times the sums.
const manyOutputs = 1024

func (e Engine) winogradWeight(g Geometry, dw, x, dy []float32) {
	k := newWinogradWeight(e, g)
	k.dw, k.x, k.dy = dw, x, dy
	sums := work.Borrow[float32](k.sumsLen())
	k.sums = sums.Data
	if k.own {
		work.Run(e.Pool, k.parts, 1, k)
	} else {
		gradients := work.Borrow[float32](k.blocks * k.gradientLen())
		k.gradients = gradients.Data
		work.Run(e.Pool, k.blocks*k.chunks(), 1, transformGradients{k})
		work.Run(e.Pool, phases*k.spans*k.parts, 1, k)
		work.GiveBack(gradients)
	}
	work.Run(e.Pool, phases*g.O, 8, addSums{k})
	work.GiveBack(sums)
}

// newWinogradWeight cuts the pass into tasks.
func newWinogradWeight(e Engine, g Geometry) winogradWeight {
	size := tileSize(g)
	if g.positions() < manyOutputs {
		size = 2
	}
	k := winogradWeight{winograd: newWinograd(g, e.ISA, size)}
	k.own = phases*k.grid*k.grid*g.O*g.C <= ownSums && k.tiles >= ownTasks*ownTiles
	k.blocks = ceilDiv(k.tiles, tileDepth)
	if k.own {
		k.blocks = max(ceilDiv(k.tiles, tileDepth/2), ownTasks) // there is nothing else to cut
	}
	k.depth = ceilDiv(k.tiles, k.blocks)
	k.heights = gemm.CutRows(g.O, e.ISA.Rows())
	k.spans = (g.C + weightColumns - 1) / weightColumns
	k.columns = min(weightColumns, g.C)
	k.parts = min(max(weightTasks/(phases*k.spans), 1), k.blocks)
	if k.own {
		k.parts = min(weightTasks, k.blocks)
	}
	return k
}

// sumsLen is the room for all tasks' sums.
func (k *winogradWeight) sumsLen() int { return phases * k.spans * k.parts * k.sumLen() }

// gradientLen is the room for a block's transformed gradients.
func (k *winogradWeight) gradientLen() int { return k.grid * k.grid * k.depth * k.O }

// span returns the first column and the number of columns of a span.
func (k *winogradWeight) span(i int) (column, columns int) {
	panels := gemm.NewPacked(k.isa, nil, 1, k.C).Panels()
	column = i * panels / k.spans * k.isa.Panel()
	return column, min((i+1)*panels/k.spans*k.isa.Panel(), k.C) - column
}

// sumLen is the room for one task's sums: for each point O rows of columns.
func (k *winogradWeight) sumLen() int { return k.grid * k.grid * spaced(k.O*(k.columns+rowPadding)) }

// sumsOf returns the sums of a phase and a span over one part of the tiles.
func (k *winogradWeight) sumsOf(phase, span, part int) []float32 {
	return k.sums[((phase*k.spans+span)*k.parts+part)*k.sumLen():][:k.sumLen()]
}

// Run computes tasks lo to hi.
func (k *winogradWeight) Run(lo, hi int) {
	v := work.Borrow[float32](k.grid * k.grid * spaced(gemm.PackedLen(k.isa, k.depth, k.columns)))
	tile := work.Free[simd.Tile]().Get()
	if k.gradients == nil {
		own := work.Borrow[float32](k.gradientLen())
		for part := lo; part < hi; part++ {
			k.all(tile, v.Data, own.Data, part)
		}
		work.GiveBack(own)
	} else {
		for t := lo; t < hi; t++ {
			phase, rest := t%phases, t/phases
			span, part := rest%k.spans, rest/k.spans
			from, to := k.partOf(part)
			for block := from; block < to; block++ {
				k.add(tile, v.Data, k.gradients[block*k.gradientLen():], phase, span, part, block, block > from, &fetch{})
			}
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(v)
}

// partOf returns the blocks of a part.
func (k *winogradWeight) partOf(part int) (from, to int) {
	return part * k.blocks / k.parts, (part + 1) * k.blocks / k.parts
}

// all computes the sums of all phases and spans over a part of the tiles.
func (k *winogradWeight) all(tile *simd.Tile, v, gradients []float32, part int) {
	own := transformGradients{*k}
	from, to := k.partOf(part)
	for block := from; block < to; block++ {
		for chunk := range k.chunks() {
			own.chunk(gradients, block, chunk)
		}
		var ahead fetch
		next := (block + 1) * k.depth
		calls := phases * k.fewestPoints() * k.heights.Panels * gemm.NewPacked(k.isa, nil, 1, k.C).Panels()
		k.outer(k.x, k.C, next, next+k.depth).over(&ahead.first, 0, k.C, calls/2)
		k.inner(k.dy, k.O, next, next+k.depth).over(&ahead.second, 0, k.O, calls/2)
		for phase := range phases {
			for span := range k.spans {
				k.add(tile, v, gradients, phase, span, part, block, block > from, &ahead)
			}
		}
	}
}

// add adds the products of a block of tiles to the sums of a phase, a span and a part, or begins them, while
// what ahead asks for is fetched.
func (k *winogradWeight) add(tile *simd.Tile, v, gradients []float32, phase, span, part, block int, add bool, ahead *fetch) {
	column, columns := k.span(span)
	size := spaced(gemm.PackedLen(k.isa, k.depth, columns))
	ldc := k.columns + rowPadding
	c := k.sumsOf(phase, span, part)
	first := block * k.depth
	terms := min(k.depth, k.tiles-first)
	packed := func(p int) gemm.Packed {
		return gemm.NewPacked(k.isa, v[p*size:(p+1)*size], terms, columns)
	}
	k.transform(packed(0), size, phase, first, terms, column)
	filter := k.filter(phase)
	for p := range filter.Points() {
		point := k.point(filter, p)
		b := packed(p)
		for i := range k.heights.Panels {
			at, height := k.heights.At(i)
			for r := range height {
				tile[r] = &c[p*spaced(k.O*ldc)+(at+r)*ldc]
			}
			for j := range b.Panels() {
				panel, column, width, valid := b.Panel(j, 0)
				k.isa.GemmAhead(height, width, terms, &gradients[(point*k.O+at)*k.depth], 1, height, &panel[0], width, tile, column, simd.Mask(valid), add, ahead.next(terms))
			}
		}
	}
}

// transform packs the points of a phase of tiles from first on, terms of them; points are size apart.
func (k *winogradWeight) transform(to gemm.Packed, size, phase, first, terms, column int) {
	var px simd.Patch
	filter := k.filter(phase)
	for l := range terms {
		image, ty, tx := k.tile(first + l)
		pixels(&px, filter.Down(), filter.Across(), &k.x[image*k.H*k.W*k.C+column], k.H, k.W, k.C, 2*k.size*ty+phase/2-k.Top, 2*k.size*tx+phase%2-k.Left, 2)
		for j := range to.Panels() {
			dst, at, width, _ := to.Panel(j, l)
			if at > 0 {
				for i, p := range px[:filter.Points()] {
					if p != &zeros[0] {
						px[i] = offset(p, k.isa.Panel())
					}
				}
			}
			k.isa.WinogradInput(filter, width, &px, &dst[0], size)
		}
	}
}

// addSums transforms the sums of all parts and adds them to the weights' gradients, output channel by
// output channel of each phase.
type addSums struct{ winogradWeight }

// Run adds rows lo to hi.
func (k *addSums) Run(lo, hi int) {
	ldc := k.columns + rowPadding
	var out simd.Outputs
	for row := lo; row < hi; row++ {
		phase, o := row/k.O, row%k.O
		filter, r, s := k.filter(phase), phase/2, phase%2
		for span := range k.spans {
			column, columns := k.span(span)
			for i := range filter.Rows * filter.Cols {
				out[i] = &k.dw[o*k.patch()+((2*(i/filter.Cols)+r)*k.KW+2*(i%filter.Cols)+s)*k.C+column]
			}
			for part := range k.parts {
				k.isa.WinogradSums(filter, columns, &k.sumsOf(phase, span, part)[o*ldc], spaced(k.O*ldc), &out)
			}
		}
	}
}

// chunkOutputs is how many outputs' gradients are transformed before they are packed.
const chunkOutputs = 128

// chunkTiles is the tiles of so many outputs, chunks the number of such pieces in a block.
func (k *winogradWeight) chunkTiles() int { return chunkOutputs / (k.size * k.size) }
func (k *winogradWeight) chunks() int     { return ceilDiv(k.depth, k.chunkTiles()) }

// transformGradients transforms the outputs' gradients and packs them in panels. Tasks are the chunks of
// all blocks.
type transformGradients struct{ winogradWeight }

// Run transforms chunks lo to hi.
func (k *transformGradients) Run(lo, hi int) {
	for c := lo; c < hi; c++ {
		block := c / k.chunks()
		k.chunk(k.gradients[block*k.gradientLen():], block, c%k.chunks())
	}
}

// chunk transforms a chunk of a block to its place in the block's gradients.
func (k *transformGradients) chunk(gradients []float32, block, chunk int) {
	from := chunk * k.chunkTiles()
	first := block*k.depth + from
	n := min(k.chunkTiles(), k.depth-from, k.tiles-first)
	if n <= 0 {
		return
	}
	ld := k.O + rowPadding
	size := spaced(k.chunkTiles() * ld)
	temp := work.Borrow[float32](k.grid * k.grid * size)
	var px simd.Patch
	for t := range n {
		image, ty, tx := k.tile(first + t)
		pixels(&px, k.size, k.size, &k.dy[image*k.OH*k.OW*k.O], k.OH, k.OW, k.O, k.size*ty, k.size*tx, 1)
		k.isa.WinogradGradient(k.grid, k.O, &px, &temp.Data[t*ld], size)
	}
	for p := range k.grid * k.grid {
		for i := range k.heights.Panels {
			at, height := k.heights.At(i)
			k.isa.PackColumns(n, temp.Data[p*size+at:], ld, gradients[(p*k.O+at)*k.depth+from*height:], height)
		}
	}
	work.GiveBack(temp)
}
