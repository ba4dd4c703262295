package wganclip_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/variants/varianttest"
	"ganlib/variants/wganclip"
)

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(*variants.Settings){
		"defaults":     func(*variants.Settings) {},
		"reused fakes": func(s *variants.Settings) { s.ReuseFake = true },
		"like a tutorial": func(s *variants.Settings) {
			s.LeastSquares, s.Targets, s.SplitStep, s.EvalFakes, s.CriticSteps = true, losses.MSE(), true, true, 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			varianttest.Run(t, func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
				change(&s)
				return variants.New(wganclip.Name, n, s)
			})
		})
	}
}

// networks returns a critic f(x) = w·x for numbers, and a generator G(z) = g·z.
func networks(t *testing.T, w, g float32) (n variants.Networks) {
	dev := device.NewCPU(1)
	var err error
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{1}, &layers.Linear{In: 1, Out: 1})
	require.NoError(t, err)
	n.Critic, err = layers.NewNetwork(dev, "critic", device.Shape{1}, &layers.Linear{In: 1, Out: 1})
	require.NoError(t, err)
	require.NoError(t, n.Generator.Params()[0].SetTorch([]float32{g}))
	require.NoError(t, n.Critic.Params()[0].SetTorch([]float32{w}))
	return n
}

// fixed gives every step the same sample and the same noise.
type fixed struct{ real, noise float32 }

func (f fixed) Real(dst *device.Tensor) error  { return dst.CopyFrom([]float32{f.real}) }
func (f fixed) Noise(dst *device.Tensor) error { return dst.CopyFrom([]float32{f.noise}) }
func (f fixed) Alpha(*device.Tensor) error     { panic("not asked for") }

// step takes one critic step by gradient descent and returns w and the loss.
func step(t *testing.T, c wganclip.Config, w float32, rate float64) (after, loss float32) {
	n := networks(t, w, 1)
	c.Generator, c.Critic = optim.SGDConfig{LearningRate: rate}, optim.SGDConfig{LearningRate: rate}
	v, err := wganclip.New(n, c)
	require.NoError(t, err)
	out, err := n.Critic.Device().New(device.Shape{2, 1})
	require.NoError(t, err)
	one := device.Shape{1}
	s := &variants.Step{N: 1, Source: fixed{real: 3, noise: 2}, Loss: out.Slice(0, one), Penalty: out.Slice(1, one)}
	require.NoError(t, v.CriticStep(s))
	values, err := n.Critic.Params()[0].Torch()
	require.NoError(t, err)
	results, err := out.Float32s()
	require.NoError(t, err)
	assert.Zero(t, results[1], "penalty")
	return values[0], results[0]
}

// With x = 3 and x̃ = 2 the Wasserstein loss 2w − 3w has the slope −1.
func TestOneStep(t *testing.T) {
	c := wganclip.Defaults()
	c.Clip = 10
	after, loss := step(t, c, 0.5, 1)
	assert.Equal(t, float32(1.5), after)
	assert.Equal(t, float32(-0.5), loss, "before the step, with weights that are not clipped yet")

	c.Clip = 0.01
	after, loss = step(t, c, 0.5, 1)
	assert.Equal(t, float32(0.01), after, "clipped after the step")
	assert.Equal(t, float32(-0.5), loss)
}

// In squared errors the slopes are 2·3·(3w−1) of the real sample and 2·2·(2w+1) of the fake one.
func TestSplitStep(t *testing.T) {
	c := wganclip.Defaults()
	c.Clip, c.LeastSquares = 1000, true
	const w, rate = 0.5, 0.01
	joint, loss := step(t, c, w, rate)
	assert.InDelta(t, w-rate*(6*(3*w-1)+4*(2*w+1)), joint, 1e-6)
	assert.InDelta(t, (3*w-1)*(3*w-1)+(2*w+1)*(2*w+1), loss, 1e-6)

	c.SplitStep = true
	split, loss := step(t, c, w, rate)
	between := w - rate*6*(3*w-1)
	assert.InDelta(t, between-rate*4*(2*between+1), split, 1e-6, "the second step sees the critic that the first has left")
	assert.InDelta(t, (3*w-1)*(3*w-1)+(2*w+1)*(2*w+1), loss, 1e-6, "the loss is that before both")

	c.Clip = 0.45 // between is 0.47
	split, _ = step(t, c, w, rate)
	assert.InDelta(t, between-rate*4*(2*between+1), split, 1e-6, "clipped once, after both steps")
}

func TestRefusals(t *testing.T) {
	for want, change := range map[string]func(*wganclip.Config){
		"wganclip: Clip 0":                          func(c *wganclip.Config) { c.Clip = 0 },
		"wganclip: Clip NaN":                        func(c *wganclip.Config) { c.Clip = math.NaN() },
		"wganclip: Clip +Inf":                       func(c *wganclip.Config) { c.Clip = math.Inf(1) },
		"wganclip: losses: least squares: Factor 0": func(c *wganclip.Config) { c.LeastSquares, c.Targets.Factor = true, 0 },
		"cannot serve the generator step":           func(c *wganclip.Config) { c.ReuseFake, c.EvalFakes = true, true },
	} {
		c := wganclip.Defaults()
		change(&c)
		_, err := wganclip.New(networks(t, 1, 1), c)
		assert.ErrorContains(t, err, want)
	}
}
