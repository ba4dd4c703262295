package losses

import (
	"ganlib/device"
	"ganlib/kernels"
)

// SigmoidBCE computes the loss of a critic that ends in a sigmoid and PyTorch's BCELoss, as many
// tutorials build it. real and fake are logits ℓ of shape (N,1); with p = σ(ℓ), rounded to the
// device's precision,
//
//	loss = −mean max(log p_real, −100) − mean max(log(1−p_fake), −100)
//
// dReal and dFake are overwritten with what automatic differentiation gives for the pair of
// operations, (p−y)/max(p(1−p), 10⁻¹²) · p(1−p)/N for label y. Where nothing is rounded away this is
// [BCE]; beyond, the loss stops at 100 and the gradient at zero, so that a critic that is wrong and
// sure cannot learn. It exists to reproduce such runs; otherwise use [BCE].
func SigmoidBCE(loss, dReal, dFake, real, fake *device.Tensor) error {
	return kernels.SigmoidBCECritic(loss, dReal, dFake, real, fake)
}

// SigmoidBCEGenerator computes loss = −mean max(log σ(fake), −100) and its gradient with respect to
// the logits, in the way of [SigmoidBCE].
func SigmoidBCEGenerator(loss, dFake, fake *device.Tensor) error {
	return kernels.SigmoidBCEGenerator(loss, dFake, fake)
}
