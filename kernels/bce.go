package kernels

import "ganlib/device"

// BCECritic computes binary cross-entropy on logits, with label 1 for real and 0 for fake:
//
//	loss = mean softplus(−real) + mean softplus(fake),  softplus(t) = max(t,0) + log1p(exp(−|t|))
//
// and its gradients dReal = (σ(real)−1)/N and dFake = σ(fake)/N. Logits of any size give finite
// results. Scores and gradients have one shape, (N,1) as a rule, and loss is (1).
func BCECritic(loss, dReal, dFake, real, fake *device.Tensor) error {
	return criticLoss("bce critic", loss, dReal, dFake, real, fake, bce{-1, 1}, bce{1, 1})
}

// BCEGenerator computes the generator's loss on logits,
//
//	loss = mean softplus(−fake)    and, saturating,    loss = −mean softplus(fake) = mean log(1−σ(fake))
//
// and its gradient dFake.
func BCEGenerator(loss, dFake, fake *device.Tensor, saturating bool) error {
	if saturating {
		return generatorLoss("bce generator", loss, dFake, fake, bce{1, -1})
	}
	return generatorLoss("bce generator", loss, dFake, fake, bce{-1, 1})
}
