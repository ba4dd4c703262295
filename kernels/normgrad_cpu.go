package kernels

import "ganlib/device"

func normBackwardOn[T device.Float](dx *device.Tensor, grads NormGrads, dy *device.Tensor, at NormAt, n Norm) {
	if grads.wanted() {
		k := newNormParam[T](grads, dy, at, n)
		k.beta = device.Data[T](grads.Beta)
		launch(at.X, len(k.gamma), columnBlock, k)
	}
	if dx != nil {
		k := newNormProject[T](dx, dy, at, n)
		k.before = optional[T](at.Gamma)
		launch(at.X, k.sets.blocks(), 1, k)
	}
}

func normTangentOn[T device.Float](ydot, xdot *device.Tensor, at NormAt, n Norm) {
	k := newNormProject[T](ydot, xdot, at, n)
	k.first, k.corr, k.after = device.Data[T](at.MeanDot), device.Data[T](at.Corr), optional[T](at.Gamma)
	k.tangent = true
	launch(at.X, k.sets.blocks(), 1, k)
}

func normSecondOn[T device.Float](xbar *device.Tensor, grads NormGrads, ybar, delta, xdot *device.Tensor, at NormAt, n Norm) {
	if grads.wanted() {
		k := newNormParam[T](grads, delta, at, n)
		k.xdot, k.meanDot, k.corr = device.Data[T](xdot), device.Data[T](at.MeanDot), device.Data[T](at.Corr)
		launch(at.X, len(k.gamma), columnBlock, k)
		if ybar != nil {
			normBackwardOn[T](nil, grads, ybar, at, n)
		}
	}
	if xbar != nil {
		s := n.sets(at.X.Shape())
		launch(at.X, s.blocks(), 1, normSecond[T]{
			s, n.Frozen, leakyOf[T](n), device.Data[T](xbar), optional[T](ybar), device.Data[T](delta), device.Data[T](xdot), device.Data[T](at.X), optional[T](at.output(n)),
			device.Data[T](at.Mean), device.Data[T](at.R), device.Data[T](at.MeanDot), device.Data[T](at.Corr), optional[T](at.Gamma),
		})
	}
}

// normProject computes out = after·r·P(before·u), and keeps the two means inside P if asked for.
// Backward has γ and the leaky ReLU before, the tangent after.
type normProject[T device.Float] struct {
	sets          sets
	frozen        bool
	tangent       bool
	leaky         leaky[T]
	out, u, x, y  []T
	mean, r       []T
	first, corr   []T
	before, after []T
}

func newNormProject[T device.Float](out, u *device.Tensor, at NormAt, n Norm) normProject[T] {
	return normProject[T]{
		sets: n.sets(at.X.Shape()), frozen: n.Frozen, leaky: leakyOf[T](n), out: device.Data[T](out), u: device.Data[T](u), x: device.Data[T](at.X),
		y: optional[T](at.output(n)), mean: device.Data[T](at.Mean), r: device.Data[T](at.R),
	}
}

