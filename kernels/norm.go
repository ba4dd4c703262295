package kernels

import (
	"fmt"

	"ganlib/device"
)

// NormKind says over which numbers a normalisation takes its mean and variance.
type NormKind int

const (
	NormBatch    NormKind = iota // each channel, over all samples and positions
	NormInstance                 // each channel of each sample, over its positions
	NormLayer                    // each sample, over all its elements
)

// Norm is a normalisation y = a(γ·x' + β) with x' = (x−μ)·r, r = 1/√(σ²+eps), where μ and σ² are mean
// and biased variance over sets of M numbers. Statistics have shape (sets), in the order (N,C): (C) for
// batch, (N·C) for instance and (N) for layer norm. γ and β have the channels' shape (C); for layer
// norm they may also have one number for each element of a sample. If Frozen is set, the statistics
// are constants (a batch norm in evaluation mode) and only the affine part is differentiated.
//
// a is a leaky ReLU, as [LeakyReLU] computes it, or nothing. Its slope at least 0, so that the output y
// tells where it has slope 1: in the passes, dy, ȳ and δ are multiplied by a'(y) before anything else,
// and ẏ is multiplied by it at the end, which is not written below.
//
// With P(u) = u − mean u − x'·mean(x'u), means being over the sets, the passes are
//
//	backward          dx = r·P(γ·dy)                       dγ += Σ dy·x'          dβ += Σ dy
//	tangent           ẋ' = r·P(ẋ)          ẏ = γ·ẋ'
//	second            w = γδ    q = −r·(w·mean(x'ẋ) + ẋ·mean(w·x'))
//	                  x̄ = r·(P(γȳ + q) − x'·mean(w·ẋ'))     dγ += Σ (ȳ·x' + δ·ẋ')   dβ += Σ ȳ
//
// Ioffe and Szegedy 2015 (batch), Ulyanov, Vedaldi and Lempitsky 2016 (instance), Ba, Kiros and
// Hinton 2016 (layer). All sums are taken in float64, in a fixed order.
type Norm struct {
	Kind   NormKind
	Frozen bool
	Leaky  bool    // a leaky ReLU is part of the operation
	Slope  float64 // its slope for numbers below zero, at least 0
}

// sets are the dimensions of x as a normalisation sees it: groups × rows × columns, with one set for
// each group and column.
type sets struct{ groups, rows, columns int }

func (n Norm) sets(x device.Shape) sets {
	c := x.Last()
	switch n.Kind {
	case NormInstance:
		return sets{x[0], x.RowLen() / c, c}
	case NormLayer:
		return sets{x[0], x.RowLen(), 1}
	}
	return sets{1, x.Len() / c, c}
}

// Sets returns the number of sets in x, the length of each statistic, and the numbers in a set.
func (n Norm) Sets(x device.Shape) (count, size int) {
	s := n.sets(x)
	return s.groups * s.columns, s.rows
}

// normArg is an argument of a normalisation with what its shape must be.
type normArg struct {
	name string
	t    *device.Tensor
	role normRole
}

type normRole int

const (
	likeX   normRole = iota // the shape of x
	perSet                  // one number for each set
	scaling                 // γ or β
)

// check verifies the shapes of x and of the other arguments; nil ones are passed over.
func (n Norm) check(op string, x *device.Tensor, args ...normArg) error {
	s := x.Shape()
	if s.Rank() < 2 {
		return shapeError(op, "x", x, "want (N,…,C)")
	}
	if n.Leaky && !(n.Slope >= 0) {
		return fmt.Errorf("kernels: %s: slope %g: want at least 0", op, n.Slope)
	}
	count, _ := n.Sets(s)
	for _, a := range args {
		switch {
		case a.t == nil:
		case a.role == likeX && a.t.Shape() != s:
			return shapeError(op, a.name, a.t, "want the shape of x %v", s)
		case a.role == perSet && a.t.Len() != count:
			return shapeError(op, a.name, a.t, "want %d numbers for x %v", count, s)
		case a.role == scaling && a.t.Len() != s.Last() && (n.Kind != NormLayer || a.t.Len() != s.RowLen()):
			return shapeError(op, a.name, a.t, "want (%d) for x %v", s.Last(), s)
		}
	}
	return nil
}

// flops counts a pass over x, and the leaky ReLU if there is one.
func (n Norm) flops(each int64, x *device.Tensor) int64 {
	if n.Leaky {
		each++
	}
	return each * int64(x.Len())
}

// NormForward computes the statistics of x, mean, biased variance and r = 1/√(variance+eps), and
// y = a(γ·(x−mean)·r + β); gamma and beta may be nil for 1 and 0. y is made with the statistics before
// they are rounded: an error in one of them would shift a whole set.
func NormForward(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, n Norm) error {
	return normTrain(y, mean, variance, r, x, gamma, beta, eps, NormRunning{}, n)
}

// normTrain is NormForward with running statistics, if there are any.
func normTrain(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, run NormRunning, n Norm) error {
	const op = "norm forward"
	if err := n.check(op, x, normArg{"y", y, likeX}, normArg{"mean", mean, perSet}, normArg{"variance", variance, perSet}, normArg{"r", r, perSet},
		normArg{"gamma", gamma, scaling}, normArg{"beta", beta, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, n.flops(8, x), x, y, mean, variance, r, gamma, beta, run.Mean, run.Variance, run.Count)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normForwardOn[float32](y, mean, variance, r, x, gamma, beta, eps, n)
		moveOn[float32](run, mean, variance)
	case engineReference64:
		normForwardOn[float64](y, mean, variance, r, x, gamma, beta, eps, n)
		moveOn[float64](run, mean, variance)
	case engineFast:
		normForwardFast(y, mean, variance, r, x, gamma, beta, eps, n)
		moveOn[float32](run, mean, variance)
	case engineCUDA:
		return thenRound(normForwardCUDA(y, mean, variance, r, x, gamma, beta, eps, run, n), mean, variance, r, run.Mean, run.Variance, run.Count)
	}
	return nil
}

// NormApply computes y = a(γ·(x−mean)·r + β) with given statistics; gamma and beta may be nil for 1 and
// 0.
func NormApply(y, x, mean, r, gamma, beta *device.Tensor, n Norm) error {
	const op = "norm apply"
	if err := n.check(op, x,
		normArg{"y", y, likeX}, normArg{"mean", mean, perSet}, normArg{"r", r, perSet},
		normArg{"gamma", gamma, scaling}, normArg{"beta", beta, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, n.flops(4, x), x, y, mean, r, gamma, beta)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normApplyOn[float32](y, x, mean, r, gamma, beta, n)
	case engineReference64:
		normApplyOn[float64](y, x, mean, r, gamma, beta, n)
	case engineFast:
		normApplyFast(y, x, mean, r, gamma, beta, n)
	case engineCUDA:
		return normApplyCUDA(y, x, mean, r, gamma, beta, n)
	}
	return nil
}

// NormRoot computes r = 1/√(variance+eps), for running statistics.
func NormRoot(r, variance *device.Tensor, eps float64) error {
	const op = "norm root"
	if err := sameShape(op, "variance", variance, "r", r); err != nil {
		return err
	}
	engine, err := prepare(op, 3*int64(r.Len()), r, variance)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normRootOn[float32](r, variance, eps)
	case engineReference64:
		normRootOn[float64](r, variance, eps)
	case engineCUDA:
		return thenRound(normRootCUDA(r, variance, eps), r)
	}
	return nil
}
