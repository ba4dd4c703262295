package kernels

import (
	"fmt"

	"ganlib/device"
)

// NormAt is where a normalisation is differentiated: what its passes before took and left.
type NormAt struct {
	X             *device.Tensor // the input
	Mean, R       *device.Tensor // its statistics
	Gamma         *device.Tensor // nil for 1
	Y             *device.Tensor // the output, read only if a leaky ReLU is part of the operation
	MeanDot, Corr *device.Tensor // what NormTangent kept, for NormSecond
}

// check verifies the tensors' shapes.
func (a NormAt) check(op string, n Norm) error {
	if n.Leaky && a.Y == nil {
		return fmt.Errorf("kernels: %s: y: want the output, which tells the leaky ReLU's slopes", op)
	}
	return n.check(op, a.X, normArg{"mean", a.Mean, perSet}, normArg{"r", a.R, perSet}, normArg{"gamma", a.Gamma, scaling},
		normArg{"y", a.output(n), likeX}, normArg{"meanDot", a.MeanDot, perSet}, normArg{"corr", a.Corr, perSet})
}

// output returns Y if it is read.
func (a NormAt) output(n Norm) *device.Tensor {
	if n.Leaky {
		return a.Y
	}
	return nil
}

// NormGrads are the parameter gradients that a pass adds to. Gamma and Beta are nil if they are not
// wanted.
type NormGrads struct {
	Gamma, Beta *device.Tensor
	Lo, Hi      int // the samples that count, from Lo up to but not including Hi
}

// wanted reports whether there is anything to add.
func (g NormGrads) wanted() bool { return g.Gamma != nil && g.Lo < g.Hi }

// check verifies shapes and samples.
func (g NormGrads) check(op string, x *device.Tensor, n Norm) error {
	if err := n.check(op, x, normArg{"dgamma", g.Gamma, scaling}, normArg{"dbeta", g.Beta, scaling}); err != nil {
		return err
	}
	samples := x.Shape()[0]
	switch {
	case g.Gamma == nil && g.Beta == nil:
		return nil
	case g.Gamma == nil || g.Beta == nil:
		return fmt.Errorf("kernels: %s: want both dgamma and dbeta, or none", op)
	case g.Gamma.Len() != g.Beta.Len():
		return shapeError(op, "dbeta", g.Beta, "want as many numbers as in dgamma %v", g.Gamma.Shape())
	case g.Lo < 0 || g.Lo > g.Hi || g.Hi > samples:
		return fmt.Errorf("kernels: %s: samples %d to %d for x %v", op, g.Lo, g.Hi, x.Shape())
	case n.Kind == NormBatch && !n.Frozen && g.Lo < g.Hi && g.Hi-g.Lo != samples:
		return fmt.Errorf("kernels: %s: samples %d to %d for x %v: want all, whose statistics they share", op, g.Lo, g.Hi, x.Shape())
	}
	return nil
}

// flops counts the sums over the elements of x that count.
func (g NormGrads) flops(each int64, x *device.Tensor) int64 {
	return each * int64(g.Hi-g.Lo) * int64(x.Shape().RowLen())
}

// count counts the sums, if any, as the operation that they would be alone. It is called when the pass
// is over, whose time is not theirs.
func (g NormGrads) count(op string, each int64, x *device.Tensor) {
	if g.wanted() {
		x.Device().Counter().Add(op, g.flops(each, x))
	}
}

