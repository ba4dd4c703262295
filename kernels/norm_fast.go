package kernels

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// normPass is what the fast engine computes in one go over a tensor.
type normPass int

const (
	passForward  normPass = iota // statistics, and y of them
	passApply                    // y of given statistics
	passBackward                 // dx, and parameter gradients
	passTangent
	passSecond
)

// normFast is a pass of a normalisation on the fast engine. It sees a tensor as groups × rows × columns,
// the columns being channels; a set is a column of a group or, in a layer norm, a whole group.
//
// A pass has four steps: the coefficients that are known, sums over the rows of a set, coefficients from
// the sums, and the output, element by element (see [simd.NormTile]). Instance and layer norm take the
// steps for one sample after the other, so that it comes from memory once; batch norm takes each step for
// the whole tensor.
type normFast struct {
	pass                  normPass
	isa                   simd.ISA
	kind                  Norm
	groups, rows, columns int
	count                 float64 // numbers in a set
	eps                   float64
	slope                 float32

	x, u, v, dot, y, out             []float32 // as in simd.NormTile, y the output that is read
	gamma, beta                      []float32
	mean, variance, r, meanDot, corr []float32

	dgamma, dbeta []float32
	lo, hi        int // samples that count for dgamma and dbeta; none if they are equal

	cut      normCut
	partials []float64 // sums that tasks leave
	shared   []float32 // coefficients that all tasks of a batch norm take
}

func newNormFast(pass normPass, x *device.Tensor, n Norm) normFast {
	s := x.Shape()
	k := normFast{pass: pass, isa: isaOf(x), kind: n, slope: float32(n.Slope), columns: s.Last(), x: device.Data[float32](x)}
	_, size := n.Sets(s)
	k.count = float64(size)
	k.groups = s[0]
	if n.Kind == NormBatch {
		k.groups = 1
	}
	k.rows = s.Len() / k.groups / k.columns
	return k
}

func normForwardFast(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, n Norm) {
	n.Frozen = false
	k := newNormFast(passForward, x, n)
	k.out, k.gamma, k.beta, k.eps = device.Data[float32](y), optional[float32](gamma), optional[float32](beta), eps
	k.mean, k.variance, k.r = device.Data[float32](mean), device.Data[float32](variance), device.Data[float32](r)
	k.run(x)
}

func normApplyFast(y, x, mean, r, gamma, beta *device.Tensor, n Norm) {
	n.Frozen = true // nothing is summed
	k := newNormFast(passApply, x, n)
	k.out, k.gamma, k.beta = device.Data[float32](y), optional[float32](gamma), optional[float32](beta)
	k.mean, k.r = device.Data[float32](mean), device.Data[float32](r)
	k.run(x)
}

// layer reports whether a set is a whole group.
func (k *normFast) layer() bool { return k.kind.Kind == NormLayer }

// element reports whether γ and β have a number for each element of a sample.
func (k *normFast) element() bool { return len(k.gamma) > k.columns }

// run takes the steps on t's device.
func (k *normFast) run(t *device.Tensor) {
	if k.kind.Kind == NormBatch {
		k.runBatch(t)
		return
	}
	k.runGroups(t)
}

// begin sets the coefficients that are known before anything is summed.
func (k *normFast) begin(p *normPart) {
	if k.pass == passForward {
		p.fill(simd.NormMean, k.x[p.group*k.rows*k.columns+p.from:], k.layer()) // anything near the mean
		return
	}
	p.fill(simd.NormMean, k.stat(p, k.mean), k.layer())
	p.fill(simd.NormRoot, k.stat(p, k.r), k.layer())
	if k.pass == passSecond {
		p.fill(simd.NormFirst, k.stat(p, k.meanDot), k.layer())
		p.fill(simd.NormCross, k.stat(p, k.corr), k.layer())
		return
	}
	clear(p.row(simd.NormFirst))
	clear(p.row(simd.NormCross))
}

