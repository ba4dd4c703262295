package kernels

import "ganlib/device"

// LeastSquaresCritic computes
//
//	loss = factor·(mean (real−b)² + mean (fake−a)²)
//
// and its gradients dReal = 2·factor·(real−b)/N and dFake = 2·factor·(fake−a)/N. Scores and
// gradients have one shape, (N,1) as a rule, and loss is (1).
func LeastSquaresCritic(loss, dReal, dFake, real, fake *device.Tensor, a, b, factor float64) error {
	return criticLoss("least squares critic", loss, dReal, dFake, real, fake, leastSquares{b, factor}, leastSquares{a, factor})
}

// LeastSquaresGenerator computes loss = factor·mean (fake−c)² and its gradient dFake.
func LeastSquaresGenerator(loss, dFake, fake *device.Tensor, c, factor float64) error {
	return generatorLoss("least squares generator", loss, dFake, fake, leastSquares{c, factor})
}
