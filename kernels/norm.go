package kernels

import "ganlib/device"

// NormKind says over which numbers a normalisation takes its mean and variance.
type NormKind int

const (
	NormBatch    NormKind = iota // each channel, over all samples and positions
	NormInstance                 // each channel of each sample, over its positions
	NormLayer                    // each sample, over all its elements
)

// Norm is a normalisation y = γ·x' + β with x' = (x−μ)·r, r = 1/√(σ²+eps), where μ and σ² are mean and
// biased variance over sets of M numbers. Statistics have shape (sets), in the order (N,C): (C) for
// batch, (N·C) for instance and (N) for layer norm. γ and β have the channels' shape (C); for layer
// norm they may also have one number for each element of a sample. If Frozen is set, the statistics
// are constants (a batch norm in evaluation mode) and only the affine part is differentiated.
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

// NormForward computes the statistics of x, mean, biased variance and r = 1/√(variance+eps), and
// y = γ·(x−mean)·r + β; gamma and beta may be nil for 1 and 0. y is made with the statistics before
// they are rounded: an error in one of them would shift a whole set.
func NormForward(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, n Norm) error {
	const op = "norm forward"
	if err := n.check(op, x, normArg{"y", y, likeX}, normArg{"mean", mean, perSet}, normArg{"variance", variance, perSet}, normArg{"r", r, perSet},
		normArg{"gamma", gamma, scaling}, normArg{"beta", beta, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, 8*int64(x.Len()), x, y, mean, variance, r, gamma, beta)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normForwardOn[float32](y, mean, variance, r, x, gamma, beta, eps, n.sets(x.Shape()))
	case engineReference64:
		normForwardOn[float64](y, mean, variance, r, x, gamma, beta, eps, n.sets(x.Shape()))
	}
	return nil
}

// NormApply computes y = γ·(x−mean)·r + β with given statistics; gamma and beta may be nil for 1 and
// 0.
func NormApply(y, x, mean, r, gamma, beta *device.Tensor, n Norm) error {
	const op = "norm apply"
	if err := n.check(op, x,
		normArg{"y", y, likeX}, normArg{"mean", mean, perSet}, normArg{"r", r, perSet},
		normArg{"gamma", gamma, scaling}, normArg{"beta", beta, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, 4*int64(x.Len()), x, y, mean, r, gamma, beta)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normApplyOn[float32](y, x, mean, r, gamma, beta, n.sets(x.Shape()))
	case engineReference64:
		normApplyOn[float64](y, x, mean, r, gamma, beta, n.sets(x.Shape()))
	}
	return nil
}

// NormBackward computes dx = r·P(γ·dy).
func NormBackward(dx, dy, x, mean, r, gamma *device.Tensor, n Norm) error {
	const op = "norm backward"
	if err := n.check(op, x,
		normArg{"dx", dx, likeX}, normArg{"dy", dy, likeX}, normArg{"mean", mean, perSet}, normArg{"r", r, perSet},
		normArg{"gamma", gamma, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, 10*int64(x.Len()), x, dx, dy, mean, r, gamma)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normProjectOn[float32](dx, dy, x, mean, r, nil, nil, gamma, nil, n)
	case engineReference64:
		normProjectOn[float64](dx, dy, x, mean, r, nil, nil, gamma, nil, n)
	}
	return nil
}

// NormParamGrad adds Σ dy·x' to dgamma and Σ dy to dbeta.
func NormParamGrad(dgamma, dbeta, dy, x, mean, r *device.Tensor, n Norm) error {
	const op = "norm parameter gradient"
	if err := n.check(op, x,
		normArg{"dy", dy, likeX}, normArg{"mean", mean, perSet}, normArg{"r", r, perSet},
		normArg{"dgamma", dgamma, scaling}, normArg{"dbeta", dbeta, scaling}); err != nil {
		return err
	}
	if dbeta.Len() != dgamma.Len() {
		return shapeError(op, "dbeta", dbeta, "want as many numbers as in dgamma %v", dgamma.Shape())
	}
	engine, err := prepare(op, 5*int64(x.Len()), x, dgamma, dbeta, dy, mean, r)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normParamOn[float32](dgamma, dbeta, dy, x, mean, r, n.sets(x.Shape()))
	case engineReference64:
		normParamOn[float64](dgamma, dbeta, dy, x, mean, r, n.sets(x.Shape()))
	}
	return nil
}

