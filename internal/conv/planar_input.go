package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// planarInput is the pass towards images of few channels. The lanes of its vectors are neighbouring pixels
// of a phase, so that none are empty however few channels there are: lines of gradients are turned into
// planes, one an output channel, and the rows of a product are the image's channels. It sums over the
// channels of all outputs in reach, whose planes lie one behind the other, a part for each tap across. A
// task is a few images.
type planarInput struct {
	Geometry
	isa     simd.ISA
	dx, dy  []float32
	then    Epilogue
	reaches *reaches
	weights []float32 // for each phase, tap across, tap down and output a weight for each channel
	above   int       // lines of gradients before its own that a line of pixels sees
	left    int       // zeros before the gradients in a plane's line
	line    int       // length of such a line, with what vectors read beyond its gradients
	lines   int       // lines of gradients that are turned at a time
	pixels  int       // room for a line of the pixels of one phase and channel
}

// planarColumns is how many pixels of a phase are in a line.
func planarColumns(g Geometry) int { return ceilDiv(g.W, g.SW) }

// planarFits reports whether the pass takes less time than [narrowInput]. Both are counted in the lanes of
// their products, for an output and a line of the kernel: here, vectors reach beyond the line, and a product
// waits if it has fewer vectors of sums than multiply-adds are under way; there, they reach beyond the taps
// of a line, and sums are read and written once more for each line of the kernel.
func (e Engine) planarFits(g Geometry) bool {
	isa, columns := e.forPlanar(g).ISA, planarColumns(g)
	lanes := gemm.PackedLen(isa, 1, columns)
	const underWay, adding = 5, 6
	sums := min(lanes/isa.Lanes(), 2) * g.C
	planar := float64(g.KW*g.C*g.O*lanes) / float64(columns) * max(underWay/float64(sums), 1)
	return planar <= float64((g.O+adding)*gemm.PackedLen(e.forNarrowInput(g).ISA, 1, g.KW*g.C))
}

// reaches are the taps that each phase of pixels is under, down and across.
type reaches struct{ down, across []reach }

// reach is what [taps] returns, and how many taps the phases before have.
type reach struct{ last, count, before, sum int }

func fillReaches(r []reach, kernel, stride, padding, size int) []reach {
	sum := 0
	for p := range min(stride, size) {
		last, count, before := taps(kernel, stride, padding, p)
		r = append(r, reach{last, count, before, sum})
		sum += count
	}
	return r
}

// planarBudget is about how many turned gradients there are at a time: they stay in the second-level cache.
const planarBudget = 64 << 10

func (e Engine) planarInput(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue) {
	weights, fill := w.Prepare(gemm.ForInput, g.O*g.patch())
	k := planarInput{Geometry: g, isa: e.ISA, dx: dx, dy: dy, then: then, weights: weights.Data}
	k.reaches = work.Free[reaches]().Get()
	k.plan()
	if fill {
		k.pack(w.Data)
		weights.Filled()
	}
	images := max(min(4, g.N/(4*e.Pool.Threads())), 1) // of a task, which clears the room for planes
	work.Run(e.Pool, g.N, images, k)
	weights.Done()
	work.Free[reaches]().Keep(k.reaches)
}

// plan sets what follows from the geometry.
func (k *planarInput) plan() {
	r := k.reaches
	r.down = fillReaches(r.down[:0], k.KH, k.SH, k.Top, k.H)
	r.across = fillReaches(r.across[:0], k.KW, k.SW, k.Left, k.W)
	for _, t := range r.down {
		k.above = max(k.above, t.before)
	}
	beyond := 0
	for _, t := range r.across {
		k.left = max(k.left, t.before)
		beyond = max(beyond, t.count-1-t.before)
	}
	k.pixels = ceilDiv(ceilDiv(k.W, k.SW), k.isa.Panel()) * k.isa.Panel()
	k.line = k.left + max(k.pixels+beyond, k.OW)
	k.lines = min(max(planarBudget/(k.O*k.line), 2*ceilDiv(k.KH, k.SH)), k.OH)
}

// pack orders the weights.
func (k *planarInput) pack(w []float32) {
	to := k.weights
	for _, a := range k.reaches.down {
		for _, b := range k.reaches.across {
			for tb := range b.count {
				for ta := range a.count {
					for o := range k.O {
						copy(to[:k.C], w[((o*k.KH+a.last-ta*k.SH)*k.KW+b.last-tb*k.SW)*k.C:])
						to = to[k.C:]
					}
				}
			}
		}
	}
}

