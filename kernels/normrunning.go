package kernels

import "ganlib/device"

// NormRunning are running statistics, which follow those of batches: running += Momentum·(batch − running),
// the variance being multiplied by Scale first (M/(M−1) for the unbiased one, 1 for the biased).
type NormRunning struct {
	Mean, Variance  *device.Tensor // one number for each set
	Count           *device.Tensor // of batches, of shape (1), exact up to 2^24
	Momentum, Scale float64
}

// NormForwardRunning is [NormForward] of a batch norm, and moves running statistics.
func NormForwardRunning(y, mean, variance, r, x, gamma, beta *device.Tensor, eps float64, run NormRunning, n Norm) error {
	const op = "norm running"
	if err := n.check(op, x, normArg{"running mean", run.Mean, perSet}, normArg{"running variance", run.Variance, perSet}); err != nil {
		return err
	}
	if run.Count.Len() != 1 {
		return shapeError(op, "count", run.Count, "want (1)")
	}
	if err := normTrain(y, mean, variance, r, x, gamma, beta, eps, run, n); err != nil {
		return err
	}
	x.Device().Counter().Add(op, 6*int64(run.Mean.Len())+1)
	return nil
}

// moveOn moves running statistics, if there are any, on a CPU.
func moveOn[T device.Float](run NormRunning, mean, variance *device.Tensor) {
	if run.Mean == nil {
		return
	}
	rm, rv := device.Data[T](run.Mean), device.Data[T](run.Variance)
	m, v := device.Data[T](mean), device.Data[T](variance)
	for i := range rm {
		rm[i] = T((1-run.Momentum)*float64(rm[i]) + run.Momentum*float64(m[i]))
		rv[i] = T((1-run.Momentum)*float64(rv[i]) + run.Momentum*run.Scale*float64(v[i]))
	}
	device.Data[T](run.Count)[0]++
}
