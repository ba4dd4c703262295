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
	speed         float64 // given enough warps; 1 is all multiply-adds in float32 of a multiprocessor; 0 is not known
	fits          func(p contraction) bool
	precision     device.Precision
	resident      int  // blocks that fit on a multiprocessor, so that one more has it to itself; 0 is as many as there are
	stages        int  // slabs of both operands in dynamic shared memory
	rounded       bool // operands are read as they were rounded when they were written
}

// contraction is what such a kernel computes: count products of an m×k and a k×n matrix, some of which may
// have fewer rows.
type contraction struct {
	m, n, k, count int
	a, b, c        bool // operands and result can be moved in four numbers at a time
	slabs          bool // each slab of k lies in one tap of a kernel of few enough taps, or there are no taps
	rounded        bool // operands have rounded numbers that can be moved in 16 bytes at a time, and slabs of those are the same
	winograd
}

// The tilings of convolutions. A version for some shapes only is one more line, with its rule.
var (
	tiling128x128 = tiling{"128x128", 128, 128, 256, 0.95, contraction.wide, device.Float32, 0, 0, false}
	tiling128x64  = tiling{"128x64", 128, 64, 128, 0.9, contraction.wide, device.Float32, 0, 0, false}
	tiling64x64   = tiling{"64x64", 64, 64, 128, 0.75, contraction.wide, device.Float32, 0, 0, false}
	tilingTall    = tiling{"tall", 256, 4, 64, 0.3, contraction.tall, device.Float32, 0, 0, false}
	tilingAny     = tiling{"any", 64, 64, 128, 0.45, contraction.any, device.Float32, 0, 0, false}
)

// The tilings of tensor.cuh. Their speeds are those that choose best on an H100, of what was measured there.
var tensorTilings = []tiling{
	{"tf32_128x128", 128, 128, 128, 4, contraction.tensor, device.TF32, 2, 2, false},
	{"tf32_128x64", 128, 64, 128, 3.5, contraction.tensor, device.TF32, 3, 2, false},
	{"tf32_64x64", 64, 64, 128, 2.5, contraction.tensor, device.TF32, 4, 2, false},
	{"bf16_128x128", 128, 128, 128, 4, contraction.tensor, device.BFloat16, 2, 2, false},
	{"bf16_128x64", 128, 64, 128, 3.5, contraction.tensor, device.BFloat16, 2, 2, false},
	{"bf16_64x64", 64, 64, 128, 2.5, contraction.tensor, device.BFloat16, 4, 2, false},
}

// What tensor.cuh takes: taps that have a bit each. leastTensor is the least height and width of a result that it is
// given: most of a tile would be left out of less.
const (
	tensorTaps  = 32
	leastTensor = 32
)

func (p contraction) tensor() bool { return p.wide() && p.slabs && min(p.m, p.n) >= leastTensor }

// slab is the depth of which slices are multiples.
func (t tiling) slab() int {
	if t.rounded {
		return depthOf(t.precision)
	}
	return slabDepth
}

// shared is the dynamic shared memory of a block, in bytes: of slabs with 128 of each row.
func (t tiling) shared() int {
	slabs := t.stages * 128 * (t.rows + t.columns)
	if t.wgmma() {
		slabs += 1024 // they begin at a multiple of that
	}
	return slabs
}

// program returns the one that has its kernels.
func (t tiling) program(of *precise) *device.Program {
	switch {
	case t.wgmma():
		return of[wgmmaBFloat16]
	case t.rounded && t.precision == device.BFloat16:
		return of[roundedBFloat16]
	case t.rounded:
		return of[roundedTF32]
	}
	return of[t.precision]
}

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
	slabDepth  = 32        // of the deepest tile on operands in float32
	sliceDepth = 128       // the shortest sum that is a slice
	mostParts  = 256 << 20 // bytes of all parts of a result
)

// cut is how a contraction is computed: by tiles of a version of its kernels, and with its sum in slices of a depth.
type cut struct {
	tiling
	slices, depth int
}

// inSlices cuts the sum into so many slices, or the fewest of their depth.
func (p contraction) inSlices(t tiling, slices int) cut {
	depth := blocksFor(blocksFor(p.k, slices), t.slab()) * t.slab()
	return cut{t, blocksFor(p.k, depth), depth}
}

// cuts are the ways to compute a contraction: there are more blocks, where a result has few tiles, if its sum is cut.
// Tilings in float32 are good for all precisions, but for Winograd's: tensor cores are faster.
func (p contraction) cuts(tilings []tiling, in device.Precision, each func(c cut)) {
	for _, t := range tilings {
		if !t.fits(p) || (t.precision != device.Float32 || t.transforms()) && t.precision != in {
			continue
		}
		p := p.products(t)
		tiles := p.count * blocksFor(p.m, t.rows) * blocksFor(p.n, t.columns)
		last := 0
		for blocks := range 5 { // a multiprocessor; 0 is no cut
			s := max(min(blocks*processors/tiles, p.k/sliceDepth, mostParts/(4*p.count*p.m*p.n)), 1)
			if s != last {
				each(p.inSlices(t, s))
			}
			last = s
		}
	}
}

