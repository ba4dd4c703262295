package conv

import (
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// forward is the left matrix of the pass towards the output: patches of the image times the weights.
type forward struct {
	patches
	isa      simd.ISA
	y        []float32
	o        int
	epilogue Epilogue
}

// Fill implements [gemm.Rows].
func (f *forward) Fill(dst []float32, ld, i, rows, l, columns int) {
	f.fill(f.isa, dst, ld, i, rows, l, columns)
}

// Rows implements [gemm.Rows].
func (f *forward) Rows(tile *simd.Tile, i, rows int) {
	for r := range rows {
		tile[r] = &f.y[(i+r)*f.o]
	}
}

// Done implements [gemm.Rows].
func (f *forward) Done(lo, hi, left, right int) {
	f.epilogue.apply(f.isa, f.y, f.o, lo, hi, left, right)
}

func (e Engine) directForward(g Geometry, y, x []float32, w gemm.Weights, then Epilogue) {
	weights, fill := w.Prepare(gemm.ForOutput, gemm.PackedLen(e.ISA, g.patch(), g.O))
	b := gemm.NewPacked(e.ISA, weights.Data, g.patch(), g.O)
	if fill {
		b.Pack(e.Pool, w.Data, g.patch(), true)
		weights.Filled()
	}
	gemm.MultiplyRows(e.Pool, e.ISA, g.positions(), forward{patchesOf(g, x), e.ISA, y, g.O, then}, b, false)
	weights.Done()
}

// patchesOf returns the patches that the outputs of a convolution see.
func patchesOf(g Geometry, x []float32) patches {
	return patches{x: x, h: g.H, w: g.W, c: g.C, kh: g.KH, kw: g.KW, sh: g.SH, sw: g.SW, top: g.Top, left: g.Left, oh: g.OH, ow: g.OW}
}

// phase is the pass towards the input for the pixels (py+i·SH, px+j·SW): they see the same taps, so
// their gradients are patches of the outputs' gradients times the weights of those taps.
type phase struct {
	patches
	isa    simd.ISA
	g      Geometry
	dx     []float32
	then   Epilogue
	py, px int
	a0, b0 int // the last taps in reach: patches go up, taps down
}

// newPhase returns phase (py,px) of a convolution.
func newPhase(isa simd.ISA, g Geometry, dx, dy []float32, py, px int) phase {
	a, na, before := taps(g.KH, g.SH, g.Top, py)
	b, nb, beside := taps(g.KW, g.SW, g.Left, px)
	return phase{
		patches: patches{x: dy, h: g.OH, w: g.OW, c: g.O, kh: na, kw: nb, sh: 1, sw: 1, top: before, left: beside,
			oh: (g.H - py + g.SH - 1) / g.SH, ow: (g.W - px + g.SW - 1) / g.SW},
		isa: isa, g: g, dx: dx, py: py, px: px, a0: a, b0: b,
	}
}

// taps returns, in one dimension, the last tap of a kernel that pixels p, p+stride, … are under, how
// many there are, stride apart, and how many outputs before its own index a pixel's patch begins.
func taps(kernel, stride, padding, p int) (last, count, before int) {
	first := (p + padding) % stride
	if first >= kernel {
		return 0, 0, 0
	}
	count = (kernel-1-first)/stride + 1
	last = first + (count-1)*stride
	return last, count, (last - p - padding) / stride
}

// Fill implements [gemm.Rows].
func (p *phase) Fill(dst []float32, ld, i, rows, l, columns int) {
	p.fill(p.isa, dst, ld, i, rows, l, columns)
}

// Rows implements [gemm.Rows].
func (p *phase) Rows(tile *simd.Tile, i, rows int) {
	at := p.at(i)
	for r := range rows {
		tile[r] = &p.dx[p.pixel(at)]
		p.next(&at)
	}
}

// pixel returns where the pixel begins that a row of the product belongs to.
func (p *phase) pixel(at place) int {
	return ((at.n*p.g.H+p.py+at.i*p.g.SH)*p.g.W + p.px + at.j*p.g.SW) * p.g.C
}

// Done implements [gemm.Rows].
func (p *phase) Done(lo, hi, left, right int) {
	if p.then.Bias == nil {
		return
	}
	at := p.at(lo)
	for range hi - lo {
		pixel := p.pixel(at) / p.g.C
		p.then.apply(p.isa, p.dx, p.g.C, pixel, pixel+1, left, right)
		p.next(&at)
	}
}

// phasesLen is the room for the packed weights of all phases.
func (e Engine) phasesLen(g Geometry) (size int) {
	for py := range min(g.SH, g.H) {
		for px := range min(g.SW, g.W) {
			p := newPhase(e.ISA, g, nil, nil, py, px)
			size += gemm.PackedLen(e.ISA, p.columns(), g.C)
		}
	}
	return size
}

func (e Engine) directInput(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue) {
	weights, fill := w.Prepare(gemm.ForInput, e.phasesLen(g))
	at := 0
	for py := range min(g.SH, g.H) {
		for px := range min(g.SW, g.W) {
			p := newPhase(e.ISA, g, dx, dy, py, px)
			p.then = then
			rows := g.N * p.oh * p.ow
			if p.columns() == 0 {
				for i := range rows {
					clear(dx[p.pixel(p.at(i)):][:g.C])
				}
				p.Done(0, rows, 0, g.C)
				continue
			}
			length := gemm.PackedLen(e.ISA, p.columns(), g.C)
			b := gemm.NewPacked(e.ISA, weights.Data[at:at+length], p.columns(), g.C)
			at += length
			if fill {
				work.Run(e.Pool, b.Panels(), 1, packPhase{p, b, w.Data})
			}
			gemm.MultiplyRows(e.Pool, e.ISA, rows, p, b, false)
		}
	}
	if fill {
		weights.Filled()
	}
	weights.Done()
}

// packPhase packs the weights of a phase's taps, panel by panel.
type packPhase struct {
	phase phase
	b     gemm.Packed
	w     []float32
}

// Run packs panels lo to hi.
func (k *packPhase) Run(lo, hi int) {
	p := &k.phase
	for ta := range p.kh {
		for tb := range p.kw {
			tap := (p.a0-ta*p.g.SH)*p.g.KW + p.b0 - tb*p.g.SW
			k.b.PackRows(lo, hi, (ta*p.kw+tb)*p.g.O, p.g.O, k.w[tap*p.g.C:], p.g.patch())
		}
	}
}

// weight is the pass towards the weights: a sum over all output positions.
type weight struct {
	patches
	e  Engine
	dy []float32
	o  int
}

// Left implements [gemm.Terms].
func (t *weight) Left(dst []float32, i, rows, l, n int) {
	t.e.ISA.PackColumns(n, t.dy[l*t.o+i:], t.o, dst, rows)
}

// Right implements [gemm.Terms].
func (t *weight) Right(dst []float32, ld, l, n, j, columns int) {
	t.fill(t.e.ISA, dst, ld, l, n, j, columns)
}

func (e Engine) directWeight(g Geometry, dw, x, dy []float32) {
	gemm.MultiplyDepth(e.Pool, e.ISA, g.O, g.patch(), g.positions(), weight{patchesOf(g, x), e, dy, g.O}, dw, g.patch(), true)
}