// stat returns a statistic's part for p.
func (k *normFast) stat(p *normPart, t []float32) []float32 {
	if k.layer() {
		return t[p.group : p.group+1]
	}
	return t[p.group*k.columns+p.from : p.group*k.columns+p.to]
}

// sum adds the sums over p's rows.
func (k *normFast) sum(p *normPart) {
	p.tile.Gamma, p.tile.Step = &p.row(rowOnes)[0], 0
	for lo := p.lo; lo < p.hi; lo += p.chunk {
		k.place(p, lo, k.element() && k.pass != passTangent)
		switch k.pass {
		case passForward:
			k.isa.NormStats(&p.tile)
		case passTangent:
			y := p.tile.Y
			p.tile.Y = nil // the leaky ReLU comes last
			k.isa.NormSums(&p.tile)
			p.tile.Y = y
		case passBackward:
			k.isa.NormSums(&p.tile)
		case passSecond:
			if k.u != nil {
				k.isa.NormSums(&p.tile)
			}
			k.isa.NormTangentSums(&p.tile)
		}
	}
}

// place sets the tile to p's rows from lo on; weighted says that γ has rows of its own.
func (k *normFast) place(p *normPart, lo int, weighted bool) {
	t := &p.tile
	t.Rows = min(p.chunk, p.hi-lo)
	at := (p.group*k.rows+lo)*k.columns + p.from
	t.X, t.U, t.V, t.Dot, t.Y, t.Out = from(k.x, at), from(k.u, at), from(k.v, at), from(k.dot, at), from(k.y, at), from(k.out, at)
	if weighted {
		at := lo*k.columns + p.from
		t.Gamma, t.Beta, t.Step = from(k.gamma, at), from(k.beta, at), k.columns
	}
}

// from returns where element i of t lies; nil stays nil.
func from(t []float32, i int) *float32 {
	if t == nil {
		return nil
	}
	return &t[i]
}

// finish makes the coefficients that the sums determine, and keeps statistics.
func (k *normFast) finish(p *normPart) {
	if k.kind.Frozen {
		if k.pass == passTangent {
			clear(k.stat(p, k.meanDot))
			clear(k.stat(p, k.corr))
		}
		return
	}
	sums, coef, pad, n := p.sums, p.coef, p.pad, p.to-p.from
	if k.layer() {
		k.gather(p)
		sums, coef, pad, n = p.oneSums[:], p.oneCoef[:], simd.NormPad, 1
	}
	switch k.pass {
	case passForward:
		k.isa.NormRoots(n, k.count, k.eps, sums, coef, pad)
		copy(k.stat(p, k.mean), coef)
		copy(k.stat(p, k.r), coef[simd.NormRoot*pad:])
		copy(k.stat(p, k.variance), coef[simd.NormCross*pad:])
	case passTangent, passBackward:
		k.isa.NormMeans(n, k.count, sums, coef, pad)
		if k.pass == passTangent {
			copy(k.stat(p, k.meanDot), coef[simd.NormFirst*pad:])
			copy(k.stat(p, k.corr), coef[simd.NormCross*pad:])
		}
	case passSecond:
		k.isa.NormSecondMeans(n, k.count, sums, coef, pad)
	}
	if k.layer() {
		p.spread()
	}
}

// gather adds up a layer norm's columns, which are one set.
func (k *normFast) gather(p *normPart) {
	weighted := !k.element() && (k.pass == passBackward || k.pass == passSecond)
	gamma := p.row(rowGamma)
	for s := range simd.NormSums {
		sum := 0.0
		for c, v := range p.sums[s*p.pad:][:p.to-p.from] {
			if weighted {
				v *= float64(gamma[c])
			}
			sum += v
		}
		p.oneSums[s*simd.NormPad] = sum
	}
	for c := range simd.NormCoefs {
		p.oneCoef[c*simd.NormPad] = p.coef[c*p.pad]
	}
	p.oneCoef[simd.NormWeight*simd.NormPad] = 1
}

