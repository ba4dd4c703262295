package kernels

import (
	"math"

	"ganlib/device"
)

// one stands in for a γ that is not there.
func one[T device.Float]() [columnBlock]T {
	var o [columnBlock]T
	for i := range o {
		o[i] = 1
	}
	return o
}

// block is a range of columns of one group: the sets that a task works on at a time.
type block struct {
	sets
	group, from, to int
}

// blocks returns the number of tasks for s, and block i of them.
func (s sets) blocks() int { return s.groups * ((s.columns + columnBlock - 1) / columnBlock) }

func (s sets) block(i int) block {
	across := (s.columns + columnBlock - 1) / columnBlock
	from := i % across * columnBlock
	return block{s, i / across, from, min(from+columnBlock, s.columns)}
}

// row returns the block's part of row m of a tensor like x.
func row[T device.Float](b block, t []T, m int) []T {
	at := (b.group*b.rows + m) * b.columns
	return t[at+b.from : at+b.to]
}

// stat returns the block's part of a statistic.
func stat[T device.Float](b block, t []T) []T {
	return t[b.group*b.columns+b.from : b.group*b.columns+b.to]
}

// affine returns the block's part of γ or β in row m. Layer norm has one column and parameters that
// change from row to row.
func affine[T device.Float](b block, t []T, m int, missing *[columnBlock]T) []T {
	switch {
	case t == nil:
		return missing[:b.to-b.from]
	case len(t) == b.columns:
		return t[b.from:b.to]
	}
	m %= len(t)
	return t[m : m+1]
}

type normForward[T device.Float] struct {
	sets              sets
	y                 []T
	mean, variance, r []T
	x                 []T
	gamma, beta       []T
	eps               float64
}

func normForwardOn[T device.Float](y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, s sets) {
	launch(x, s.blocks(), 1, normForward[T]{s, device.Data[T](y), device.Data[T](mean), device.Data[T](variance), device.Data[T](r), device.Data[T](x), optional[T](gamma), optional[T](beta), eps})
}

func (k *normForward[T]) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		b := k.sets.block(i)
		var mean, square, root [columnBlock]float64
		for m := range b.rows {
			for c, v := range row(b, k.x, m) {
				mean[c] += float64(v)
			}
		}
		for c := range mean {
			mean[c] /= float64(b.rows)
		}
		for m := range b.rows {
			for c, v := range row(b, k.x, m) {
				d := float64(v) - mean[c]
				square[c] += d * d
			}
		}
		means, variances, roots := stat(b, k.mean), stat(b, k.variance), stat(b, k.r)
		for c := range means {
			variance := square[c] / float64(b.rows)
			root[c] = 1 / math.Sqrt(variance+k.eps)
			means[c], variances[c], roots[c] = T(mean[c]), T(variance), T(root[c])
		}
		normalise(b, k.y, k.x, &mean, &root, k.gamma, k.beta)
	}
}

// normalise writes a block of y = γ·(x−mean)·r + β.
func normalise[T device.Float](b block, y, x []T, mean, r *[columnBlock]float64, gammas, betas []T) {
	ones, zeros := one[T](), [columnBlock]T{}
	for m := range b.rows {
		gamma, beta := affine(b, gammas, m, &ones), affine(b, betas, m, &zeros)
		to := row(b, y, m)
		for c, v := range row(b, x, m) {
			to[c] = T(float64(gamma[c])*((float64(v)-mean[c])*r[c]) + float64(beta[c]))
		}
	}
}

type normApply[T device.Float] struct {
	sets        sets
	y, x        []T
	mean, r     []T
	gamma, beta []T
}

func normApplyOn[T device.Float](y, x, mean, r, gamma, beta *device.Tensor, s sets) {
	launch(x, s.blocks(), 1, normApply[T]{s, device.Data[T](y), device.Data[T](x), device.Data[T](mean), device.Data[T](r), optional[T](gamma), optional[T](beta)})
}

func (k *normApply[T]) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		b := k.sets.block(i)
		var mean, r [columnBlock]float64
		for c, v := range stat(b, k.mean) {
			mean[c] = float64(v)
		}
		for c, v := range stat(b, k.r) {
			r[c] = float64(v)
		}
		normalise(b, k.y, k.x, &mean, &r, k.gamma, k.beta)
	}
}

// normProject computes out = after·r·P(before·u), and keeps the two means inside P if asked for.
// Backward has γ before, the tangent after.
type normProject[T device.Float] struct {
	sets          sets
	frozen        bool
	out, u, x     []T
	mean, r       []T
	first, corr   []T
	before, after []T
}

