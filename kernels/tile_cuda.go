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
	tiling128x128 = tiling{name: "128x128", rows: 128, columns: 128, threads: 256, speed: 0.95, fits: contraction.wide}
	tiling128x64  = tiling{name: "128x64", rows: 128, columns: 64, threads: 128, speed: 0.9, fits: contraction.wide}
	tiling64x64   = tiling{name: "64x64", rows: 64, columns: 64, threads: 128, speed: 0.75, fits: contraction.wide}
	tilingTall    = tiling{name: "tall", rows: 256, columns: 4, threads: 64, speed: 0.3, fits: contraction.tall}
	tilingAny     = tiling{name: "any", rows: 64, columns: 64, threads: 128, speed: 0.45, fits: contraction.any}
)

// The tilings of tensor.cuh. Their speeds are those that choose best on an H100, of what was measured there.
var tensorTilings = []tiling{
	{name: "tf32_128x128", rows: 128, columns: 128, threads: 128, speed: 4, fits: contraction.tensor, precision: device.TF32, resident: 2, stages: 2},
	{name: "tf32_128x64", rows: 128, columns: 64, threads: 128, speed: 3.5, fits: contraction.tensor, precision: device.TF32, resident: 3, stages: 2},
	{name: "tf32_64x64", rows: 64, columns: 64, threads: 128, speed: 2.5, fits: contraction.tensor, precision: device.TF32, resident: 4, stages: 2},
	{name: "bf16_128x128", rows: 128, columns: 128, threads: 128, speed: 4, fits: contraction.tensor, precision: device.BFloat16, resident: 2, stages: 2},
	{name: "bf16_128x64", rows: 128, columns: 64, threads: 128, speed: 3.5, fits: contraction.tensor, precision: device.BFloat16, resident: 2, stages: 2},
	{name: "bf16_64x64", rows: 64, columns: 64, threads: 128, speed: 2.5, fits: contraction.tensor, precision: device.BFloat16, resident: 4, stages: 2},
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
	case t.wgmma() && t.precision == device.BFloat16:
		return of[wgmmaBFloat16]
	case t.wgmma():
		return of[wgmmaTF32]
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
