package kernels

import "ganlib/device"

// WassersteinCritic computes the critic's loss of the Wasserstein GAN,
//
//	loss = mean fake − mean real
//
// and its gradients dReal = −1/N and dFake = +1/N. Scores and gradients have one shape, (N,1) as a
// rule, and loss is (1).
func WassersteinCritic(loss, dReal, dFake, real, fake *device.Tensor) error {
	return criticLoss("wasserstein critic", loss, dReal, dFake, real, fake, wasserstein{-1}, wasserstein{1})
}

// WassersteinGenerator computes the generator's loss −mean fake and its gradient dFake = −1/N.
func WassersteinGenerator(loss, dFake, fake *device.Tensor) error {
	return generatorLoss("wasserstein generator", loss, dFake, fake, wasserstein{-1})
}
