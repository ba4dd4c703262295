package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// winogradInput is the pass towards the input. Its tasks take a group of tiles and a block of image
// channels: they transform the gradients around the tiles, multiply, and transform each phase's products
// back. With tiles of 2×2 the phases of a 4×4 kernel share points, 25 of them, and are computed together;
// else one after the other.
type winogradInput struct {
	winograd
	dx, dy   []float32
	then     Epilogue
	weights  []float32 // packed (O,C) matrices, one for each phase and point
	heights  gemm.Heights
	groups   int
	blocks   int // blocks of column panels
	piece    int // output channels in one pass over the weights
	together int // phases
	points   int // of gradients
}

// inputColumns is the most columns in a block of the pass towards the input.
const inputColumns = 64

func (e Engine) winogradInput(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue) {
	k := winogradInput{winograd: newWinograd(g, e.ISA, tileSize(g)), dx: dx, dy: dy, then: then, together: phases, points: 25}
	if g.KH == 5 || k.size == 4 {
		k.together, k.points = 1, k.grid*k.grid
	}
	weights, fill := w.Prepare(gemm.ForInput, k.inputWeightsLen())
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
	perTile := k.points*(k.piece+rowPadding) + k.together*k.grid*k.grid*(min(g.C, inputColumns)+rowPadding)
	k.groups = cutTiles(k.heights.Panels, e.ISA.Rows(), perTile, phases*k.grid*k.grid*g.O*g.C, k.blocks, e.Pool.Threads())
	work.Run(e.Pool, k.groups*k.blocks, 1, k)
	weights.Done()
}

// inputWeightsLen is the room for the packed weights, as much for every phase.
func (g *winograd) inputWeightsLen() int {
	return phases * g.grid * g.grid * spaced(gemm.PackedLen(g.isa, g.O, g.C))
}

// inputPhase is a phase of the pass towards the input.
type inputPhase struct {
	simd.Filter
	row, col int // of the last tap: patches go up, taps down by twos
	y, x     int // of the first output of the patch of pixel (0,0) of the phase
}

func (g *winograd) inputPhase(phase int) inputPhase {
	row, rows, before := taps(g.KH, 2, g.Top, phase/2)
	col, cols, beside := taps(g.KW, 2, g.Left, phase%2)
	return inputPhase{simd.Filter{Tile: g.size, Rows: rows, Cols: cols}, row, col, -before, -beside}
}

// packed returns the weights of point p of a phase.
func (k *winogradInput) packed(phase, p int) gemm.Packed {
	size := spaced(gemm.PackedLen(k.isa, k.O, k.C))
	return gemm.NewPacked(k.isa, k.weights[(phase*k.grid*k.grid+p)*size:][:size], k.O, k.C)
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
	v, m := work.Borrow[float32](k.points*pv), work.Borrow[float32](k.together*k.grid*k.grid*pm+columns)
	rows := gemm.BorrowTiles()
	for i := from; i < to; i++ {
		at, height := k.heights.At(i)
		for r := range height {
			rows[i-from][r] = &m.Data[(at-first+r)*ldm]
		}
	}
	var ahead fetch
	calls := phases * k.fewestPoints() * (right - left) * (to - from) * ceilDiv(k.O, k.piece)
	k.outer(k.dx, k.C, first, end).over(&ahead.first, column, columns, calls/2)
	if last {
		k.inner(k.dy, k.O, end, end+n).over(&ahead.second, 0, k.piece, calls/2)
	}
	for begin := 0; begin < phases; begin += k.together {
		for o := 0; o < k.O; o += k.piece {
			terms := min(k.piece, k.O-o)
			k.transform(v.Data, ld, first, n, begin, o, terms)
			for phase := begin; phase < begin+k.together; phase++ {
				for p := range k.inputPhase(phase).Points() {
					point := k.gradient(phase, p)
					weights := k.packed(phase, p)
					for j := left; j < right; j++ {
						b, at, width, valid := weights.Panel(j, o)
						mask := simd.Mask(valid)
						to0 := ((phase-begin)*k.grid*k.grid+p)*pm + at - column
						for i := from; i < to; i++ {
							at, height := k.heights.At(i)
							k.isa.GemmAhead(height, width, terms, &v.Data[point*pv+(at-first)*ld], ld, 1, &b[0], width, &rows[i-from], to0, mask, o > 0, ahead.next(terms))
						}
					}
				}
			}
		}
		k.finish(m.Data, ldm, first, n, begin, column, columns)
	}
	gemm.GiveBackTiles(rows)
	work.GiveBack(v)
	work.GiveBack(m)
}