// plan returns the cut that is done first, by estimate. It depends on nothing but shape and precision. Tilings without a
// speed are left out.
func (p contraction) plan(tilings []tiling, in device.Precision) (best cut) {
	least := math.Inf(1)
	p.cuts(tilings, in, func(c cut) {
		if c.speed == 0 {
			return
		}
		p := p.products(c.tiling)
		tiles := p.count * blocksFor(p.m, c.rows) * blocksFor(p.n, c.columns)
		if cost := p.cycles(c.tiling, tiles*c.slices, c.slices, c.depth); cost < least {
			least, best = cost, c
		}
	})
	return best
}

// cycles estimates how long a contraction takes in so many blocks. A block could compute a slab in the time that it takes
// to begin and end.
func (p contraction) cycles(t tiling, blocks, slices, depth int) float64 {
	each := blocksFor(blocks, processors)
	one := float64(t.rows*t.columns/lanes) * float64(depth+t.slab()) / t.speed
	at := func(blocks int) float64 { // that are there at a time
		warps := float64(min(blocks*t.threads/32, 16))
		hidden := warps / (warps + 2) // by the others, of the time that a warp waits
		return float64(blocks) * one / hidden
	}
	cycles := 0.0
	if t.resident > 0 && each > t.resident {
		cycles = float64(each/t.resident) * at(t.resident)
		each %= t.resident
	}
	if each > 0 {
		cycles += at(each)
	}
	if slices > 1 || t.transforms() {
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

// precise are an operation's programs in each precision, and those whose operands are rounded already.
type precise [wgmmaBFloat16 + 1]*device.Program

const (
	roundedTF32 = device.BFloat16 + 1 + iota
	roundedBFloat16
	wgmmaBFloat16
)

// compute launches the kernel of a contraction, as a [Product] calls it, whose entries begin as given, and if it
// cuts the sum another that adds up the parts. args returns the arguments.
func (p contraction) compute(programs *precise, name, kernel string, tilings []tiling, to *device.Tensor, f finish, args func(way cut, parts uint64) []uint64) error {
	dev := cudaOf(to)
	product, t := p.product(name, dev.precision()), dev.tuning()
	if dev.plan != nil {
		planOf(dev.plan).products[product] = true
	}
	if t != nil {
		if c, ok := t.cut(product); ok && c.runsOn(dev) {
			return p.launch(dev, c, programs, kernel, to, f, args)
		}
	}
	c := p.plan(tilings, dev.precision())
	if t != nil {
		if l := t.learns(dev); l != nil {
			var err error
			if c, err = t.learn(l, product, c, to, f, func(c cut) error { return p.launch(dev, c, programs, kernel, to, f, args) }); err != nil {
				return err
			}
		}
	}
	return p.launch(dev, c, programs, kernel, to, f, args)
}

// launch is compute in one of the ways.
func (p contraction) launch(dev gpu, c cut, programs *precise, kernel string, to *device.Tensor, f finish, args func(way cut, parts uint64) []uint64) error {
	if c.transforms() {
		return p.launchWinograd(dev, c, kernel, args)
	}
	var parts uint64
	if c.slices > 1 {
		var err error
		if parts, err = dev.Scratch(4 * c.slices * to.Len()); err != nil {
			return err
		}
	}
	blocks := p.count * c.slices * blocksFor(p.m, c.rows) * blocksFor(p.n, c.columns)
	all := args(c, parts)
	together := programs == gemmPrograms && c.together(to)
	if programs == gemmPrograms {
		var tickets uint64
		if together {
			var err error
			if tickets, err = dev.Tickets(blocks / c.slices); err != nil {
				return err
			}
		}
		all = append(all, tickets)
	}
	err := dev.Launch(c.program(programs), kernel+c.name, [3]int{blocks, 1, 1}, [3]int{c.threads, 1, 1}, c.shared(), all...)
	if err != nil || c.slices == 1 || together {
		return err
	}
	n := to.Len()
	sum, each := "gemm_sum", 1
	if p.c {
		sum, each = "gemm_sum4", 4
	}
	ways := sumWays(n/each, c.slices, each)
	return dev.Launch(gemmPrograms[device.Float32], sum, [3]int{blocksFor(n, each*cudaThreads/ways), 1, 1}, [3]int{cudaThreads, 1, 1}, 0,
		to.Address(), to.Rounding(), parts, addressOf(f.bias), single(f.slope), f.period(), flag(f.add), whole(n), whole(c.slices), whole(ways))
}

// mostTogether are the bytes of a tile's parts that its last block adds up in the time that another launch would take to
// begin: one multiprocessor reads them, from the cache.
const mostTogether = 128 << 10

// together reports whether the last block of each tile adds up the slices. It rounds no operand.
func (c cut) together(to *device.Tensor) bool {
	return c.slices > 1 && 4*c.slices*c.rows*c.columns <= mostTogether && to.Rounding() == 0
}

// sumWays returns how many threads share the slices of a number, or of each of them: a power of two, which
// leaves 128 bytes that are read in one piece.
func sumWays(threads, slices, each int) int {
	ways := 1
	for 2*ways <= min(slices, cudaThreads*each/32) && ways*threads < cudaFew {
		ways *= 2
	}
	return ways
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
