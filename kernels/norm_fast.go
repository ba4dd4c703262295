package kernels

import (
	"math"

	"ganlib/device"
	"ganlib/internal/simd"
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

	x, u, v, dot, y, out             []float32 // as in simd.NormTile
	gamma, beta                      []float32
	mean, variance, r, meanDot, corr []float32

	dgamma, dbeta []float32
	lo, hi        int // samples that count for dgamma and dbeta; none if they are equal

	cut      normCut
	partials []float64 // sums that tasks leave
	shared   []float64 // coefficients that all tasks of a batch norm take
}

func newNormFast(pass normPass, x *device.Tensor, n Norm) normFast {
	s := x.Shape()
	k := normFast{pass: pass, isa: isaOf(x), kind: n, groups: s[0], columns: s.Last(), x: device.Data[float32](x)}
	if n.Kind == NormBatch {
		k.groups = 1
	}
	k.rows = s.Len() / k.groups / k.columns
	_, size := n.Sets(s)
	k.count = float64(size)
	if n.Frozen {
		k.count = math.Inf(1) // means are zero
	}
	return k
}

func normForwardFast(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, n Norm) {
	n.Frozen = false
	k := newNormFast(passForward, x, n)
	k.out, k.gamma, k.beta, k.eps = device.Data[float32](y), optional[float32](gamma), optional[float32](beta), eps
	k.mean, k.variance, k.r = device.Data[float32](mean), device.Data[float32](variance), device.Data[float32](r)
	k.runAffine(x)
}

func normApplyFast(y, x, mean, r, gamma, beta *device.Tensor, n Norm) {
	n.Frozen = true
	k := newNormFast(passApply, x, n)
	k.out, k.gamma, k.beta = device.Data[float32](y), optional[float32](gamma), optional[float32](beta)
	k.mean, k.r = device.Data[float32](mean), device.Data[float32](r)
	k.runAffine(x)
}

// runAffine runs a pass that takes β. If only one of γ and β has a number for each element, all elements of
// a sample count as columns.
func (k *normFast) runAffine(t *device.Tensor) {
	if k.element() != (len(k.beta) > k.columns) {
		k.rows, k.columns = 1, k.rows*k.columns
	}
	k.run(t)
}

// layer reports whether a set is a whole group.
func (k *normFast) layer() bool { return k.kind.Kind == NormLayer }

// element reports whether γ and β have a number for each element of a sample.
func (k *normFast) element() bool { return len(k.gamma) > k.columns }

// weighted reports whether γ comes before the sums of a set, which may then have many γ.
func (k *normFast) weighted() bool { return k.pass == passBackward || k.pass == passSecond }

// summing reports whether the output takes sums.
func (k *normFast) summing() bool { return k.out != nil && !k.kind.Frozen }

// run takes the steps on t's device.
func (k *normFast) run(t *device.Tensor) {
	if k.kind.Kind == NormBatch {
		k.runBatch(t)
	} else {
		k.runGroups(t)
	}
}

// begin sets the coefficients that are known before anything is summed.
func (k *normFast) begin(p *normPart) {
	if k.pass == passForward {
		k.fill(p, simd.NormMean, k.x[p.group*k.rows*k.columns+p.from:]) // anything near the mean
		return
	}
	k.fill(p, simd.NormMean, k.stat(p, k.mean))
	k.fill(p, simd.NormRoot, k.stat(p, k.r))
	if k.pass == passSecond {
		k.fill(p, simd.NormMeanDot, k.stat(p, k.meanDot))
		k.fill(p, simd.NormCorr, k.stat(p, k.corr))
	}
}

// stat returns a statistic's part for p.
func (k *normFast) stat(p *normPart, t []float32) []float32 {
	if k.layer() {
		return t[p.group : p.group+1]
	}
	return t[p.group*k.columns+p.from : p.group*k.columns+p.to]
}

// fill copies a coefficient of each column; those of a layer norm are all the first.
func (k *normFast) fill(p *normPart, i int, from []float32) {
	row := p.row(p.coef, i)
	if !k.layer() {
		k.isa.Widen(row, from[:len(row)])
		return
	}
	for c := range row {
		row[c] = float64(from[0])
	}
}

// keep rounds a coefficient of each set.
func (k *normFast) keep(p *normPart, to []float32, i int) {
	to = k.stat(p, to)
	k.isa.Narrow(to, p.row(p.coef, i)[:len(to)])
}

// sum adds the sums over p's rows.
func (k *normFast) sum(p *normPart) {
	for lo := p.lo; lo < p.hi; lo += p.chunk {
		t := k.place(p, lo)
		switch k.pass {
		case passForward:
			k.isa.NormStats(t)
		case passTangent: // γ and the leaky ReLU come last
			gamma, leaky := t.Gamma, t.Leaky
			t.Gamma, t.Leaky = nil, false
			k.isa.NormSums(t)
			t.Gamma, t.Leaky = gamma, leaky
		case passBackward:
			k.isa.NormSums(t)
		case passSecond:
			if k.u != nil {
				k.isa.NormSums(t)
			}
			k.isa.NormTangentSums(t)
		}
	}
}

// place sets p's tile to its rows from lo on.
func (k *normFast) place(p *normPart, lo int) *simd.NormTile {
	t := &p.tile
	t.Rows = min(p.chunk, p.hi-lo)
	at := (p.group*k.rows+lo)*k.columns + p.from
	t.X, t.U, t.V, t.Dot, t.Y, t.Out = from(k.x, at), from(k.u, at), from(k.v, at), from(k.dot, at), from(k.y, at), from(k.out, at)
	if k.element() {
		at = lo*k.columns + p.from
		t.Gamma, t.Beta = from(k.gamma, at), from(k.beta, at)
	}
	return t
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
	if k.layer() && !k.kind.Frozen {
		k.fold(p)
	}
	n, coef, sums, pad := p.to-p.from, p.coef, p.sums, p.pad
	switch k.pass {
	case passForward:
		k.isa.NormRoots(n, k.count, k.eps, coef, sums, pad)
		k.keep(p, k.mean, simd.NormMean)
		k.keep(p, k.r, simd.NormRoot)
		k.keep(p, k.variance, simd.NormVariance)
		fallthrough
	case passApply:
		k.isa.NormAffine(n, coef, sums, pad)
	case passBackward:
		k.isa.NormProjection(n, k.count, coef, sums, pad)
	case passTangent:
		k.isa.NormProjection(n, k.count, coef, sums, pad)
		k.keep(p, k.meanDot, simd.NormMeanDot)
		k.keep(p, k.corr, simd.NormCorr)
	case passSecond:
		k.isa.NormCurvature(n, k.count, coef, sums, pad)
	}
}

// fold adds up a layer norm's columns, which are one set, and gives each the sum.
func (k *normFast) fold(p *normPart) {
	gamma := p.row(p.coef, simd.NormGamma)
	for s := range simd.NormSums {
		row, sum := p.row(p.sums, s), 0.0
		for c, v := range row {
			if k.weighted() && s < 5 { // the last two are of ẋ alone
				v *= gamma[c]
			}
			sum += v
		}
		for c := range row {
			row[c] = sum
		}
	}
}

// apply writes the output of p's rows.
func (k *normFast) apply(p *normPart) {
	for lo := p.lo; lo < p.hi; lo += p.chunk {
		t := k.place(p, lo)
		switch k.pass {
		case passForward, passApply:
			k.isa.NormScale(t)
		case passBackward:
			k.isa.NormProject(t)
		case passTangent:
			k.isa.NormTangent(t)
		case passSecond:
			k.isa.NormSecond(t)
		}
	}
}
