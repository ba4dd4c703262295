package losses

import (
	"ganlib/device"
	"ganlib/kernels"
)

// Hinge computes the critic's loss of Lim and Ye 2017, "Geometric GAN"
// (https://arxiv.org/abs/1705.02894), and of Miyato et al. 2018, "Spectral normalization for
// generative adversarial networks" (https://arxiv.org/abs/1802.05957):
//
//	loss = mean max(0, 1−real) + mean max(0, 1+fake)
//
// real and fake are unbounded scores of shape (N,1). dReal is overwritten with −1/N where real < 1,
// dFake with 1/N where fake > −1, and both with zero elsewhere; at the kinks too, as PyTorch has it.
func Hinge(loss, dReal, dFake, real, fake *device.Tensor) error {
	return kernels.HingeCritic(loss, dReal, dFake, real, fake)
}

// HingeGenerator computes the generator's loss −mean fake, that of [WassersteinGenerator].
func HingeGenerator(loss, dFake, fake *device.Tensor) error {
	return kernels.WassersteinGenerator(loss, dFake, fake)
}
