package losses

import (
	"ganlib/device"
	"ganlib/kernels"
)

// Wasserstein computes the critic's loss of Arjovsky, Chintala and Bottou 2017, "Wasserstein GAN",
// section 3 (https://arxiv.org/abs/1701.07875):
//
//	loss = mean fake − mean real
//
// the negated estimate of the distance between real and generated data. real and fake are unbounded
// scores of shape (N,1), without a sigmoid. dReal and dFake, of the same shape, are overwritten with
// the gradients −1/N and +1/N, which cancel exactly in the gradient of the critic's last bias: that
// bias never moves.
func Wasserstein(loss, dReal, dFake, real, fake *device.Tensor) error {
	return kernels.WassersteinCritic(loss, dReal, dFake, real, fake)
}

// WassersteinGenerator computes the generator's loss −mean fake; dFake is −1/N everywhere.
func WassersteinGenerator(loss, dFake, fake *device.Tensor) error {
	return kernels.WassersteinGenerator(loss, dFake, fake)
}
