package kernels

import "ganlib/device"

// scoreFunc is one term of a loss: a function of one score and its derivative.
type scoreFunc interface {
	at(score float64) (value, slope float64)
	cuda() (name string, a, b float64) // as in score.cu
}

// scoreLoss is one task, not many: there are few scores, and they are summed in float64 in the order
// in which they lie. real is nil in a generator's loss.
type scoreLoss[T device.Float, F scoreFunc] struct {
	loss, dReal, dFake, real, fake []T
	onReal, onFake                 F
}

func (k *scoreLoss[T, F]) Run(int, int) {
	k.loss[0] = T(meanScore(k.dReal, k.real, k.onReal) + meanScore(k.dFake, k.fake, k.onFake))
}

// meanScore returns the mean of f over the scores and writes its gradient to d.
func meanScore[T device.Float, F scoreFunc](d, scores []T, f F) float64 {
	if len(scores) == 0 {
		return 0
	}
	n, sum := float64(len(scores)), 0.0
	for i, score := range scores {
		value, slope := f.at(float64(score))
		sum += value
		d[i] = T(slope / n)
	}
	return sum / n
}
