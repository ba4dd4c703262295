package kernels

import (
	"math"
	"math/bits"

	"ganlib/device"
)

// tiling is a version of the kernels that tile.cuh is the loop of.
type tiling struct {
	name          string // ends the names of its kernels
	rows, columns int    // of the tile that a block computes
	threads       int
	speed         float64 // share of a multiprocessor's multiply-adds, given enough warps
	fits          func(p contraction) bool
}

// contraction is what such a kernel computes: count products of an m×k and a k×n matrix, some of which may
// have fewer rows.
type contraction struct {
	m, n, k, count int
	a, b, c        bool // operands and result can be moved in four numbers at a time
}

// The tilings of convolutions. A version for some shapes only is one more line, with its rule.
var (
	tiling128x128 = tiling{"128x128", 128, 128, 256, 0.95, contraction.wide}
	tiling128x64  = tiling{"128x64", 128, 64, 128, 0.9, contraction.wide}
	tiling64x64   = tiling{"64x64", 64, 64, 128, 0.75, contraction.wide}
	tilingTall    = tiling{"tall", 256, 4, 64, 0.3, contraction.tall}
	tilingAny     = tiling{"any", 64, 64, 128, 0.45, contraction.any}
)

func (p contraction) wide() bool { return p.a && p.b && p.c }
func (p contraction) tall() bool { return p.a && p.n <= 4 }
func (p contraction) any() bool  { return true }

// The GPU that sums are cut for, whatever the one at hand is, so that results do not depend on it: a large
// one of 2022.
var processors = 132 // tests have fewer

const (
	lanes   = 128  // multiply-adds of a multiprocessor in a clock cycle
	traffic = 16   // bytes that it moves in a cycle
	startup = 3500 // cycles that one more kernel takes
)

const (
	slabDepth  = 16        // of the deepest tile: slices are multiples of it
	sliceDepth = 128       // the shortest sum that is a slice
	mostParts  = 256 << 20 // bytes of all parts of a result
)

// plan returns the tiling that is done first, by estimate, and into how many slices, of what depth, it cuts
// the sum: there are more blocks then, where a result has few tiles. It depends on nothing but the shape.
func (p contraction) plan(tilings []tiling) (best tiling, slices, depth int) {
	least := math.Inf(1)
	for _, t := range tilings {
		if !t.fits(p) {
			continue
		}
		tiles := p.count * blocksFor(p.m, t.rows) * blocksFor(p.n, t.columns)
		last := 0
		for each := range 5 { // blocks a multiprocessor; 0 is no cut
			s := max(min(each*processors/tiles, p.k/sliceDepth, mostParts/(4*p.count*p.m*p.n)), 1)
			if s == last {
				continue
			}
			last = s
			d := blocksFor(blocksFor(p.k, s), slabDepth) * slabDepth
			s = blocksFor(p.k, d)
			if cost := p.cycles(t, tiles*s, s, d); cost < least {
				least, best, slices, depth = cost, t, s, d
			}
		}
	}
	return best, slices, depth
}

// cycles estimates how long a contraction takes in so many blocks.
func (p contraction) cycles(t tiling, blocks, slices, depth int) float64 {
	each := blocksFor(blocks, processors)
	warps := float64(min(each*t.threads/32, 16))
	hidden := warps / (warps + 2) // by the others, of the time that a warp waits
	cycles := float64(each) * float64(t.rows*t.columns/lanes) * float64(depth+2*slabDepth) / (t.speed * hidden)
	if slices > 1 {
		cycles += startup + 8*float64(slices)*float64(p.count*p.m*p.n)/float64(processors*traffic)
	}
	return cycles
}

// finish is what is done with sums when they are complete: result = leaky(sum + bias), with one bias for each
// column modulo their number, or without bias result = sum, or result += sum.
type finish struct {
	bias  *device.Tensor
	slope float64
	add   bool
}

// period returns the number of biases.
func (f finish) period() uint64 {
	if f.bias == nil {
		return 1
	}
	return whole(f.bias.Len())
}

// compute launches the kernel of a contraction, whose name begins as given, and if it cuts the sum another
// that adds up the parts. args returns the arguments.
func (p contraction) compute(program *device.Program, kernel string, tilings []tiling, to *device.Tensor, f finish, args func(parts, slices, depth uint64) []uint64) error {
	dev := cudaOf(to)
	t, slices, depth := p.plan(tilings)
	var parts uint64
	if slices > 1 {
		var err error
		if parts, err = dev.Scratch(4 * slices * to.Len()); err != nil {
			return err
		}
	}
	blocks := p.count * slices * blocksFor(p.m, t.rows) * blocksFor(p.n, t.columns)
	err := dev.Launch(program, kernel+t.name, [3]int{blocks, 1, 1}, [3]int{t.threads, 1, 1}, 0, args(parts, whole(slices), whole(depth))...)
	if err != nil || slices == 1 {
		return err
	}
	return dev.Launch(gemmProgram, "gemm_sum", [3]int{blocksFor(to.Len(), 32), 1, 1}, [3]int{cudaThreads, 1, 1}, 0,
		to.Address(), parts, addressOf(f.bias), single(f.slope), f.period(), flag(f.add), whole(to.Len()), whole(slices))
}

// fours reports whether rows of so many numbers, of which the first begins t, can be moved in four numbers
// at a time.
func fours(t *device.Tensor, row int) bool { return row%4 == 0 && t.Address()%16 == 0 }

// divisor is an argument by which tile.cuh divides numbers below 2³¹: Granlund and Montgomery 1994, "Division
// by invariant integers using multiplication". Nothing is divided by 0, which may be passed all the same.
func divisor(d int) uint64 {
	if d == 0 {
		return 0
	}
	s := bits.Len(uint(d - 1))
	return uint64(s)<<32 | (1<<(31+s)/uint64(d) + 1)
}
