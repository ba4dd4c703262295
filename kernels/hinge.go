package kernels

import "ganlib/device"

// HingeCritic computes
//
//	loss = mean max(0, 1−real) + mean max(0, 1+fake)
//
// and its gradients: dReal is −1/N where real < 1, dFake is 1/N where fake > −1, and both are zero
// elsewhere, at the kinks too. Scores and gradients have one shape, (N,1) as a rule, and loss is (1).
// The generator's loss is that of WassersteinGenerator.
func HingeCritic(loss, dReal, dFake, real, fake *device.Tensor) error {
	return criticLoss("hinge critic", loss, dReal, dFake, real, fake, hinge{-1}, hinge{1})
}
