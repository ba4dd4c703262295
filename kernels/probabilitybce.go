package kernels

import "ganlib/device"

// ProbabilityBCECritic computes binary cross-entropy on the outputs of Sigmoid, real and fake in
// [0,1], in the way of PyTorch's BCELoss:
//
//	loss = −mean max(log real, −100) − mean max(log(1−fake), −100)
//
// dReal and dFake are the gradients with respect to the logits before Sigmoid, as automatic
// differentiation finds them: with p the probability and y the label, the product of the loss's
// (p−y)/max(p(1−p), 10⁻¹²)/N and the sigmoid's p(1−p), which is zero where p has been rounded to 0
// or 1. They may be the same tensors as real and fake. All four have one shape; loss is (1).
func ProbabilityBCECritic(loss, dReal, dFake, real, fake *device.Tensor) error {
	return criticLoss("probability bce critic", loss, dReal, dFake, real, fake, probabilityBCE{1}, probabilityBCE{0})
}

// ProbabilityBCEGenerator computes loss = −mean max(log fake, −100) and its gradient with respect to
// the logits, as ProbabilityBCECritic does.
func ProbabilityBCEGenerator(loss, dFake, fake *device.Tensor) error {
	return generatorLoss("probability bce generator", loss, dFake, fake, probabilityBCE{1})
}
