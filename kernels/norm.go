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

// check verifies the shapes: tensors like x, statistics, and affine parameters (nil where there are
// none).
func (n Norm) check(op string, x *device.Tensor, like, stats, affine []*device.Tensor) error {
	for i, t := range like {
		if t != nil && t.Shape() != x.Shape() {
			return shapeError(op, fmt.Sprintf("tensor %d", i), t, "want the shape of x %v", x.Shape())
		}
	}
	count, _ := n.Sets(x.Shape())
	for _, t := range stats {
		if t.Len() != count {
			return shapeError(op, "statistic", t, "want %d numbers for x %v", count, x.Shape())
		}
	}
	for _, t := range affine {
		if t == nil || t.Len() == x.Shape().Last() || (n.Kind == NormLayer && t.Len() == x.Shape().RowLen()) {
			continue
		}
		return shapeError(op, "affine parameter", t, "want (%d) for x %v", x.Shape().Last(), x.Shape())
	}
	return nil
}

// NormStats computes the statistics of x: mean, biased variance and r = 1/√(variance+eps).
func NormStats(mean, variance, r, x *device.Tensor, eps float64, n Norm) error {
	const op = "norm stats"
	if err := n.check(op, x, nil, []*device.Tensor{mean, variance, r}, nil); err != nil {
		return err
	}
	engine, err := prepare(op, 4*int64(x.Len()), x, mean, variance, r)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normStatsOn[float32](mean, variance, r, x, eps, n.sets(x.Shape()))
	case engineReference64:
		normStatsOn[float64](mean, variance, r, x, eps, n.sets(x.Shape()))
	}
	return nil
}

// NormApply computes y = γ·(x−mean)·r + β; gamma and beta may be nil for 1 and 0.
func NormApply(y, x, mean, r, gamma, beta *device.Tensor, n Norm) error {
	const op = "norm apply"
	if err := n.check(op, x, []*device.Tensor{y}, []*device.Tensor{mean, r}, []*device.Tensor{gamma, beta}); err != nil {
		return err
	}
	engine, err := prepare(op, 4*int64(x.Len()), x, y, mean, r, gamma, beta)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normApplyOn[float32](y, x, mean, r, gamma, beta, n.sets(x.Shape()))
	case engineReference64:
		normApplyOn[float64](y, x, mean, r, gamma, beta, n.sets(x.Shape()))
	}
	return nil
}

// NormBackward computes dx = r·P(γ·dy).
func NormBackward(dx, dy, x, mean, r, gamma *device.Tensor, n Norm) error {
	const op = "norm backward"
	if err := n.check(op, x, []*device.Tensor{dx, dy}, []*device.Tensor{mean, r}, []*device.Tensor{gamma}); err != nil {
		return err
	}
	engine, err := prepare(op, 10*int64(x.Len()), x, dx, dy, mean, r, gamma)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normProjectOn[float32](dx, dy, x, mean, r, nil, nil, gamma, nil, n)
	case engineReference64:
		normProjectOn[float64](dx, dy, x, mean, r, nil, nil, gamma, nil, n)
	}
	return nil
}

// NormParamGrad adds Σ dy·x' to dgamma and Σ dy to dbeta.
func NormParamGrad(dgamma, dbeta, dy, x, mean, r *device.Tensor, n Norm) error {
	const op = "norm parameter gradient"
	if err := n.check(op, x, []*device.Tensor{dy}, []*device.Tensor{mean, r}, []*device.Tensor{dgamma, dbeta}); err != nil {
		return err
	}
	engine, err := prepare(op, 5*int64(x.Len()), x, dgamma, dbeta, dy, mean, r)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
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
	if err := n.check(op, x, []*device.Tensor{ydot, xdot}, []*device.Tensor{mean, r, meanDot, corr}, []*device.Tensor{gamma}); err != nil {
		return err
	}
	engine, err := prepare(op, 10*int64(x.Len()), x, ydot, meanDot, corr, xdot, mean, r, gamma)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
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
	if err := n.check(op, x, []*device.Tensor{xbar, ybar, delta, xdot}, []*device.Tensor{mean, r, meanDot, corr}, []*device.Tensor{gamma}); err != nil {
		return err
	}
	engine, err := prepare(op, 25*int64(x.Len()), x, xbar, ybar, delta, xdot, mean, r, meanDot, corr, gamma)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normSecondOn[float32](xbar, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma, n)
	case engineReference64:
		normSecondOn[float64](xbar, ybar, delta, xdot, x, mean, r, meanDot, corr, gamma, n)
	}
	return nil
}

// NormTangentParamGrad adds Σ δ·ẋ' to dgamma.
func NormTangentParamGrad(dgamma, delta, xdot, x, mean, r, meanDot, corr *device.Tensor, n Norm) error {
	const op = "norm tangent parameter gradient"
	if err := n.check(op, x, []*device.Tensor{delta, xdot}, []*device.Tensor{mean, r, meanDot, corr}, []*device.Tensor{dgamma}); err != nil {
		return err
	}
	engine, err := prepare(op, 7*int64(x.Len()), x, dgamma, delta, xdot, mean, r, meanDot, corr)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
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
	for _, t := range []*device.Tensor{runningVar, mean, variance} {
		if t.Len() != runningMean.Len() {
			return shapeError(op, "statistic", t, "want as many numbers as in the running mean %v", runningMean.Shape())
		}
	}
	engine, err := prepare(op, 6*int64(mean.Len()), runningMean, runningVar, mean, variance)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
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
	case engineReference:
		normRootOn[float32](r, variance, eps)
	case engineReference64:
		normRootOn[float64](r, variance, eps)
	}
	return nil
}
