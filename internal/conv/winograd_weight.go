package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// winogradWeight is the pass towards the weights: for each phase and point a product whose sum runs
// over the tiles. The outputs' gradients are transformed once, for all tasks; a task is a phase and a
// block of image channels.
type winogradWeight struct {
	winograd
	dw, x     []float32
	gradients []float32 // transformed dy: for each block of tiles and point, row panels of depth × height
	heights   gemm.Heights
	depth     int // tiles in a block
	blocks    int
	spans     int // blocks of column panels
}

// weightColumns is the most columns in a task of the pass towards the weights.
const weightColumns = 64

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
	work.Run(e.Pool, phases*k.spans, 1, k)
	work.GiveBack(gradients)
}

// Run computes tasks lo to hi.
func (k *winogradWeight) Run(lo, hi int) {
	panels := gemm.NewPacked(k.isa, nil, 1, k.C).Panels()
	for t := lo; t < hi; t++ {
		span := t / phases
		k.block(t%phases, span*panels/k.spans, (span+1)*panels/k.spans)
	}
}

// block computes column panels left to right of a phase.
func (k *winogradWeight) block(phase, left, right int) {
	column := left * k.isa.Panel()
	columns := min(right*k.isa.Panel(), k.C) - column
	size := spaced(gemm.PackedLen(k.isa, k.depth, columns))
	ldc := columns + rowPadding
	v, c := work.Borrow[float32](points*size), work.Borrow[float32](points*spaced(k.O*ldc))
	tile := work.Free[simd.Tile]().Get()
	for block := range k.blocks {
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
					tile[r] = &c.Data[p*spaced(k.O*ldc)+(at+r)*ldc]
				}
				for j := range b.Panels() {
					panel, column, width, valid := b.Panel(j, 0)
					k.isa.Gemm(height, width, terms, &gradients[at*k.depth], 1, height, &panel[0], width, tile, column, simd.Mask(valid), block > 0)
				}
			}
		}
	}
	work.Free[simd.Tile]().Put(tile)
	r, s := phase/2, phase%2
	var out [4]*float32
	for o := range k.O {
		for i := range out {
			out[i] = &k.dw[o*k.patch()+((i/2*2+r)*4+i%2*2+s)*k.C+column]
		}
		k.isa.WinogradOutput(columns, &c.Data[o*ldc], spaced(k.O*ldc), &out, true)
	}
	work.GiveBack(v)
	work.GiveBack(c)
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
