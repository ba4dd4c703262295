package losses

import (
	"ganlib/device"
	"ganlib/kernels"
)

// BCE computes the critic's (discriminator's) loss of Goodfellow et al. 2014, "Generative adversarial
// nets" (https://arxiv.org/abs/1406.2661): binary cross-entropy with label 1 for real and 0 for fake.
// real and fake are logits ℓ of shape (N,1), so that D = σ(ℓ) = 1/(1+exp(−ℓ)):
//
//	loss = −mean log σ(real) − mean log(1−σ(fake))
//	     = mean softplus(−real) + mean softplus(fake)
//
// with softplus(t) = max(t,0) + log1p(exp(−|t|)), which is finite for every logit. dReal and dFake are
// overwritten with (σ(real)−1)/N and σ(fake)/N. A critic that knows nothing, ℓ = 0, has the loss
// 2 ln 2 = 1.386.
func BCE(loss, dReal, dFake, real, fake *device.Tensor) error {
	return kernels.BCECritic(loss, dReal, dFake, real, fake)
}

// BCEGenerator computes the non-saturating generator's loss, the form that is used in practice:
//
//	loss = −mean log σ(fake) = mean softplus(−fake),  dFake = (σ(fake)−1)/N
//
// Its gradient is large where the critic is sure that the samples are fake. At ℓ = 0 the loss is
// ln 2 = 0.693.
func BCEGenerator(loss, dFake, fake *device.Tensor) error {
	return kernels.BCEGenerator(loss, dFake, fake, false)
}

// BCESaturatingGenerator computes the generator's side of the minimax game as the paper writes it:
//
//	loss = mean log(1−σ(fake)) = −mean softplus(fake),  dFake = −σ(fake)/N
//
// Its gradient vanishes where the critic is sure that the samples are fake.
func BCESaturatingGenerator(loss, dFake, fake *device.Tensor) error {
	return kernels.BCEGenerator(loss, dFake, fake, true)
}