// apply writes the output of p's rows.
func (k *normFast) apply(p *normPart) {
	p.tile.Gamma, p.tile.Beta, p.tile.Step = &p.row(rowGamma)[0], &p.row(rowBeta)[0], 0
	for lo := p.lo; lo < p.hi; lo += p.chunk {
		k.place(p, lo, k.element())
		switch k.pass {
		case passForward, passApply:
			k.isa.NormScale(&p.tile, k.kind.Leaky)
		case passBackward:
			k.isa.NormProject(&p.tile)
		case passTangent:
			k.isa.NormTangent(&p.tile)
		case passSecond:
			k.isa.NormSecond(&p.tile)
		}
	}
}

// Rows of a part's coefficients after those of simd.
const (
	rowGamma = simd.NormCoefs + iota
	rowBeta
	rowOnes
	coefRows
)

// normPart is a range of rows and columns of one group, with memory for what is known of its columns.
type normPart struct {
	group, lo, hi, from, to int
	pad, chunk              int
	tile                    simd.NormTile
	coef                    []float32 // coefRows rows
	sums                    []float64
	coefs                   *work.Scratch[float32]
	sumss                   *work.Scratch[float64]
	oneCoef                 [simd.NormCoefs * simd.NormPad]float32 // a layer norm's one set, as a column
	oneSums                 [simd.NormSums * simd.NormPad]float64
}

// chunkLen is how many elements of a tensor a kernel goes through at a time: all tensors of a pass then
// stay in the first-level cache while it walks down their columns.
const chunkLen = 2 << 10

// open prepares a part for columns from up to but not including to.
func (k *normFast) open(p *normPart, from, to int) {
	pad := padded(to - from)
	p.coefs, p.sumss = work.Borrow[float32](coefRows*pad), work.Borrow[float64](simd.NormSums*pad)
	k.share(p, from, to, p.coefs.Data, p.sumss.Data)
	clear(p.coef)
	ones := p.row(rowOnes)
	for c := range ones {
		ones[c] = 1
	}
	copy(p.row(rowGamma), ones)
	if !k.element() {
		if k.gamma != nil {
			copy(p.row(rowGamma), k.gamma[from:to])
		}
		if k.beta != nil {
			copy(p.row(rowBeta), k.beta[from:to])
		}
	}
	if k.pass == passTangent { // γ comes after the means
		copy(p.row(simd.NormWeight), ones)
	} else {
		copy(p.row(simd.NormWeight), p.row(rowGamma))
	}
}

// share prepares a part on the given memory; sums may be nil if nothing is summed.
func (k *normFast) share(p *normPart, from, to int, coef []float32, sums []float64) {
	p.from, p.to, p.pad, p.chunk = from, to, padded(to-from), max(chunkLen/(to-from), 4)
	p.coef, p.sums = coef, sums
	p.tile = simd.NormTile{Columns: to - from, Stride: k.columns, Coef: &coef[0], Pad: p.pad, Slope: k.slope}
	if sums != nil {
		p.tile.Sums = &sums[0]
	}
}

// close gives the memory back.
func (p *normPart) close() {
	work.GiveBack(p.coefs)
	work.GiveBack(p.sumss)
}

// padded rounds a number of columns up.
func padded(columns int) int {
	return (columns + simd.NormPad - 1) / simd.NormPad * simd.NormPad
}

// row returns a row of coefficients.
func (p *normPart) row(i int) []float32 { return p.coef[i*p.pad : (i+1)*p.pad] }

// fill copies a coefficient of each column, or fills the row with the first.
func (p *normPart) fill(i int, from []float32, constant bool) {
	row := p.row(i)[:p.to-p.from]
	if !constant {
		copy(row, from)
		return
	}
	for c := range row {
		row[c] = from[0]
	}
}

// spread gives all columns the coefficients of the one set.
func (p *normPart) spread() {
	for i := range simd.NormWeight {
		p.fill(i, p.oneCoef[i*simd.NormPad:], true)
	}
}
