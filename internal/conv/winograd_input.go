package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// winogradInput is the pass towards the input. Its tasks take a group of tiles and a block of image
// channels: they transform the gradients around the tiles once for all four phases, multiply, and
// transform each phase's products back.
type winogradInput struct {
	winograd
	dx, dy  []float32
	weights []float32 // packed (O,C) matrices, one for each phase and point
	heights gemm.Heights
	groups  int
	blocks  int // blocks of column panels
	piece   int // output channels in one pass over the weights
}

// inputColumns is the most columns in a block of the pass towards the input.
const inputColumns = 64

func (e Engine) winogradInput(g Geometry, dx, dy []float32, w gemm.Weights) {
	k := winogradInput{winograd: newWinograd(g, e.ISA), dx: dx, dy: dy}
	weights, fill := w.Prepare(gemm.ForInput, phases*points*spaced(gemm.PackedLen(e.ISA, g.O, g.C)))
	k.weights = weights.Data
	if fill {
		work.Run(e.Pool, (g.O+packChannels-1)/packChannels*phases, 1, packInput{k.winograd, w.Data, k.weights})
		weights.Filled()
	}
	const depth = 128 // for 25 points there is room for half of the usual depth
	pieces := (g.O + depth - 1) / depth
	k.piece = ((g.O+pieces-1)/pieces + 15) / 16 * 16
	k.blocks = (g.C + inputColumns - 1) / inputColumns
	k.heights = gemm.CutRows(k.tiles, e.ISA.Rows())
	perTile := points5*(k.piece+rowPadding) + phases*points*(min(g.C, inputColumns)+rowPadding)
	k.groups = cutTiles(k.heights.Panels, e.ISA.Rows(), perTile, phases*points*g.O*g.C, k.blocks, e.Pool.Threads())
	work.Run(e.Pool, k.groups*k.blocks, 1, k)
	weights.Done()
}

// packed returns the weights of point p of a phase.
func (k *winogradInput) packed(phase, p int) gemm.Packed {
	size := spaced(gemm.PackedLen(k.isa, k.O, k.C))
	return gemm.NewPacked(k.isa, k.weights[(phase*points+p)*size:][:size], k.O, k.C)
}

// Run computes tasks lo to hi.
func (k *winogradInput) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		group, block := i/k.blocks, i%k.blocks
		panels := gemm.NewPacked(k.isa, nil, k.O, k.C).Panels()
		k.group(group*k.heights.Panels/k.groups, (group+1)*k.heights.Panels/k.groups,
			block*panels/k.blocks, (block+1)*panels/k.blocks, block == k.blocks-1)
	}
}

// group computes the tiles of row panels from to to, column panels left to right. last says that no
// other task takes the same tiles after this one.
func (k *winogradInput) group(from, to, left, right int, last bool) {
	first, _ := k.heights.At(from)
	end, _ := k.heights.At(to)
	n := end - first
	column := left * k.isa.Panel()
	columns := min(right*k.isa.Panel(), k.C) - column
	ld, ldm := k.piece+rowPadding, columns+rowPadding
	pv, pm := spaced(n*ld), spaced(n*ldm)
	v, m := work.Borrow[float32](points5*pv), work.Borrow[float32](phases*points*pm)
	rows := gemm.BorrowTiles()
	for i := from; i < to; i++ {
		at, height := k.heights.At(i)
		for r := range height {
			rows[i-from][r] = &m.Data[(at-first+r)*ldm]
		}
	}
	var ahead fetch
	calls := phases * points * (right - left) * (to - from) * ceilDiv(k.O, k.piece)
	k.outer(k.dx, k.C, first, end).over(&ahead.first, column, columns, calls/2)
	if last {
		k.inner(k.dy, k.O, end, end+n).over(&ahead.second, 0, k.piece, calls/2)
	}
	for o := 0; o < k.O; o += k.piece {
		terms := min(k.piece, k.O-o)
		k.transform(v.Data, ld, first, n, o, terms)
		for phase := range phases {
			for p := range points {
				point := (p/3+2*(phase/2))*5 + p%3 + 2*(phase%2)
				weights := k.packed(phase, p)
				for j := left; j < right; j++ {
					b, at, width, valid := weights.Panel(j, o)
					mask := simd.Mask(valid)
					to0 := (phase*points+p)*pm + at - column
					for i := from; i < to; i++ {
						at, height := k.heights.At(i)
						k.isa.GemmAhead(height, width, terms, &v.Data[point*pv+(at-first)*ld], ld, 1, &b[0], width, &rows[i-from], to0, mask, o > 0, ahead.next(terms))
					}
				}
			}
		}
	}
	gemm.GiveBackTiles(rows)
	k.finish(m.Data, ldm, first, n, column, columns)
	work.GiveBack(v)
	work.GiveBack(m)
}

// transform writes the points of n tiles from tile t on, output channels o and on.
func (k *winogradInput) transform(v []float32, ld, t, n, o, channels int) {
	var px [16]*float32
	for q := range n {
		image, ty, tx := k.tile(t + q)
		pixels4(&px, &k.dy[image*k.OH*k.OW*k.O+o], k.OH, k.OW, k.O, 2*ty-1, 2*tx-1)
		k.isa.WinogradInput5(channels, &px, &v[q*ld], spaced(n*ld))
	}
}

// finish transforms the products of n tiles from tile t on to gradients at the pixels.
func (k *winogradInput) finish(m []float32, ldm, t, n, column, columns int) {
	var out [4]*float32
	for q := range n {
		image, ty, tx := k.tile(t + q)
		for phase := range phases {
			for i := range out {
				h, w := 2*(2*ty+i/2)+phase/2, 2*(2*tx+i%2)+phase%2
				out[i] = &k.dx[((image*k.H+h)*k.W+w)*k.C+column]
			}
			k.isa.WinogradOutput(columns, &m[phase*points*spaced(n*ldm)+q*ldm], spaced(n*ldm), &out, false)
		}
	}
}

// packInput transforms the weights; a task is a block of output channels and a phase. It goes through
// the weights in the order in which they lie: the memory they come from and go to is larger than what
// the processor can address without misses.
type packInput struct {
	winograd
	w, to []float32
}

// packChannels is how many output channels a task of packInput takes.
const packChannels = 32

// Run packs tasks lo to hi.
func (k *packInput) Run(lo, hi int) {
	size := spaced(gemm.PackedLen(k.isa, k.O, k.C))
	var tap [4]*float32
	for t := lo; t < hi; t++ {
		phase := t % phases
		a, b := 3-phase/2, 3-phase%2 // the last taps
		packed := gemm.NewPacked(k.isa, k.to[phase*points*size:], k.O, k.C)
		first := t / phases * packChannels
		for o := first; o < min(first+packChannels, k.O); o++ {
			for j := range packed.Panels() {
				dst, at, width, _ := packed.Panel(j, o)
				for i := range tap {
					tap[i] = &k.w[o*k.patch()+((a-i/2*2)*4+b-i%2*2)*k.C+at]
				}
				k.isa.WinogradWeight(width, &tap, &dst[0], size)
			}
		}
	}
}