// gradient returns which of the transformed gradients point p of a phase takes.
func (k *winogradInput) gradient(phase, p int) int {
	if k.together == 1 {
		return p
	}
	return (p/3+2*(phase/2))*5 + p%3 + 2*(phase%2)
}

// transform writes the points of n tiles from tile t on, of phase begin and those computed together with
// it, output channels o and on.
func (k *winogradInput) transform(v []float32, ld, t, n, begin, o, channels int) {
	var px simd.Patch
	phase := k.inputPhase(begin)
	for q := range n {
		image, ty, tx := k.tile(t + q)
		base := &k.dy[image*k.OH*k.OW*k.O+o]
		if k.together == phases {
			pixels(&px, 4, 4, base, k.OH, k.OW, k.O, 2*ty+phase.y, 2*tx+phase.x, 1)
			k.isa.WinogradInput5(channels, &px, &v[q*ld], spaced(n*ld))
		} else {
			pixels(&px, phase.Down(), phase.Across(), base, k.OH, k.OW, k.O, k.size*ty+phase.y, k.size*tx+phase.x, 1)
			k.isa.WinogradInput(phase.Filter, channels, &px, &v[q*ld], spaced(n*ld))
		}
	}
}

// finish transforms the products of n tiles from tile t on to gradients at the pixels of phase begin and
// those computed together with it.
func (k *winogradInput) finish(m []float32, ldm, t, n, begin, column, columns int) {
	var out simd.Outputs
	spare := &m[k.together*k.grid*k.grid*spaced(n*ldm)]
	for q := range n {
		image, ty, tx := k.tile(t + q)
		h, w := 2*k.size*ty, 2*k.size*tx
		base := &k.dx[image*k.H*k.W*k.C+column]
		for phase := begin; phase < begin+k.together; phase++ {
			places(&out, k.size, base, k.H, k.W, k.C, h+phase/2, w+phase%2, 2, spare)
			products := &m[(phase-begin)*k.grid*k.grid*spaced(n*ldm)+q*ldm]
			k.isa.WinogradOutput(k.inputPhase(phase).Filter, columns, products, spaced(n*ldm), &out)
		}
		if begin+k.together < phases {
			continue
		}
		for end := min(h+2*k.size, k.H); h < end; h++ {
			at := (image*k.H+h)*k.W + w
			k.then.apply(k.isa, k.dx, k.C, at, at+min(2*k.size, k.W-w), column, column+columns)
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
	var tap simd.Patch
	for t := lo; t < hi; t++ {
		phase := k.inputPhase(t % phases)
		packed := gemm.NewPacked(k.isa, k.to[t%phases*k.grid*k.grid*size:], k.O, k.C)
		first := t / phases * packChannels
		for o := first; o < min(first+packChannels, k.O); o++ {
			for j := range packed.Panels() {
				dst, at, width, _ := packed.Panel(j, o)
				for i := range phase.Rows * phase.Cols {
					tap[i] = &k.w[o*k.patch()+((phase.row-2*(i/phase.Cols))*k.KW+phase.col-2*(i%phase.Cols))*k.C+at]
				}
				k.isa.WinogradWeight(phase.Filter, width, &tap, &dst[0], size)
			}
		}
	}
}
