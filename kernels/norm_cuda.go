package kernels

import "ganlib/device"

var normProgram = program("norm")

// normGrid says how a pass over groups × rows × columns is cut into blocks, as norm.cuh describes. It depends
// on the shape alone, and so does the order of all sums.
type normGrid struct {
	sets
	piece         int // columns of a thread
	width, slices int // pieces of a block, and slices of the rows
}

const (
	normWidth  = 16      // columns of a block, 64 bytes side by side, or twice as many where there are enough blocks
	normBlocks = 256     // as many blocks are enough for a GPU; with more the rows need no slices
	normRows   = 8       // rows that a thread of a slice is given at least
	normSlices = 4 << 10 // most slices × columns that every block of a second launch adds up
)

func newNormGrid(s sets) normGrid {
	g := normGrid{s, 1, min(s.columns, 2*normWidth), 1}
	if g.tiles() < normBlocks {
		g.width = min(s.columns, normWidth)
	}
	if tiles := g.tiles(); tiles < normBlocks {
		g.slices = max(1, min(2*normBlocks/tiles, s.rows/(normRows*(cudaThreads/g.width)), normSlices/g.width))
	}
	return g
}

const (
	normWidest = 64 // most columns of a block, WIDEST in norm.cuh
	normLeast  = 8  // and least: 32 bytes side by side
	normKept   = 4  // rows that a thread keeps between its two walks, or more
	normWhole  = 16 // rows of a thread for which a second launch does not pay
)

// newWideGrid is newNormGrid for pieces of several columns. A block has fewer columns where a thread could not
// keep its rows, and where there would be few blocks.
func newWideGrid(s sets, piece int) normGrid {
	g := normGrid{s, piece, min(s.columns, normWidest) / piece, 1}
	narrow := func(to int) bool {
		if g.width*piece < 2*to {
			return false
		}
		g.width = (g.width + 1) / 2
		return true
	}
	for s.rows > normKept*g.down() && narrow(normWidth) {
	}
	for g.tiles() < normBlocks && s.rows > g.down() && narrow(normWidth) {
	}
	if g.tiles() < normBlocks && s.rows > normWhole*g.down() && s.rows <= normWhole*cudaThreads*piece/normLeast {
		narrow(normLeast)
	}
	if tiles := g.tiles(); tiles < normBlocks && s.rows > normWhole*g.down() {
		g.slices = max(1, min(2*normBlocks/tiles, s.rows/(normRows*g.down()), normSlices/2/(g.width*piece)))
	}
	return g
}

// down returns how many rows a block has side by side.
func (g normGrid) down() int { return cudaThreads / g.width }

// wide returns how a pass is cut and its kernel: that for pieces of so many columns, if the tensors are made of
// such pieces.
func (n Norm) wide(kernel string, piece int, x *device.Tensor, tensors ...*device.Tensor) (normGrid, string) {
	s := n.sets(x.Shape())
	fits := s.columns%piece == 0 && fours(x, 4)
	for _, t := range tensors {
		fits = fits && (t == nil || fours(t, 4))
	}
	if !fits {
		return newNormGrid(s), kernel
	}
	return newWideGrid(s, piece), kernel + "_wide"
}

// tiles returns how many blocks there are for each slice.
func (g normGrid) tiles() int { return g.groups * blocksFor(g.columns, g.width*g.piece) }

// The steps of a launch, as in norm.cuh.
const (
	normTakeSums = 1 << iota
	normAddSums
	normWrite
)

// memory returns the addresses of what a pass with so many sums keeps between its launches: the slices'
// partial sums, and, if the last block wants them, two numbers for each set.
func (g normGrid) memory(t *device.Tensor, sums int, keep bool) (partials, kept uint64, err error) {
	n, k := 0, 0
	if g.slices > 1 {
		n = g.tiles() * g.slices * g.width * g.piece * sums
	}
	if keep {
		k = 2 * g.groups * g.columns
	}
	if n+k == 0 {
		return 0, 0, nil
	}
	partials, err = cudaOf(t).Scratch(8 * (n + k))
	if keep {
		kept = partials + 8*uint64(n)
	}
	return partials, kept, err
}

// blocks returns how many blocks there are.
func (g normGrid) blocks() int { return g.tiles() * g.slices }

// pass launches the steps of a pass over t: one launch, or two if sums of several slices are needed, of
// which the last has so many blocks. args are the kernel's own.
func (g normGrid) pass(p *device.Program, name string, t *device.Tensor, sums bool, last int, args ...uint64) error {
	switch {
	case !sums:
		return g.launch(p, name, t, last, append(args, g.words(normWrite)...)...)
	case g.slices == 1:
		return g.launch(p, name, t, last, append(args, g.words(normTakeSums|normWrite)...)...)
	}
	if err := g.launch(p, name, t, g.blocks(), append(args, g.words(normTakeSums)...)...); err != nil {
		return err
	}
	return g.launch(p, name, t, last, append(args, g.words(normAddSums|normWrite)...)...)
}

// words are the last arguments of a pass.
func (g normGrid) words(steps int) []uint64 {
	return []uint64{whole(g.rows), whole(g.columns), whole(g.width), whole(g.slices), whole(steps)}
}

func (g normGrid) launch(p *device.Program, name string, t *device.Tensor, blocks int, args ...uint64) error {
	return cudaOf(t).Launch(p, name, [3]int{blocks, 1, 1}, [3]int{cudaThreads, 1, 1}, 0, args...)
}

func normForwardCUDA(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, run NormRunning, n Norm) error {
	g, kernel := n.wide("norm_forward", 4, x, y)
	partials, _, err := g.memory(x, 2, false)
	if err != nil {
		return err
	}
	return g.pass(normProgram, kernel, x, true, g.blocks(),
		y.Address(), y.Rounding(), mean.Address(), variance.Address(), r.Address(), x.Address(),
		addressOf(gamma), lengthOf(gamma), addressOf(beta), lengthOf(beta), double(eps), n.slope(),
		addressOf(run.Mean), addressOf(run.Variance), addressOf(run.Count), double(run.Momentum), double(run.Scale), partials)
}

func normApplyCUDA(y, x, mean, r, gamma, beta *device.Tensor, n Norm) error {
	g := newNormGrid(n.sets(x.Shape()))
	return g.launch(normProgram, "norm_apply", x, g.blocks(),
		y.Address(), y.Rounding(), x.Address(), mean.Address(), r.Address(),
		addressOf(gamma), lengthOf(gamma), addressOf(beta), lengthOf(beta), n.slope(),
		whole(g.rows), whole(g.columns), whole(g.width), whole(g.slices))
}

func normRootCUDA(r, variance *device.Tensor, eps float64) error {
	return elementwise(normProgram, "norm_root", r, r.Address(), variance.Address(), double(eps), whole(r.Len()))
}

// slope is an argument: that of the leaky ReLU, or 1 for none.
func (n Norm) slope() uint64 {
	if n.Leaky {
		return single(n.Slope)
	}
	return single(1)
}

// lengthOf is an argument: the length of a tensor that may be missing.
func lengthOf(t *device.Tensor) uint64 {
	if t == nil {
		return 0
	}
	return whole(t.Len())
}
