package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// winogradForward is the pass towards the output. Its tasks take a group of tiles and a block of output
// channels: they transform the tiles' pixels, a few phases at a time, multiply, and transform the
// products back.
type winogradForward struct {
	winograd
	x, y    []float32
	weights []float32 // packed (4·C,O) matrices, one a point: the rows of a phase are those of its own point
	heights gemm.Heights
	groups  int
	blocks  int // blocks of column panels
	pass    int // phases in one pass over the weights
	pieces  int // pieces of the channels, if one phase is too deep
	piece   int // channels in one
	then    Epilogue
}

// forwardColumns is the most columns in a block of the pass towards the output.
const forwardColumns = 256

func (e Engine) winogradForward(g Geometry, y, x []float32, w gemm.Weights, then Epilogue) {
	k := winogradForward{winograd: newWinograd(g, e.ISA, tileSize(g)), x: x, y: y, then: then}
	weights, fill := w.Prepare(gemm.ForOutput, k.weightsLen())
	k.weights = weights.Data
	panels := gemm.NewPacked(e.ISA, nil, phases*g.C, g.O).Panels()
	if fill {
		work.Run(e.Pool, panels*phases, 1, packForward{k.winograd, w.Data, k.weights})
		weights.Filled()
	}
	k.pieces, k.piece = cutChannels(g.C)
	k.pass = 1
	if g.KH == 4 { // all phases have the same points
		for 2*k.pass*g.C <= tileDepth && k.pass < phases {
			k.pass *= 2
		}
	}
	k.heights = gemm.CutRows(k.tiles, e.ISA.Rows())
	k.blocks = (g.O + forwardColumns - 1) / forwardColumns
	perTile := k.grid * k.grid * (k.pass*k.piece + min(g.O, forwardColumns) + 2*rowPadding)
	k.groups = cutTiles(k.heights.Panels, e.ISA.Rows(), perTile, phases*k.grid*k.grid*g.C*g.O, k.blocks, e.Pool.Threads())
	work.Run(e.Pool, k.groups*k.blocks, 1, k)
	weights.Done()
}

// weightsLen is the room for the packed weights. There is as much for every phase, though those of two taps
// may have fewer points.
func (g *winograd) weightsLen() int {
	return g.grid * g.grid * spaced(gemm.PackedLen(g.isa, phases*g.C, g.O))
}

// packed returns the weights of point p of every phase.
func (k *winogradForward) packed(p int) gemm.Packed {
	size := spaced(gemm.PackedLen(k.isa, phases*k.C, k.O))
	return gemm.NewPacked(k.isa, k.weights[p*size:(p+1)*size], phases*k.C, k.O)
}

// Run computes tasks lo to hi.
func (k *winogradForward) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		group, block := i/k.blocks, i%k.blocks
		panels := gemm.NewPacked(k.isa, nil, phases*k.C, k.O).Panels()
		k.group(group*k.heights.Panels/k.groups, (group+1)*k.heights.Panels/k.groups,
			block*panels/k.blocks, (block+1)*panels/k.blocks, block == k.blocks-1)
	}
}

