package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// groups is a choice of neighbouring pixels, so many of each period. Together their channels fill a
// vector, where those of one pixel would leave most of it empty.
type groups struct{ pixels, period int }

// groupsOf returns the groups that take the fewest multiplications.
func groupsOf(isa simd.ISA, g Geometry) groups {
	best, least := groups{1, g.SW}, groups{1, g.SW}.cost(isa, g)
	for pixels := g.SW; pixels*g.C <= isa.Panel(); pixels += g.SW {
		s := groups{pixels, pixels}
		if cost := s.cost(isa, g); cost < least {
			best, least = s, cost
		}
	}
	return best
}

// outputs returns which outputs the group that begins at pixel p lies under.
func (s groups) outputs(g Geometry, p int) (from, to int) {
	return -floorDiv(g.KW-1-p-g.Left, g.SW), floorDiv(p+s.pixels-1+g.Left, g.SW) + 1
}

// cost returns how many lanes the products of a pixel take, up to a factor.
func (s groups) cost(isa simd.ISA, g Geometry) float64 {
	terms := 0
	for p := 0; p < s.period; p += s.pixels {
		from, to := s.outputs(g, p)
		terms += to - from
	}
	return float64(terms*gemm.PackedLen(isa, 1, s.pixels*g.C)) / float64(s.period)
}

// groupedInput is the pass towards images of few channels for few outputs. A group of pixels is a row of
// a product, which sums over the outputs that any of them lies under, and over the lines of the kernel;
// weights are zero where a pixel does not lie under an output. Gradients are copied with zeros around
// them. A task is an image.
type groupedInput struct {
	Geometry
	groups
	isa     simd.ISA
	dx, dy  []float32
	then    Epilogue
	weights []float32 // for each line of an image up to the stride, and each group of a period, a packed matrix
	size    int       // of such a matrix

	above, left int  // zeros before the gradients, in lines and outputs
	lines, line int  // how many lines there are with zeros, and their length
	down        bool // the rows of a product are lines, as a line has few groups
}

// groupedFits reports whether the pass is the fastest: with more outputs, [narrowInput], which takes
// fewer multiplications, adds less often.
func groupedFits(g Geometry) bool { return narrow(g) && g.O <= 16 }

func newGrouped(isa simd.ISA, g Geometry, dx, dy []float32) groupedInput {
	k := groupedInput{Geometry: g, groups: groupsOf(isa, g), isa: isa, dx: dx, dy: dy, lines: g.OH}
	most, end := 0, g.OW
	for p := 0; p < min(k.period, g.W); p += k.pixels {
		from, to := k.outputs(g, p)
		most = max(most, to-from)
		k.left = max(k.left, -from)
		end = max(end, (ceilDiv(g.W-p, k.period)-1)*(k.period/g.SW)+to)
	}
	for h := range min(g.SH, g.H) {
		_, count, before := taps(g.KH, g.SH, g.Top, h)
		k.above = max(k.above, before)
		k.lines = max(k.lines, ceilDiv(g.H-h, g.SH)-1-before+count)
	}
	k.line = (k.left + end) * g.O
	k.lines += k.above
	k.size = gemm.PackedLen(isa, ceilDiv(g.KH, g.SH)*most*g.O, k.pixels*g.C)
	groups, lines := ceilDiv(g.W, k.period), ceilDiv(g.H, g.SH)
	k.down = groups < 8 && groups < lines
	return k
}

// matrices is how many matrices of weights there are.
func (k *groupedInput) matrices() int { return k.SH * (k.period / k.pixels) }

func (e Engine) groupedInput(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue) {
	k := newGrouped(e.ISA, g, dx, dy)
	k.then = then
	weights, fill := w.Prepare(gemm.ForInput, k.matrices()*k.size)
	k.weights = weights.Data
	if fill {
		for h := range min(k.SH, k.H) {
			for p := 0; p < min(k.period, k.W); p += k.pixels {
				product := k.product(h, p)
				k.pack(&product, w.Data)
			}
		}
		weights.Filled()
	}
	work.Run(e.Pool, g.N, 1, k)
	weights.Done()
}

// groupedProduct is a product of gradients and one matrix of weights.
type groupedProduct struct {
	h, p          int // the first line, and the first pixel of the first group
	lines, groups int // the other lines are a stride apart, the other groups a period
	last, parts   int // the last line of the kernel in reach; how many there are, a stride apart
	outputs       int // the first output above the first group
	terms         int // of the sum, for a line of the kernel
	at            int // where its first gradient is
	weights       []float32
	width         int
}