func normProjectOn[T device.Float](out, u, x, mean, r, first, corr, before, after *device.Tensor, n Norm) {
	s := n.sets(x.Shape())
	launch(x, s.blocks(), 1, normProject[T]{
		s, n.Frozen, device.Data[T](out), device.Data[T](u), device.Data[T](x), device.Data[T](mean), device.Data[T](r),
		optional[T](first), optional[T](corr), optional[T](before), optional[T](after),
	})
}

func (k *normProject[T]) Run(lo, hi int) {
	ones := one[T]()
	for i := lo; i < hi; i++ {
		b := k.sets.block(i)
		mean, r := stat(b, k.mean), stat(b, k.r)
		var first, corr [columnBlock]float64
		if !k.frozen {
			for m := range b.rows {
				u, before := row(b, k.u, m), affine(b, k.before, m, &ones)
				for c, x := range row(b, k.x, m) {
					v := float64(before[c]) * float64(u[c])
					first[c] += v
					corr[c] += v * (float64(x) - float64(mean[c])) * float64(r[c])
				}
			}
			for c := range first {
				first[c] /= float64(b.rows)
				corr[c] /= float64(b.rows)
			}
		}
		if k.first != nil {
			firsts, corrs := stat(b, k.first), stat(b, k.corr)
			for c := range firsts {
				firsts[c], corrs[c] = T(first[c]), T(corr[c])
			}
		}
		for m := range b.rows {
			u, out := row(b, k.u, m), row(b, k.out, m)
			before, after := affine(b, k.before, m, &ones), affine(b, k.after, m, &ones)
			for c, x := range row(b, k.x, m) {
				hat := (float64(x) - float64(mean[c])) * float64(r[c])
				out[c] = T(float64(after[c]) * float64(r[c]) * (float64(before[c])*float64(u[c]) - first[c] - hat*corr[c]))
			}
		}
	}
}

type normSecond[T device.Float] struct {
	sets                          sets
	frozen                        bool
	xbar, ybar, delta, xdot, x    []T
	mean, r, meanDot, corr, gamma []T
}

func normSecondOn[T device.Float](xbar, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma *device.Tensor, n Norm) {
	s := n.sets(x.Shape())
	launch(x, s.blocks(), 1, normSecond[T]{
		s, n.Frozen, device.Data[T](xbar), optional[T](ybar), device.Data[T](delta), device.Data[T](xdot), device.Data[T](x),
		device.Data[T](mean), device.Data[T](r), device.Data[T](meanDot), device.Data[T](corr), optional[T](gamma),
	})
}

func (k *normSecond[T]) Run(lo, hi int) {
	ones, zeros := one[T](), [columnBlock]T{}
	for i := lo; i < hi; i++ {
		b := k.sets.block(i)
		mean, r := stat(b, k.mean), stat(b, k.r)
		meanDot, corr := stat(b, k.meanDot), stat(b, k.corr)
		ybar := func(m int) []T {
			if k.ybar == nil {
				return zeros[:b.to-b.from]
			}
			return row(b, k.ybar, m)
		}
		if k.frozen {
			for m := range b.rows {
				xbar, yb, gamma := row(b, k.xbar, m), ybar(m), affine(b, k.gamma, m, &ones)
				for c := range xbar {
					xbar[c] = gamma[c] * r[c] * yb[c]
				}
			}
			continue
		}
		count := float64(b.rows)
		var corrW, cross [columnBlock]float64 // mean(w·x') and mean(w·ẋ')
		for m := range b.rows {
			delta, xdot, gamma := row(b, k.delta, m), row(b, k.xdot, m), affine(b, k.gamma, m, &ones)
			for c, x := range row(b, k.x, m) {
				hat := (float64(x) - float64(mean[c])) * float64(r[c])
				w := float64(gamma[c]) * float64(delta[c])
				corrW[c] += w * hat
				cross[c] += w * (float64(xdot[c]) - float64(meanDot[c]) - hat*float64(corr[c])) * float64(r[c])
			}
		}
		for c := range corrW {
			corrW[c] /= count
			cross[c] /= count
		}
		// u = γȳ + q, whose projection is wanted.
		u := func(c int, gamma, delta, xdot, yb T) float64 {
			w := float64(gamma) * float64(delta)
			return float64(gamma)*float64(yb) - float64(r[c])*(w*float64(corr[c])+float64(xdot)*corrW[c])
		}
		var meanU, corrU [columnBlock]float64
		for m := range b.rows {
			delta, xdot, yb, gamma := row(b, k.delta, m), row(b, k.xdot, m), ybar(m), affine(b, k.gamma, m, &ones)
			for c, x := range row(b, k.x, m) {
				v := u(c, gamma[c], delta[c], xdot[c], yb[c])
				meanU[c] += v
				corrU[c] += v * (float64(x) - float64(mean[c])) * float64(r[c])
			}
		}
		for c := range meanU {
			meanU[c] /= count
			corrU[c] /= count
		}
		for m := range b.rows {
			delta, xdot, yb, gamma := row(b, k.delta, m), row(b, k.xdot, m), ybar(m), affine(b, k.gamma, m, &ones)
			xbar := row(b, k.xbar, m)
			for c, x := range row(b, k.x, m) {
				hat := (float64(x) - float64(mean[c])) * float64(r[c])
				v := u(c, gamma[c], delta[c], xdot[c], yb[c])
				xbar[c] = T(float64(r[c])*(v-meanU[c]-hat*corrU[c]) - float64(r[c])*hat*cross[c])
			}
		}
	}
}

