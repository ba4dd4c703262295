package kernels

import "ganlib/device"

var conv2DWinogradProgram = program("conv2d_winograd")

// tilingWinograd is the version of conv2d_winograd.cu. Its speed was never measured, so that no estimate chooses it: it
// is for Tune to find out.
var tilingWinograd = tiling{name: winogradTile, rows: 128, columns: 64, threads: 128, fits: contraction.winogradFits}

// What conv2d_winograd.cu takes.
const (
	winogradTile    = "winograd_128x64"
	winogradPoints  = 9   // products for a tile of 2×2 results
	winogradPhases  = 7   // the most that a sum runs over
	winogradDepth   = 8   // of a slab, which lies in one pixel
	winogradResults = 128 // threads of the kernel that makes results of points
)

// winograd is how a pass of a convolution is computed by Winograd's F(2×2,2×2). The zero value: not at all.
type winograd struct {
	tiles        int  // of 2×2 results, or gradients of results, of all images: as many in each phase of the results
	inner, outer int  // k in a pixel, and in a row of the phases that a sum runs over; for weights those in a row of tiles, and in an image
	weights      bool // the results are the weights' gradient, and tiles are what is summed over
}

// winograd returns how to compute images of h×w results, from phases in rows of so many, with so many numbers in a pixel.
func (g Window) winograd(images, h, w, pixel, rows, columns int) winograd {
	if !g.twice() || rows*columns > winogradPhases || pixel%winogradDepth != 0 {
		return winograd{}
	}
	return winograd{tiles: images * blocksFor(h, 2) * blocksFor(w, 2), inner: pixel, outer: columns * pixel}
}

// winogradWeights returns how to compute the gradient of weights from gradients of images of h×w results, with so many
// numbers in a pixel of what the results were computed from.
func (g Window) winogradWeights(images, h, w, pixel int) winograd {
	if !g.twice() || pixel%4 != 0 {
		return winograd{}
	}
	down, across := blocksFor(h, 2), blocksFor(w, 2)
	return winograd{tiles: images * down * across, inner: across, outer: down * across, weights: true}
}

// twice reports whether each phase of the kernel has two taps in each dimension.
func (g Window) twice() bool { return g.KernelH == 2*g.StrideH && g.KernelW == 2*g.StrideW }

// winogradFits reports whether Winograd's algorithm can compute p, with points that take no more memory than sums in slices may.
func (p contraction) winogradFits() bool {
	if p.tiles == 0 || !p.wide() {
		return false
	}
	q := p.points()
	return q.m <= mostParts/(4*winogradPoints)/(p.count*q.n)
}

// transforms reports whether a version of the kernels is that of Winograd's algorithm.
func (t tiling) transforms() bool { return t.name == winogradTile }

// products returns what a version of the kernels computes by its tiles: p, or the points of Winograd's algorithm.
func (p contraction) products(t tiling) contraction {
	if t.transforms() {
		return p.points()
	}
	return p
}

// points are what Winograd's algorithm computes p from.
func (p contraction) points() contraction {
	if p.weights {
		return contraction{m: p.m, n: p.n / 4, k: p.tiles, count: winogradPoints * p.count}
	}
	return contraction{m: p.tiles, n: p.n, k: p.k / 4, count: winogradPoints * p.count}
}

// launchWinograd computes the points in slices, and results of these. Both kernels take what the pass's others do, and more.
func (p contraction) launchWinograd(dev gpu, c cut, kernel string, args func(way cut, parts uint64) []uint64) error {
	q := p.products(c.tiling)
	parts, err := dev.Scratch(4 * c.slices * q.count * q.m * q.n)
	if err != nil {
		return err
	}
	a := append(args(c, parts), whole(p.tiles), divisor(p.inner), divisor(p.outer))
	blocks := q.count * c.slices * blocksFor(q.m, c.rows) * blocksFor(q.n, c.columns)
	if err := dev.Launch(conv2DWinogradProgram, kernel+c.name, [3]int{blocks, 1, 1}, [3]int{c.threads, 1, 1}, 0, a...); err != nil {
		return err
	}
	return dev.Launch(conv2DWinogradProgram, kernel+"winograd_results", [3]int{blocksFor(q.m*q.n/4, winogradResults), p.count, 1}, [3]int{winogradResults, 1, 1}, 0, a...)
}

// winogradCost is that of the points: the operations that are done, not those of the convolution.
func (l launched) winogradCost(numbers, slices, phases, rows, columns, k int) device.Cost {
	return l.productCost(numbers, 0, winogradPoints*phases*rows*columns, slices, false, winogradPoints*phases, rows, columns, k)
}

// winogradResultsCost is that of making results, so many numbers, of points.
func winogradResultsCost(numbers, slices, phases, rows, columns int) device.Cost {
	points := int64(winogradPoints) * int64(slices) * int64(phases) * int64(rows) * int64(columns)
	return device.Cost{Bytes: 4 * (points + int64(numbers)), Flops: points + 3*int64(numbers)}
}