// NormBackward computes dx = r·P(γ·dy), unless dx is nil, and adds Σ dy·x' to grads.Gamma and Σ dy to
// grads.Beta.
func NormBackward(dx *device.Tensor, grads NormGrads, dy *device.Tensor, at NormAt, n Norm) error {
	const params = "norm parameter gradient"
	op, x := "norm backward", at.X
	if dx == nil {
		op = params
	}
	if err := at.check(op, n); err != nil {
		return err
	}
	if err := n.check(op, x, normArg{"dx", dx, likeX}, normArg{"dy", dy, likeX}); err != nil {
		return err
	}
	if err := grads.check(op, x, n); err != nil {
		return err
	}
	if dx == nil && !grads.wanted() {
		return nil
	}
	flops := n.flops(10, x)
	if dx == nil {
		flops = grads.flops(5, x)
	}
	engine, err := prepare(op, flops, x, dx, grads.Gamma, grads.Beta, dy, at.Mean, at.R, at.Gamma, at.output(n))
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normBackwardOn[float32](dx, grads, dy, at, n)
	case engineReference64:
		normBackwardOn[float64](dx, grads, dy, at, n)
	case engineFast:
		normBackwardFast(dx, grads, dy, at, n)
	case engineCUDA:
		if err := thenRound(normBackwardCUDA(dx, grads, dy, at, n), grads.Gamma, grads.Beta); err != nil {
			return err
		}
	}
	if dx != nil {
		grads.count(params, 5, x)
	}
	return nil
}

// NormTangent computes ẏ = γ·r·P(ẋ), and keeps mean ẋ and mean(x'ẋ) of each set in at.MeanDot and at.Corr
// for the second-order pass (zeros if Frozen).
func NormTangent(ydot, xdot *device.Tensor, at NormAt, n Norm) error {
	const op = "norm tangent"
	x := at.X
	if err := at.check(op, n); err != nil {
		return err
	}
	if err := n.check(op, x, normArg{"ydot", ydot, likeX}, normArg{"xdot", xdot, likeX}); err != nil {
		return err
	}
	engine, err := prepare(op, n.flops(10, x), x, ydot, at.MeanDot, at.Corr, xdot, at.Mean, at.R, at.Gamma, at.output(n))
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normTangentOn[float32](ydot, xdot, at, n)
	case engineReference64:
		normTangentOn[float64](ydot, xdot, at, n)
	case engineFast:
		normTangentFast(ydot, xdot, at, n)
	case engineCUDA:
		return thenRound(normTangentCUDA(ydot, xdot, at, n), at.MeanDot, at.Corr)
	}
	return nil
}

// NormSecond differentiates value and tangent together. From ȳ, the adjoint of the value (nil for
// zero), δ, that of the tangent, and ẋ it computes x̄, unless xbar is nil, and adds Σ (ȳ·x' + δ·ẋ') to
// grads.Gamma and Σ ȳ to grads.Beta.
func NormSecond(xbar *device.Tensor, grads NormGrads, ybar, delta, xdot *device.Tensor, at NormAt, n Norm) error {
	const params, tangentParams = "norm parameter gradient", "norm tangent parameter gradient"
	op, x := "norm second", at.X
	if xbar == nil {
		op = tangentParams
	}
	if err := at.check(op, n); err != nil {
		return err
	}
	if err := n.check(op, x, normArg{"xbar", xbar, likeX}, normArg{"ybar", ybar, likeX}, normArg{"delta", delta, likeX}, normArg{"xdot", xdot, likeX}); err != nil {
		return err
	}
	if err := grads.check(op, x, n); err != nil {
		return err
	}
	if xbar == nil && !grads.wanted() {
		return nil
	}
	flops := n.flops(25, x)
	if xbar == nil {
		flops = grads.flops(7, x)
	}
	engine, err := prepare(op, flops, x, xbar, grads.Gamma, grads.Beta, ybar, delta, xdot, at.Mean, at.R, at.MeanDot, at.Corr, at.Gamma, at.output(n))
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		normSecondOn[float32](xbar, grads, ybar, delta, xdot, at, n)
	case engineReference64:
		normSecondOn[float64](xbar, grads, ybar, delta, xdot, at, n)
	case engineFast:
		normSecondFast(xbar, grads, ybar, delta, xdot, at, n)
	case engineCUDA:
		if err := thenRound(normSecondCUDA(xbar, grads, ybar, delta, xdot, at, n), grads.Gamma, grads.Beta); err != nil {
			return err
		}
	}
	if xbar != nil {
		grads.count(tangentParams, 7, x)
	}
	if ybar != nil {
		grads.count(params, 5, x)
	}
	return nil
}