// NormTangent computes ẏ = γ·r·P(ẋ), and keeps mean ẋ and mean(x'ẋ) of each set for the second-order
// passes (zeros if Frozen).
func NormTangent(ydot, meanDot, corr, xdot, x, mean, r, gamma *device.Tensor, n Norm) error {
	const op = "norm tangent"
	if err := n.check(op, x,
		normArg{"ydot", ydot, likeX}, normArg{"xdot", xdot, likeX}, normArg{"mean", mean, perSet},
		normArg{"r", r, perSet}, normArg{"meanDot", meanDot, perSet}, normArg{"corr", corr, perSet},
		normArg{"gamma", gamma, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, 10*int64(x.Len()), x, ydot, meanDot, corr, xdot, mean, r, gamma)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normProjectOn[float32](ydot, xdot, x, mean, r, meanDot, corr, nil, gamma, n)
	case engineReference64:
		normProjectOn[float64](ydot, xdot, x, mean, r, meanDot, corr, nil, gamma, n)
	}
	return nil
}

// NormSecond computes x̄, the adjoint of the input when value and tangent are differentiated
// together, from ȳ (nil for zero), δ and ẋ; meanDot and corr are what NormTangent kept.
func NormSecond(xbar, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma *device.Tensor, n Norm) error {
	const op = "norm second"
	if err := n.check(op, x,
		normArg{"xbar", xbar, likeX}, normArg{"ybar", ybar, likeX}, normArg{"delta", delta, likeX},
		normArg{"xdot", xdot, likeX}, normArg{"mean", mean, perSet}, normArg{"r", r, perSet},
		normArg{"meanDot", meanDot, perSet}, normArg{"corr", corr, perSet}, normArg{"gamma", gamma, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, 25*int64(x.Len()), x, xbar, ybar, delta, xdot, mean, r, meanDot, corr, gamma)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normSecondOn[float32](xbar, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma, n)
	case engineReference64:
		normSecondOn[float64](xbar, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma, n)
	}
	return nil
}

// NormTangentParamGrad adds Σ δ·ẋ' to dgamma.
func NormTangentParamGrad(dgamma, delta, xdot, x, mean, r, meanDot, corr *device.Tensor, n Norm) error {
	const op = "norm tangent parameter gradient"
	if err := n.check(op, x,
		normArg{"delta", delta, likeX}, normArg{"xdot", xdot, likeX}, normArg{"mean", mean, perSet},
		normArg{"r", r, perSet}, normArg{"meanDot", meanDot, perSet}, normArg{"corr", corr, perSet},
		normArg{"dgamma", dgamma, scaling}); err != nil {
		return err
	}
	engine, err := prepare(op, 7*int64(x.Len()), x, dgamma, delta, xdot, mean, r, meanDot, corr)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normTangentParamOn[float32](dgamma, delta, xdot, x, mean, r, meanDot, corr, n.sets(x.Shape()))
	case engineReference64:
		normTangentParamOn[float64](dgamma, delta, xdot, x, mean, r, meanDot, corr, n.sets(x.Shape()))
	}
	return nil
}

// NormRunning moves running statistics towards a batch's: running += momentum·(batch − running), the
// variance being multiplied by scale first (M/(M−1) for the unbiased one, 1 for the biased).
func NormRunning(runningMean, runningVar, mean, variance *device.Tensor, momentum, scale float64) error {
	const op = "norm running"
	for _, a := range [...]normArg{{name: "runningVar", t: runningVar}, {name: "mean", t: mean}, {name: "variance", t: variance}} {
		if a.t.Len() != runningMean.Len() {
			return shapeError(op, a.name, a.t, "want as many numbers as in runningMean %v", runningMean.Shape())
		}
	}
	engine, err := prepare(op, 6*int64(mean.Len()), runningMean, runningVar, mean, variance)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		normRunningOn[float32](runningMean, runningVar, mean, variance, momentum, scale)
	case engineReference64:
		normRunningOn[float64](runningMean, runningVar, mean, variance, momentum, scale)
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
	}
	return nil
}
