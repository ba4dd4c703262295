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

// leaky is the leaky ReLU of a normalisation, if it has one.
type leaky[T device.Float] struct {
	on    bool
	slope T
}

func leakyOf[T device.Float](n Norm) leaky[T] { return leaky[T]{n.Leaky, T(n.Slope)} }

// gate multiplies v by the slope where the output is y: v = y makes the leaky ReLU itself.
func (a leaky[T]) gate(y, v T) T {
	if a.on && !(y > 0) {
		return a.slope * v
	}
	return v
}

// row returns row m of a tensor like y, gated, which takes the buffer if anything is to be multiplied.
func (a leaky[T]) row(b block, t, y []T, m int, buffer *[columnBlock]T) []T {
	v := row(b, t, m)
	if !a.on {
		return v
	}
	for c, y := range row(b, y, m) {
		buffer[c] = a.gate(y, v[c])
	}
	return buffer[:len(v)]
}

type normForward[T device.Float] struct {
	sets              sets
	leaky             leaky[T]
	y                 []T
	mean, variance, r []T
	x                 []T
	gamma, beta       []T
	eps               float64
}

func normForwardOn[T device.Float](y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, n Norm) {
	s := n.sets(x.Shape())
	launch(x, s.blocks(), 1, normForward[T]{s, leakyOf[T](n), device.Data[T](y), device.Data[T](mean), device.Data[T](variance), device.Data[T](r), device.Data[T](x), optional[T](gamma), optional[T](beta), eps})
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
		normalise(b, k.leaky, k.y, k.x, &mean, &root, k.gamma, k.beta)
	}
}

// normalise writes a block of y = a(γ·(x−mean)·r + β).
func normalise[T device.Float](b block, a leaky[T], y, x []T, mean, r *[columnBlock]float64, gammas, betas []T) {
	ones, zeros := one[T](), [columnBlock]T{}
	for m := range b.rows {
		gamma, beta := affine(b, gammas, m, &ones), affine(b, betas, m, &zeros)
		to := row(b, y, m)
		for c, v := range row(b, x, m) {
			v := T(float64(gamma[c])*((float64(v)-mean[c])*r[c]) + float64(beta[c]))
			to[c] = a.gate(v, v)
		}
	}
}

type normApply[T device.Float] struct {
	sets        sets
	leaky       leaky[T]
	y, x        []T
	mean, r     []T
	gamma, beta []T
}

func normApplyOn[T device.Float](y, x, mean, r, gamma, beta *device.Tensor, n Norm) {
	s := n.sets(x.Shape())
	launch(x, s.blocks(), 1, normApply[T]{s, leakyOf[T](n), device.Data[T](y), device.Data[T](x), device.Data[T](mean), device.Data[T](r), optional[T](gamma), optional[T](beta)})
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
		normalise(b, k.leaky, k.y, k.x, &mean, &r, k.gamma, k.beta)
	}
}

func normRootOn[T device.Float](r, variance *device.Tensor, eps float64) {
	roots := device.Data[T](r)
	for i, v := range device.Data[T](variance) {
		roots[i] = T(1 / math.Sqrt(float64(v)+eps))
	}
}
