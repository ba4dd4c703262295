// Package losses holds what critics and generators are trained on: objectives on scores, the gradient
// penalty, and the divergences that the papers reason with.
//
// A loss reads a batch of scores f(x), shape (N,1) as a rule, and gives its value, a tensor of shape
// (1) that stays on the device, and its gradients with respect to the scores, from which the critic's
// Backward goes on. Throughout ganlib a higher score means more real, and every loss is minimised: the
// critic raises real scores and lowers fake ones, the generator raises fake ones. N is the actual
// number of samples, also in a partial batch.
//
// An [Objective] pairs a critic's loss with a generator's, for an algorithm to hold:
//
//	objective        critic minimises                               generator minimises
//	BCE              mean softplus(−real) + mean softplus(fake)     mean softplus(−fake)
//	SigmoidBCE       the same on σ(score), logarithms clamped       the same
//	Wasserstein      mean fake − mean real                          −mean fake
//	LeastSquares     factor·(mean (real−b)² + mean (fake−a)²)       factor·mean (fake−c)²
//	Hinge            mean max(0,1−real) + mean max(0,1+fake)        −mean fake
//
// Real and fake scores have one shape; unequal shapes give a [*device.ShapeError]. The functions only
// start kernels; they allocate nothing and keep nothing, and may be called by several goroutines.
//
// Read wasserstein.go first, then objective.go and penalty.go.
package losses
