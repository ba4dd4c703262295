package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// narrowInput is the pass towards images of few channels whose lines are too short for [planarInput]. An
// output's gradient times the weights of one line of the kernel is its share in a stretch of pixels;
// products add these shares to the image, line by line. Neighbouring outputs overlap, so a product takes
// only every groups-th of a line. A task is an image.
type narrowInput struct {
	Geometry
	isa     simd.ISA
	dx, dy  []float32
	then    Epilogue
	weights []float32 // for each line of the kernel a packed matrix (O, KW·C)
	groups  int
	line    int // length of a line of pixels, with those outside the image
}

func (e Engine) narrowInput(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue) {
	size := gemm.PackedLen(e.ISA, g.O, g.KW*g.C)
	weights, fill := w.Prepare(gemm.ForInput, g.KH*size)
	k := narrowInput{
		Geometry: g, isa: e.ISA, dx: dx, dy: dy, then: then, weights: weights.Data,
		groups: (g.KW + g.SW - 1) / g.SW,
		line:   max((g.OW-1)*g.SW+g.KW, g.Left+g.W) * g.C,
	}
	if fill {
		for a := range g.KH {
			b := k.packed(a)
			b.PackRows(0, b.Panels(), 0, g.O, w.Data[a*g.KW*g.C:], g.patch())
		}
		weights.Filled()
	}
	work.Run(e.Pool, g.N, 1, k)
	weights.Done()
}

// packed returns the weights of line a of the kernel.
func (k *narrowInput) packed(a int) gemm.Packed {
	size := gemm.PackedLen(k.isa, k.O, k.KW*k.C)
	return gemm.NewPacked(k.isa, k.weights[a*size:(a+1)*size], k.O, k.KW*k.C)
}

// Run computes images lo to hi.
func (k *narrowInput) Run(lo, hi int) {
	line := work.Borrow[float32](k.line)
	places := work.Free[narrowPlaces]().Get()
	places.fill(k, line.Data)
	for n := lo; n < hi; n++ {
		for h := range k.H {
			clear(line.Data)
			for a := range k.KH {
				if i := h + k.Top - a; i >= 0 && i%k.SH == 0 && i/k.SH < k.OH {
					k.add(places, a, k.dy[(n*k.OH+i/k.SH)*k.OW*k.O:])
				}
			}
			at := (n*k.H + h) * k.W
			copy(k.dx[at*k.C:][:k.W*k.C], line.Data[k.Left*k.C:])
			k.then.apply(k.isa, k.dx, k.C, at, at+k.W, 0, k.C)
		}
	}
	places.panels = places.panels[:0]
	work.Free[narrowPlaces]().Keep(places)
	work.GiveBack(line)
}

// narrowPlaces are the row panels of a line's products: which outputs they take, and the pixels under
// those.
type narrowPlaces struct{ panels []narrowPanel }

type narrowPanel struct {
	first, rows int // outputs first, first+groups, …
	tile        simd.Tile
}

// fill lists the panels for a line of pixels, which begins at the first output's kernel.
func (p *narrowPlaces) fill(k *narrowInput, line []float32) {
	for q := range min(k.groups, k.OW) {
		heights := gemm.CutRows((k.OW-1-q)/k.groups+1, k.isa.Rows())
		for i := range heights.Panels {
			at, rows := heights.At(i)
			panel := narrowPanel{first: q + at*k.groups, rows: rows}
			for r := range rows {
				panel.tile[r] = &line[(panel.first+r*k.groups)*k.SW*k.C]
			}
			p.panels = append(p.panels, panel)
		}
	}
}

// add adds the shares that the outputs of one line, with gradients dy, have in the pixels under line a
// of their kernels.
func (k *narrowInput) add(places *narrowPlaces, a int, dy []float32) {
	weights := k.packed(a)
	for o := 0; o < k.O; o += tileDepth {
		terms := min(tileDepth, k.O-o)
		for j := range weights.Panels() {
			b, column, width, valid := weights.Panel(j, o)
			mask := simd.Mask(valid)
			for i := range places.panels {
				p := &places.panels[i]
				k.isa.Gemm(p.rows, width, terms, &dy[p.first*k.O+o], k.groups*k.O, 1, &b[0], width, &p.tile, column, mask, true)
			}
		}
	}
}

// narrow reports whether images have so few channels.
func narrow(g Geometry) bool { return g.C < 16 }