// group computes the tiles of row panels from to to, column panels left to right. last says that no
// other task takes the same tiles after this one.
func (k *winogradForward) group(from, to, left, right int, last bool) {
	first, _ := k.heights.At(from)
	end, _ := k.heights.At(to)
	n := end - first
	column := left * k.isa.Panel()
	columns := min(right*k.isa.Panel(), k.O) - column
	ld, ldm := k.pass*k.piece+rowPadding, columns+rowPadding
	pv, pm := spaced(n*ld), spaced(n*ldm)
	v, m := work.Borrow[float32](k.grid*k.grid*pv), work.Borrow[float32](k.grid*k.grid*pm+columns)
	rows := gemm.BorrowTiles()
	for i := from; i < to; i++ {
		at, height := k.heights.At(i)
		for r := range height {
			rows[i-from][r] = &m.Data[(at-first+r)*ldm]
		}
	}
	var ahead fetch
	calls := phases / k.pass * k.fewestPoints() * (right - left) * (to - from) * k.pieces
	k.inner(k.y, k.O, first, end).over(&ahead.first, column, columns, calls/2)
	if last {
		k.outer(k.x, k.C, end, end+n).over(&ahead.second, 0, k.piece, calls/2)
	}
	for phase := 0; phase < phases; phase += k.pass { // the first has all points
		filter := k.filter(phase)
		for c := 0; c < k.C; c += k.piece {
			channels := min(k.piece, k.C-c)
			k.transform(v.Data, ld, first, n, phase, c, channels)
			l, terms := phase*k.C+c, k.pass*channels
			for p := range filter.Points() {
				point := k.point(filter, p)
				weights := k.packed(p)
				for j := left; j < right; j++ {
					b, at, width, valid := weights.Panel(j, l)
					mask := simd.Mask(valid)
					to0 := point*pm + at - column
					for i := from; i < to; i++ {
						at, height := k.heights.At(i)
						k.isa.GemmAhead(height, width, terms, &v.Data[p*pv+(at-first)*ld], ld, 1, &b[0], width, &rows[i-from], to0, mask, l > 0, ahead.next(terms))
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

// transform writes the points of n tiles from tile t on, for the phases of a pass, channels c and on.
func (k *winogradForward) transform(v []float32, ld, t, n, phase, c, channels int) {
	var px simd.Patch
	filter := k.filter(phase)
	for q := range n {
		image, ty, tx := k.tile(t + q)
		base := &k.x[image*k.H*k.W*k.C+c]
		for i := range k.pass {
			r, s := (phase+i)/2, (phase+i)%2
			pixels(&px, filter.Down(), filter.Across(), base, k.H, k.W, k.C, 2*k.size*ty+r-k.Top, 2*k.size*tx+s-k.Left, 2)
			k.isa.WinogradInput(filter, channels, &px, &v[q*ld+i*channels], spaced(n*ld))
		}
	}
}

// finish transforms the products of n tiles from tile t on to outputs.
func (k *winogradForward) finish(m []float32, ldm, t, n, column, columns int) {
	var out simd.Outputs
	spare := &m[k.grid*k.grid*spaced(n*ldm)]
	for q := range n {
		image, ty, tx := k.tile(t + q)
		base := image * k.OH * k.OW
		i, j := k.size*ty, k.size*tx
		places(&out, k.size, &k.y[base*k.O+column], k.OH, k.OW, k.O, i, j, 1, spare)
		k.isa.WinogradOutput(k.filter(0), columns, &m[q*ldm], spaced(n*ldm), &out)
		for end := min(i+k.size, k.OH); i < end; i++ {
			at := base + i*k.OW + j
			k.then.apply(k.isa, k.y, k.O, at, at+min(k.size, k.OW-j), column, column+columns)
		}
	}
}

// packForward transforms the weights; a task is a panel of outputs and a phase.
type packForward struct {
	winograd
	w, to []float32
}

// Run packs tasks lo to hi.
func (k *packForward) Run(lo, hi int) {
	size := spaced(gemm.PackedLen(k.isa, phases*k.C, k.O))
	packed := gemm.NewPacked(k.isa, k.to, phases*k.C, k.O)
	turned := work.Borrow[float32](9 * k.C * k.isa.Panel())
	for t := lo; t < hi; t++ {
		phase := t % phases
		filter, r, s := k.filter(phase), phase/2, phase%2
		dst, first, width, valid := packed.Panel(t/phases, phase*k.C)
		var tap simd.Patch
		for i := range filter.Rows * filter.Cols {
			// valid is width: the channels are a multiple of 16.
			to := turned.Data[i*k.C*width : (i+1)*k.C*width]
			k.isa.Transpose(valid, k.C, k.w[first*k.patch()+((2*(i/filter.Cols)+r)*k.KW+2*(i%filter.Cols)+s)*k.C:], k.patch(), to, width)
			tap[i] = &to[0]
		}
		k.isa.WinogradWeight(filter, k.C*width, &tap, &dst[0], size)
	}
	work.GiveBack(turned)
}
