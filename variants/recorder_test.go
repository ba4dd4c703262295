package variants_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
)

// recorder is a variant that learns nothing and keeps what its steps were given.
type recorder struct {
	t                 *testing.T
	nets              variants.Networks
	generator, critic optim.Optimizer
	criticSteps       int
	fail              error // of the next step

	made      []step // all steps
	generated []step // those of the generator
}

// step is what one step was given.
type step struct {
	n                  int
	real, noise, alpha []float32
	rate               float64
}

// newRecorder returns a recorder for samples of a shape, with rates 1 and 2.
func newRecorder(t *testing.T, dev device.Device, sample device.Shape, criticSteps int) *recorder {
	r := &recorder{t: t, criticSteps: criticSteps}
	var err error
	noise := device.Shape{6}
	r.nets.Generator, err = layers.NewNetwork(dev, "generator", noise,
		&layers.Linear{In: noise.Len(), Out: sample.Len()}, &layers.Reshape{Shape: sample})
	require.NoError(t, err)
	r.nets.Critic, err = layers.NewNetwork(dev, "critic", sample, &layers.Flatten{}, &layers.Linear{In: sample.Len(), Out: 1})
	require.NoError(t, err)
	r.generator, err = optim.SGDConfig{LearningRate: 1}.New(r.nets.Generator.Values(), r.nets.Generator.Grads())
	require.NoError(t, err)
	r.critic, err = optim.SGDConfig{LearningRate: 2}.New(r.nets.Critic.Values(), r.nets.Critic.Grads())
	require.NoError(t, err)
	return r
}

func (r *recorder) Name() string                                    { return "recorder" }
func (r *recorder) Networks() variants.Networks                     { return r.nets }
func (r *recorder) Optimizers() (generator, critic optim.Optimizer) { return r.generator, r.critic }
func (r *recorder) CriticSteps() int                                { return r.criticSteps }
func (r *recorder) Memory() int                                     { return 0 }
func (r *recorder) drawn(n int, of device.Shape) *device.Tensor {
	x, err := r.nets.Critic.Device().New(of.Batch(n))
	require.NoError(r.t, err)
	return x
}

func (r *recorder) values(x *device.Tensor) []float32 {
	v, err := x.Float32s()
	require.NoError(r.t, err)
	return v
}

// CriticStep records a step; its loss is the number of steps so far, its penalty that plus a half.
func (r *recorder) CriticStep(s *variants.Step) error {
	if r.fail != nil {
		return r.fail
	}
	real, noise := r.drawn(s.N, r.nets.Critic.Input()), r.drawn(s.N, r.nets.Generator.Input())
	alpha, err := r.nets.Critic.Device().New(device.Shape{s.N})
	require.NoError(r.t, err)
	require.NoError(r.t, s.Real(real))
	require.NoError(r.t, s.Noise(noise))
	require.NoError(r.t, s.Alpha(alpha))
	require.NoError(r.t, kernels.Fill(s.Loss, float64(len(r.made))))
	require.NoError(r.t, kernels.Fill(s.Penalty, float64(len(r.made))+0.5))
	r.made = append(r.made, step{s.N, r.values(real), r.values(noise), r.values(alpha), r.critic.LearningRate()})
	return nil
}

// GeneratorStep records a step; its loss is minus the number of generator steps so far.
func (r *recorder) GeneratorStep(s *variants.Step) error {
	assert.Nil(r.t, s.Penalty)
	noise := r.drawn(s.N, r.nets.Generator.Input())
	require.NoError(r.t, s.Noise(noise))
	require.NoError(r.t, kernels.Fill(s.Loss, -float64(len(r.generated))))
	r.generated = append(r.generated, step{n: s.N, noise: r.values(noise), rate: r.generator.LearningRate()})
	return nil
}

// numbers returns a set of n samples, the numbers from 0 on.
func numbers(t *testing.T, dev device.Device, n int) variants.Samples {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i)
	}
	data, err := variants.Points(dev, values, 1)
	require.NoError(t, err)
	return data
}

// record returns a recorder and its trainer on n numbers.
func record(t *testing.T, n, criticSteps int, c variants.Config, hooks ...variants.Hook) (*recorder, *variants.Trainer) {
	dev := device.NewCPU(1)
	r := newRecorder(t, dev, device.Shape{1}, criticSteps)
	tr, err := variants.NewTrainer(r, numbers(t, dev, n), c, hooks...)
	require.NoError(t, err)
	return r, tr
}
