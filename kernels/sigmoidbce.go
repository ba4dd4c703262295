package kernels

import "ganlib/device"

// SigmoidBCECritic computes binary cross-entropy as PyTorch does for a sigmoid followed by BCELoss.
// With the probabilities p = σ(logit), rounded to the tensors' precision,
//
//	loss = −mean max(log p_real, −100) − mean max(log(1−p_fake), −100)
//
// dReal and dFake are the gradients with respect to the logits real and fake that automatic
// differentiation finds: with y the label, the product of the loss's (p−y)/max(p(1−p), 10⁻¹²)/N and
// the sigmoid's p(1−p), which is zero where p has been rounded to 0 or 1. Scores and gradients have
// one shape, (N,1) as a rule, and loss is (1).
func SigmoidBCECritic(loss, dReal, dFake, real, fake *device.Tensor) error {
	wide := isWide(loss)
	return criticLoss("sigmoid bce critic", loss, dReal, dFake, real, fake, sigmoidBCE{1, wide}, sigmoidBCE{0, wide})
}

// SigmoidBCEGenerator computes loss = −mean max(log σ(fake), −100) and its gradient dFake with respect
// to the logits, as SigmoidBCECritic does.
func SigmoidBCEGenerator(loss, dFake, fake *device.Tensor) error {
	return generatorLoss("sigmoid bce generator", loss, dFake, fake, sigmoidBCE{1, isWide(loss)})
}

// isWide reports whether t's elements are float64.
func isWide(t *device.Tensor) bool {
	cpu, ok := t.Device().(*device.CPU)
	return ok && cpu.Float64()
}