// normParam sums over everything that one parameter touches. The parameters are columns here, also
// those of a layer norm; set (g,c) has its statistics at g·perGroup + c·perColumn.
type normParam[T device.Float] struct {
	groups, rows, columns int
	perGroup, perColumn   int
	dgamma, dbeta         []T
	dy, x                 []T
	mean, r               []T
	meanDot, corr         []T // of the tangent, if dy is δ and its partner ẋ'
	xdot                  []T
}

func newNormParam[T device.Float](dgamma, dy, x, mean, r *device.Tensor, s sets) normParam[T] {
	k := normParam[T]{
		groups: s.groups, columns: dgamma.Len(), perGroup: s.columns, perColumn: 1,
		dgamma: device.Data[T](dgamma), dy: device.Data[T](dy), x: device.Data[T](x), mean: device.Data[T](mean), r: device.Data[T](r),
	}
	k.rows = s.rows * s.columns / k.columns
	if k.columns != s.columns {
		k.perColumn = 0
	}
	return k
}

func normParamOn[T device.Float](dgamma, dbeta, dy, x, mean, r *device.Tensor, s sets) {
	k := newNormParam[T](dgamma, dy, x, mean, r, s)
	k.dbeta = device.Data[T](dbeta)
	launch(x, k.columns, columnBlock, k)
}

func normTangentParamOn[T device.Float](dgamma, delta, xdot, x, mean, r, meanDot, corr *device.Tensor, s sets) {
	k := newNormParam[T](dgamma, delta, x, mean, r, s)
	k.xdot, k.meanDot, k.corr = device.Data[T](xdot), device.Data[T](meanDot), device.Data[T](corr)
	launch(x, k.columns, columnBlock, k)
}

func (k *normParam[T]) Run(lo, hi int) {
	var gamma, beta [columnBlock]float64
	for g := range k.groups {
		for m := range k.rows {
			at := (g*k.rows+m)*k.columns + lo
			for c, dy := range k.dy[at : at+hi-lo] {
				s := g*k.perGroup + (lo+c)*k.perColumn
				hat := (float64(k.x[at+c]) - float64(k.mean[s])) * float64(k.r[s])
				if k.xdot != nil {
					hat = (float64(k.xdot[at+c]) - float64(k.meanDot[s]) - hat*float64(k.corr[s])) * float64(k.r[s])
				}
				gamma[c] += float64(dy) * hat
				beta[c] += float64(dy)
			}
		}
	}
	for c := lo; c < hi; c++ {
		k.dgamma[c] += T(gamma[c-lo])
		if k.dbeta != nil {
			k.dbeta[c] += T(beta[c-lo])
		}
	}
}

func normRunningOn[T device.Float](runningMean, runningVar, mean, variance *device.Tensor, momentum, scale float64) {
	rm, rv := device.Data[T](runningMean), device.Data[T](runningVar)
	m, v := device.Data[T](mean), device.Data[T](variance)
	for i := range rm {
		rm[i] = T((1-momentum)*float64(rm[i]) + momentum*float64(m[i]))
		rv[i] = T((1-momentum)*float64(rv[i]) + momentum*scale*float64(v[i]))
	}
}

func normRootOn[T device.Float](r, variance *device.Tensor, eps float64) {
	roots := device.Data[T](r)
	for i, v := range device.Data[T](variance) {
		roots[i] = T(1 / math.Sqrt(float64(v)+eps))
	}
}