// Run computes images lo to hi.
func (k *planarInput) Run(lo, hi int) {
	planes := work.Borrow[float32](k.lines*k.O*k.line + k.isa.Panel())
	clear(planes.Data)
	rows := ceilDiv(len(k.reaches.across)*k.C, k.isa.Lanes()) * k.isa.Lanes()
	pixels := work.Borrow[float32](rows * k.pixels)
	turned := work.Borrow[float32](rows * k.pixels)
	tile := work.Free[simd.Tile]().Get()
	for n := lo; n < hi; n++ {
		first, end := 0, 0 // the lines that are turned
		for i := 0; i*k.SH < k.H; i++ {
			for py, down := range k.reaches.down[:min(k.SH, k.H-i*k.SH)] {
				from := i - down.before
				skip := max(-from, 0)
				to := min(from+down.count, k.OH)
				if to > end {
					first = max(i-k.above, 0)
					end = min(first+k.lines, k.OH)
					k.turn(planes.Data, n, first, end)
				}
				if terms := (to - from - skip) * k.O; terms > 0 {
					k.multiply(pixels.Data, planes.Data[(from+skip-first)*k.O*k.line:], tile, down, skip, terms)
				} else {
					clear(pixels.Data)
				}
				k.interleave(pixels.Data, turned.Data, n, i*k.SH+py)
			}
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(turned)
	work.GiveBack(pixels)
	work.GiveBack(planes)
}

// turn writes the planes of lines first to end of the gradients of image n.
func (k *planarInput) turn(planes []float32, n, first, end int) {
	for i := first; i < end; i++ {
		turn(k.isa, k.OW, k.O, k.dy[(n*k.OH+i)*k.OW*k.O:], k.O, planes[(i-first)*k.O*k.line+k.left:], k.line)
	}
}

// turn is Transpose in blocks of 8×8 where those of 16×16 leave much.
func turn(isa simd.ISA, rows, columns int, src []float32, ss int, dst []float32, ds int) {
	if isa == simd.AVX512 && (rows%16 != 0 || columns%16 != 0) {
		isa = simd.AVX2
	}
	isa.Transpose(rows, columns, src, ss, dst, ds)
}

// multiply computes a line of an image, a row for each phase and channel, from the terms that lie in the
// gradients, whose planes are given; the first taps down are skipped.
func (k *planarInput) multiply(pixels, planes []float32, tile *simd.Tile, down reach, skip, terms int) {
	size := down.count * k.O * k.C // of the weights of a tap across
	for px, across := range k.reaches.across {
		rows := pixels[px*k.C*k.pixels : (px+1)*k.C*k.pixels]
		if across.count == 0 {
			clear(rows)
			continue
		}
		weights := k.weights[(down.sum*k.KW+down.count*across.sum+skip)*k.O*k.C:]
		columns := ceilDiv(k.W-px, k.SW)
		for j := 0; j < columns; j += k.isa.Panel() {
			width := k.isa.Panel()
			if columns-j <= k.isa.Lanes() {
				width = k.isa.Lanes()
			}
			heights := gemm.CutRows(k.C, k.isa.PartsRows(width))
			for i := range heights.Panels {
				c, height := heights.At(i)
				for r := range height {
					tile[r] = &rows[(c+r)*k.pixels+j]
				}
				k.isa.GemmParts(across.count, size, 1, true, height, width, terms, &weights[c], 1, k.C, &planes[k.left-across.before+j], k.line, tile, 0, simd.Mask(width), false)
			}
		}
	}
}

// interleave writes line h of image n, whose phases and channels are rows.
func (k *planarInput) interleave(pixels, turned []float32, n, h int) {
	rows, columns := len(k.reaches.across)*k.C, ceilDiv(k.W, k.SW)
	at := (n*k.H + h) * k.W
	line := k.dx[at*k.C:][:k.W*k.C]
	isa := k.isa
	if isa == simd.AVX512 && rows <= 8 {
		isa = simd.AVX2
	}
	ld := ceilDiv(rows, isa.Lanes()) * isa.Lanes()
	if rows == ld && columns*rows == len(line) {
		isa.Transpose(rows, columns, pixels, k.pixels, line, rows)
	} else {
		isa.Transpose(ld, columns, pixels, k.pixels, turned, ld)
		whole := k.W / k.SW
		if rows <= isa.Lanes() {
			isa.PackColumns(whole, turned, ld, line, rows)
		} else {
			for j := range whole {
				copy(line[j*rows:][:rows], turned[j*ld:])
			}
		}
		copy(line[whole*rows:], turned[whole*ld:])
	}
	k.then.apply(k.isa, k.dx, k.C, at, at+k.W, 0, k.C)
}