func (k *normProject[T]) Run(lo, hi int) {
	ones := one[T]()
	before, after := k.leaky, leaky[T]{}
	if k.tangent {
		before, after = after, before
	}
	var buffer [columnBlock]T
	for i := lo; i < hi; i++ {
		b := k.sets.block(i)
		mean, r := stat(b, k.mean), stat(b, k.r)
		var first, corr [columnBlock]float64
		if !k.frozen {
			for m := range b.rows {
				u, gamma := before.row(b, k.u, k.y, m, &buffer), affine(b, k.before, m, &ones)
				for c, x := range row(b, k.x, m) {
					v := float64(gamma[c]) * float64(u[c])
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
			u, out := before.row(b, k.u, k.y, m, &buffer), row(b, k.out, m)
			inside, outside := affine(b, k.before, m, &ones), affine(b, k.after, m, &ones)
			for c, x := range row(b, k.x, m) {
				hat := (float64(x) - float64(mean[c])) * float64(r[c])
				out[c] = T(float64(outside[c]) * float64(r[c]) * (float64(inside[c])*float64(u[c]) - first[c] - hat*corr[c]))
			}
			copy(out, after.row(b, k.out, k.y, m, &buffer))
		}
	}
}

type normSecond[T device.Float] struct {
	sets                          sets
	frozen                        bool
	leaky                         leaky[T]
	xbar, ybar, delta, xdot, x, y []T
	mean, r, meanDot, corr, gamma []T
}

func (k *normSecond[T]) Run(lo, hi int) {
	ones, zeros := one[T](), [columnBlock]T{}
	var bufferD, bufferY [columnBlock]T
	for i := lo; i < hi; i++ {
		b := k.sets.block(i)
		mean, r := stat(b, k.mean), stat(b, k.r)
		meanDot, corr := stat(b, k.meanDot), stat(b, k.corr)
		ybar := func(m int) []T {
			if k.ybar == nil {
				return zeros[:b.to-b.from]
			}
			return k.leaky.row(b, k.ybar, k.y, m, &bufferY)
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
			delta, xdot, gamma := k.leaky.row(b, k.delta, k.y, m, &bufferD), row(b, k.xdot, m), affine(b, k.gamma, m, &ones)
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
			delta, xdot, yb, gamma := k.leaky.row(b, k.delta, k.y, m, &bufferD), row(b, k.xdot, m), ybar(m), affine(b, k.gamma, m, &ones)
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
			delta, xdot, yb, gamma := k.leaky.row(b, k.delta, k.y, m, &bufferD), row(b, k.xdot, m), ybar(m), affine(b, k.gamma, m, &ones)
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
// those of a layer norm; rows from lo to hi count. The set of row m and column c has its statistics at
// m/group·perGroup + c·perColumn.
type normParam[T device.Float] struct {
	lo, hi, group       int
	perGroup, perColumn int
	leaky               leaky[T]
	gamma, beta         []T // beta is nil if only γ is touched
	dy, x, y            []T
	mean, r             []T
	meanDot, corr       []T // of the tangent, if dy is δ and its partner ẋ'
	xdot                []T
}

func newNormParam[T device.Float](grads NormGrads, dy *device.Tensor, at NormAt, n Norm) normParam[T] {
	shape := at.X.Shape()
	s, columns := n.sets(shape), grads.Gamma.Len()
	k := normParam[T]{
		group: s.rows * s.columns / columns, perGroup: s.columns, perColumn: 1, leaky: leakyOf[T](n),
		gamma: device.Data[T](grads.Gamma), dy: device.Data[T](dy), x: device.Data[T](at.X), y: optional[T](at.output(n)), mean: device.Data[T](at.Mean), r: device.Data[T](at.R),
	}
	perSample := shape.RowLen() / columns
	k.lo, k.hi = grads.Lo*perSample, grads.Hi*perSample
	if columns != s.columns {
		k.perColumn = 0
	}
	return k
}

func (k *normParam[T]) Run(lo, hi int) {
	var gamma, beta [columnBlock]float64
	columns := len(k.gamma)
	for m := k.lo; m < k.hi; m++ {
		at, set := m*columns+lo, m/k.group*k.perGroup
		for c, dy := range k.dy[at : at+hi-lo] {
			if k.leaky.on {
				dy = k.leaky.gate(k.y[at+c], dy)
			}
			s := set + (lo+c)*k.perColumn
			hat := (float64(k.x[at+c]) - float64(k.mean[s])) * float64(k.r[s])
			if k.xdot != nil {
				hat = (float64(k.xdot[at+c]) - float64(k.meanDot[s]) - hat*float64(k.corr[s])) * float64(k.r[s])
			}
			gamma[c] += float64(dy) * hat
			beta[c] += float64(dy)
		}
	}
	for c := lo; c < hi; c++ {
		k.gamma[c] += T(gamma[c-lo])
		if k.beta != nil {
			k.beta[c] += T(beta[c-lo])
		}
	}
}
