package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// winogradWeight is the pass towards the weights: for each phase and point a product whose sum runs
// over the tiles. The outputs' gradients are transformed once, for all tasks; a task is a phase, a block
// of image channels, and a part of the tiles. The parts' sums are added up in order.
type winogradWeight struct {
	winograd
	dw, x     []float32
	gradients []float32 // transformed dy: for each block of tiles and point, row panels of depth × height
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

func (e Engine) winogradWeight(g Geometry, dw, x, dy []float32) {
	k := winogradWeight{winograd: newWinograd(g, e.ISA), dw: dw, x: x}
	k.blocks = (k.tiles + tileDepth - 1) / tileDepth
	k.depth = (k.tiles + k.blocks - 1) / k.blocks
	k.heights = gemm.CutRows(g.O, e.ISA.Rows())
	k.spans = (g.C + weightColumns - 1) / weightColumns
	gradients := work.Borrow[float32](points * k.blocks * k.depth * g.O)
	k.gradients = gradients.Data
	chunks := (k.depth + gradientTiles - 1) / gradientTiles
	work.Run(e.Pool, k.blocks*chunks, 1, transformGradients{k, dy, chunks})
	k.parts = min(max(weightTasks/(phases*k.spans), 1), k.blocks)
	k.columns = min(weightColumns, g.C)
	sums := work.Borrow[float32](phases * k.spans * k.parts * k.sumLen())
	k.sums = sums.Data
	work.Run(e.Pool, phases*k.spans*k.parts, 1, k)
	work.Run(e.Pool, phases*g.O, 8, addSums{k})
	work.GiveBack(sums)
	work.GiveBack(gradients)
}

// span returns the first column and the number of columns of a span.
func (k *winogradWeight) span(i int) (column, columns int) {
	panels := gemm.NewPacked(k.isa, nil, 1, k.C).Panels()
	column = i * panels / k.spans * k.isa.Panel()
	return column, min((i+1)*panels/k.spans*k.isa.Panel(), k.C) - column
}

// sumLen is the room for one task's sums: for each point O rows of columns.
func (k *winogradWeight) sumLen() int { return points * spaced(k.O*(k.columns+rowPadding)) }

// sumsOf returns the sums of a phase and a span over one part of the tiles.
func (k *winogradWeight) sumsOf(phase, span, part int) []float32 {
	return k.sums[((phase*k.spans+span)*k.parts+part)*k.sumLen():][:k.sumLen()]
}

// Run computes tasks lo to hi.
func (k *winogradWeight) Run(lo, hi int) {
	for t := lo; t < hi; t++ {
		phase, rest := t%phases, t/phases
		k.part(phase, rest%k.spans, rest/k.spans)
	}
}

// part computes the sums of a phase and a span over a part of the tiles.
func (k *winogradWeight) part(phase, span, part int) {
	column, columns := k.span(span)
	size := spaced(gemm.PackedLen(k.isa, k.depth, columns))
	ldc := k.columns + rowPadding
	c := k.sumsOf(phase, span, part)
	v := work.Borrow[float32](points * size)
	tile := work.Free[simd.Tile]().Get()
	from, to := part*k.blocks/k.parts, (part+1)*k.blocks/k.parts
	for block := from; block < to; block++ {
		first := block * k.depth
		terms := min(k.depth, k.tiles-first)
		packed := func(p int) gemm.Packed {
			return gemm.NewPacked(k.isa, v.Data[p*size:(p+1)*size], terms, columns)
		}
		k.transform(packed(0), size, phase, first, terms, column)
		for p := range points {
			b := packed(p)
			gradients := k.gradients[(block*points+p)*k.depth*k.O:]
			for i := range k.heights.Panels {
				at, height := k.heights.At(i)
				for r := range height {
					tile[r] = &c[p*spaced(k.O*ldc)+(at+r)*ldc]
				}
				for j := range b.Panels() {
					panel, column, width, valid := b.Panel(j, 0)
					k.isa.Gemm(height, width, terms, &gradients[at*k.depth], 1, height, &panel[0], width, tile, column, simd.Mask(valid), block > from)
				}
			}
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(v)
}

// addSums transforms the sums of all parts and adds them to the weights' gradients, output channel by
// output channel of each phase.
type addSums struct{ winogradWeight }

// Run adds rows lo to hi.
func (k *addSums) Run(lo, hi int) {
	ldc := k.columns + rowPadding
	var out [4]*float32
	for row := lo; row < hi; row++ {
		phase, o := row/k.O, row%k.O
		r, s := phase/2, phase%2
		for span := range k.spans {
			column, columns := k.span(span)
			for i := range out {
				out[i] = &k.dw[o*k.patch()+((i/2*2+r)*4+i%2*2+s)*k.C+column]
			}
			for part := range k.parts {
				k.isa.WinogradOutput(columns, &k.sumsOf(phase, span, part)[o*ldc], spaced(k.O*ldc), &out, true)
			}
		}
	}
}

// transform packs the points of a phase of tiles from first on, terms of them; points are size apart.
func (k *winogradWeight) transform(to gemm.Packed, size, phase, first, terms, column int) {
	var px [9]*float32
	for l := range terms {
		image, ty, tx := k.tile(first + l)
		pixels3(&px, &k.x[image*k.H*k.W*k.C+column], k.H, k.W, k.C, 4*ty-1+phase/2, 4*tx-1+phase%2, 2)
		for j := range to.Panels() {
			dst, at, width, _ := to.Panel(j, l)
			if at > 0 {
				for i, p := range px {
					if p != &zeros[0] {
						px[i] = offset(p, k.isa.Panel())
					}
				}
			}
			k.isa.WinogradInput(width, &px, &dst[0], size)
		}
	}
}

// gradientTiles is how many tiles a task of transformGradients takes.
const gradientTiles = 32

// transformGradients transforms the outputs' gradients and packs them in panels. Tasks are chunks of
// blocks of tiles.
type transformGradients struct {
	winogradWeight
	dy     []float32
	chunks int // in a block
}

// Run transforms chunks lo to hi.
func (k *transformGradients) Run(lo, hi int) {
	ld := k.O + rowPadding
	size := spaced(gradientTiles * ld)
	temp := work.Borrow[float32](points * size)
	for c := lo; c < hi; c++ {
		block, from := c/k.chunks, c%k.chunks*gradientTiles
		first := block*k.depth + from
		n := min(gradientTiles, k.depth-from, k.tiles-first)
		if n <= 0 {
			continue
		}
		k.chunk(temp.Data, size, ld, first, n)
		for p := range points {
			to := k.gradients[(block*points+p)*k.depth*k.O:]
			for i := range k.heights.Panels {
				at, height := k.heights.At(i)
				k.isa.PackColumns(n, temp.Data[p*size+at:], ld, to[at*k.depth+from*height:], height)
			}
		}
	}
	work.GiveBack(temp)
}

// chunk transforms n tiles from the first on to rows of temp.
func (k *transformGradients) chunk(temp []float32, size, ld, first, n int) {
	var px [4]*float32
	for t := range n {
		image, ty, tx := k.tile(first + t)
		for i := range px {
			px[i] = &k.dy[((image*k.OH+2*ty+i/2)*k.OW+2*tx+i%2)*k.O]
		}
		k.isa.WinogradWeight(k.O, &px, &temp[t*ld], size)
	}
}
