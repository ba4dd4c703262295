package kernels

import "ganlib/device"

// newNormFastAt is newNormFast for the passes that differentiate.
func newNormFastAt(pass normPass, out *device.Tensor, at NormAt, n Norm) normFast {
	k := newNormFast(pass, at.X, n)
	k.out, k.gamma, k.y = optional[float32](out), optional[float32](at.Gamma), optional[float32](at.output(n))
	k.mean, k.r = device.Data[float32](at.Mean), device.Data[float32](at.R)
	k.meanDot, k.corr = optional[float32](at.MeanDot), optional[float32](at.Corr)
	return k
}

func normBackwardFast(dx *device.Tensor, grads NormGrads, dy *device.Tensor, at NormAt, n Norm) {
	k := newNormFastAt(passBackward, dx, at, n)
	k.u = device.Data[float32](dy)
	k.runGradients(at.X, grads)
}

func normTangentFast(ydot, xdot *device.Tensor, at NormAt, n Norm) {
	k := newNormFastAt(passTangent, ydot, at, n)
	k.u = device.Data[float32](xdot)
	k.run(at.X)
}

func normSecondFast(xbar *device.Tensor, grads NormGrads, ybar, delta, xdot *device.Tensor, at NormAt, n Norm) {
	k := newNormFastAt(passSecond, xbar, at, n)
	k.u, k.v, k.dot = optional[float32](ybar), device.Data[float32](delta), device.Data[float32](xdot)
	k.runGradients(at.X, grads)
}

// runGradients runs a pass that also adds to parameter gradients. Where they have a number for each
// element of a sample, the sums over positions are of no use to them: they are taken again, over the
// samples alone.
func (k *normFast) runGradients(t *device.Tensor, grads NormGrads) {
	if !grads.wanted() {
		k.run(t)
		return
	}
	k.dgamma, k.dbeta = device.Data[float32](grads.Gamma), device.Data[float32](grads.Beta)
	if len(k.dgamma) == k.columns {
		k.lo, k.hi = grads.Lo, grads.Hi
		k.run(t)
		return
	}
	if k.out != nil {
		k.run(t)
	}
	k.out, k.gamma, k.lo, k.hi = nil, nil, grads.Lo, grads.Hi
	k.rows, k.columns = 1, k.rows*k.columns
	k.run(t)
}
