package layers

import (
	"fmt"

	"ganlib/device"
	"ganlib/kernels"
)

// BatchNorm normalises each channel of images (N,H,W,C), or each feature of vectors (N,C), with the
// mean and biased variance of the batch while training, and with running averages in evaluation
// mode (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167). Running averages start at 0 and 1
// and follow r ← (1−Momentum)·r + Momentum·batch. A training batch with one number a channel is an
// error.
type BatchNorm struct {
	Features int
	Eps      float64 // PyTorch 1e-5, Keras 1e-3
	Momentum float64 // weight of the new value: PyTorch 0.1; Keras's 0.99 is 0.01 here
	Biased   bool    // the running variance takes the biased one (Keras on vectors); PyTorch unbiased

	norm
	mean, variance, count Param
}

func (l *BatchNorm) String() string { return fmt.Sprintf("BatchNorm(%d)", l.Features) }

// MixesSamples implements [SampleMixer].
func (l *BatchNorm) MixesSamples() bool { return true }

// Output implements [Layer].
func (l *BatchNorm) Output(in device.Shape) (device.Shape, error) {
	if err := checkEps(l, l.Eps); err != nil {
		return device.Shape{}, err
	}
	if !(l.Momentum >= 0 && l.Momentum <= 1) {
		return device.Shape{}, fmt.Errorf("%v: momentum %g: want 0 to 1", l, l.Momentum)
	}
	if l.Features < 1 || in.Rank() == 2 || in.Last() != l.Features {
		return device.Shape{}, inputError(l, in, "want (%d) or (height,width,%d)", l.Features, l.Features)
	}
	return in, nil
}

// Params implements [Parametric].
func (l *BatchNorm) Params() []*Param {
	shape := device.Shape{l.Features}
	declare(&l.mean, Param{Name: "running_mean", Shape: shape, Role: Average, Kind: BatchNormKind})
	declare(&l.variance, Param{Name: "running_var", Shape: shape, Role: Average, Kind: BatchNormKind, Start: 1})
	declare(&l.count, Param{Name: "num_batches_tracked", Shape: device.Shape{1}, Role: Count, Kind: BatchNormKind})
	return append(l.declare(BatchNormKind, shape, false), &l.mean, &l.variance, &l.count)
}

// kind is the normalisation in the given mode.
func (l *BatchNorm) kind(mode Mode) kernels.Norm {
	return kernels.Norm{Kind: kernels.NormBatch, Frozen: mode == Eval}
}

// Forward implements [Layer].
func (l *BatchNorm) Forward(ws *device.Workspace, s *Saved, x *device.Tensor, mode Mode) (*device.Tensor, error) {
	return l.normalise(ws, s, x, l.kind(mode))
}

func (l *BatchNorm) normalise(ws *device.Workspace, s *Saved, x *device.Tensor, kind kernels.Norm) (*device.Tensor, error) {
	if kind.Frozen {
		s.Aux[auxMean], s.Aux[auxRoot] = l.mean.Value, ws.New(l.variance.Shape)
		if err := kernels.NormRoot(s.Aux[auxRoot], l.variance.Value, l.Eps); err != nil {
			return nil, err
		}
		y := s.NewOutput(ws, x.Shape())
		return y, kernels.NormApply(y, x, l.mean.Value, s.Aux[auxRoot], l.scale.Value, l.shift.Value, kind)
	}
	_, size := kind.Sets(x.Shape())
	if size == 1 {
		return nil, fmt.Errorf("x %v: want more than one number a channel to take statistics of", x.Shape())
	}
	scale := float64(size) / float64(size-1)
	if l.Biased {
		scale = 1
	}
	return l.forward(ws, s, x, device.Shape{l.Features}, l.Eps, kernels.NormRunning{
		Mean: l.mean.Value, Variance: l.variance.Value, Count: l.count.Value, Momentum: l.Momentum, Scale: scale,
	}, kind)
}

// Backward implements [Layer].
func (l *BatchNorm) Backward(ws *device.Workspace, s *Saved, dy *device.Tensor, want Want) (*device.Tensor, error) {
	return l.backward(ws, s, dy, want, l.kind(s.Mode))
}

// Tangent implements [TangentLayer]; in training mode it goes through the batch's statistics.
func (l *BatchNorm) Tangent(ws *device.Workspace, s *Saved, xdot *device.Tensor) (*device.Tensor, error) {
	return l.tangent(ws, s, xdot, l.kind(s.Mode))
}

// TangentBackward implements [TangentLayer].
func (l *BatchNorm) TangentBackward(ws *device.Workspace, s *Saved, ybar *device.Tensor, want Want) (*device.Tensor, error) {
	return l.tangentBackward(ws, s, ybar, want, l.kind(s.Mode))
}
