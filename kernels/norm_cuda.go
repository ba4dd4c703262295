package kernels

import "ganlib/device"

var normProgram = program("norm")

// normGrid says how a pass over groups × rows × columns is cut into blocks, as norm.cuh describes. It depends
// on the shape alone, and so does the order of all sums.
type normGrid struct {
	sets
	width, slices int // columns of a block, and slices of the rows
}

const (
	normWidth  = 16      // columns of a block, 64 bytes side by side, or twice as many where there are enough blocks
	normBlocks = 256     // as many blocks are enough for a GPU; with more the rows need no slices
	normRows   = 8       // rows that a thread of a slice is given at least
	normSlices = 4 << 10 // most slices × columns that every block of a second launch adds up
)

func newNormGrid(s sets) normGrid {
	g := normGrid{s, min(s.columns, 2*normWidth), 1}
	if g.tiles() < normBlocks {
		g.width = min(s.columns, normWidth)
	}
	if tiles := g.tiles(); tiles < normBlocks {
		g.slices = max(1, min(2*normBlocks/tiles, s.rows/(normRows*(cudaThreads/g.width)), normSlices/g.width))
	}
	return g
}

// tiles returns how many blocks there are for each slice.
func (g normGrid) tiles() int { return g.groups * blocksFor(g.columns, g.width) }

// The steps of a launch, as in norm.cuh.
const (
	normTakeSums = 1 << iota
	normAddSums
	normWrite
)

// memory returns the addresses of what a pass with so many sums keeps between its launches: the slices'
// partial sums, and, if a later launch wants them, two numbers for each set.
func (g normGrid) memory(t *device.Tensor, sums int, keep bool) (partials, kept uint64, err error) {
	n, k := 0, 0
	if g.slices > 1 {
		n = g.tiles() * g.slices * g.width * sums
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
	g := newNormGrid(n.sets(x.Shape()))
	partials, _, err := g.memory(x, 2, false)
	if err != nil {
		return err
	}
	return g.pass(normProgram, "norm_forward", x, true, g.blocks(),
		y.Address(), mean.Address(), variance.Address(), r.Address(), x.Address(),
		addressOf(gamma), lengthOf(gamma), addressOf(beta), lengthOf(beta), double(eps), n.slope(),
		addressOf(run.Mean), addressOf(run.Variance), addressOf(run.Count), double(run.Momentum), double(run.Scale), partials)
}

func normApplyCUDA(y, x, mean, r, gamma, beta *device.Tensor, n Norm) error {
	g := newNormGrid(n.sets(x.Shape()))
	return g.launch(normProgram, "norm_apply", x, g.blocks(),
		y.Address(), x.Address(), mean.Address(), r.Address(),
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