// product returns the product for lines h, h+stride, … and the groups at pixels p, p+period, ….
func (k *groupedInput) product(h, p int) groupedProduct {
	from, to := k.outputs(k.Geometry, p)
	last, parts, before := taps(k.KH, k.SH, k.Top, h)
	matrix := (h*(k.period/k.pixels) + p/k.pixels) * k.size
	_, _, width, _ := gemm.NewPacked(k.isa, k.weights, 1, k.pixels*k.C).Panel(0, 0)
	return groupedProduct{
		h: h, p: p, lines: ceilDiv(k.H-h, k.SH), groups: ceilDiv(k.W-p, k.period),
		last: last, parts: parts, outputs: from, terms: (to - from) * k.O,
		at:      (k.above-before)*k.line + (k.left+from)*k.O,
		weights: k.weights[matrix : matrix+k.size], width: width,
	}
}

// pack fills the matrix of a product.
func (k *groupedInput) pack(p *groupedProduct, w []float32) {
	clear(p.weights)
	for a := range p.parts {
		for u := range p.terms / k.O {
			for d := range k.pixels {
				tap := p.p + d + k.Left - (p.outputs+u)*k.SW
				if tap < 0 || tap >= k.KW {
					continue
				}
				for o := range k.O {
					row := p.weights[(a*p.terms+u*k.O+o)*p.width:]
					copy(row[d*k.C:][:k.C], w[((o*k.KH+p.last-a*k.SH)*k.KW+tap)*k.C:])
				}
			}
		}
	}
}

// Run computes images lo to hi.
func (k *groupedInput) Run(lo, hi int) {
	gradients := work.Borrow[float32](k.lines * k.line)
	clear(gradients.Data)
	line := (k.W+k.period)*k.C + k.isa.Panel() // what the last group writes beyond the line is not looked at
	pixels := work.Borrow[float32](k.H * line)
	tile := work.Free[simd.Tile]().Get()
	for n := lo; n < hi; n++ {
		for i := range k.OH {
			copy(gradients.Data[(k.above+i)*k.line+k.left*k.O:], k.dy[(n*k.OH+i)*k.OW*k.O:][:k.OW*k.O])
		}
		for h := range min(k.SH, k.H) {
			for p := 0; p < min(k.period, k.W); p += k.pixels {
				product := k.product(h, p)
				k.multiply(&product, pixels.Data, line, gradients.Data, tile)
			}
		}
		for h := range k.H {
			at := (n*k.H + h) * k.W
			copy(k.dx[at*k.C:][:k.W*k.C], pixels.Data[h*line:])
			k.then.apply(k.isa, k.dx, k.C, at, at+k.W, 0, k.C)
		}
	}
	work.Free[simd.Tile]().Put(tile)
	work.GiveBack(pixels)
	work.GiveBack(gradients)
}

// multiply computes the pixels of a product, in lines of the given length.
func (k *groupedInput) multiply(p *groupedProduct, pixels []float32, line int, gradients []float32, tile *simd.Tile) {
	pixels = pixels[p.h*line+p.p*k.C:]
	down, across := k.SH*line, k.period*k.C
	if p.parts*p.terms == 0 {
		for i := range p.lines {
			for j := range p.groups {
				clear(pixels[i*down+j*across:][:k.pixels*k.C])
			}
		}
		return
	}
	mask := simd.Mask(k.pixels * k.C)
	if k.pixels == k.period {
		mask = simd.Mask(p.width) // what is too much is written over by the next group: partial vectors take longer
	}
	outer, inner, rows, columns, step, next := p.lines, p.groups, down, across, k.period/k.SW*k.O, k.line
	if k.down {
		outer, inner, rows, columns, step, next = p.groups, p.lines, across, down, k.line, k.period/k.SW*k.O
	}
	heights := gemm.CutRows(inner, k.isa.PartsRows(p.width))
	for i := range outer {
		for q := range heights.Panels {
			at, height := heights.At(q)
			for r := range height {
				tile[r] = &pixels[i*rows+(at+r)*columns]
			}
			a := &gradients[p.at+i*next+at*step]
			k.isa.GemmParts(p.parts, k.line, p.terms*p.width, true, height, p.width, p.terms, a, step, 1, &p.weights[0], p.width, tile, 0, mask, false)
		}
	}
}
