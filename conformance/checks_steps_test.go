package conformance_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/presets"
	"ganlib/variants"
)

// randomSamples is a data set of random images.
func randomSamples(t testing.TB, n variants.Networks, images int) variants.Samples {
	t.Helper()
	shape := n.Critic.Input()
	return randomImages{newTensor(t, n.Critic.Device(), shape.Batch(images), -1, 1, 11)}
}

type randomImages struct{ images *device.Tensor }

func (s randomImages) Len() int            { return s.images.Shape()[0] }
func (s randomImages) Shape() device.Shape { return s.images.Shape().Sample() }
func (s randomImages) Fingerprint() string { return "random" }
func (s randomImages) Gather(dst *device.Tensor, order device.Permutation, start int, _ *device.Random) error {
	return kernels.GatherRows(dst, s.images, order, start)
}

// around is a variant with functions called before and after its steps.
type around struct {
	variants.Variant
	critic, generator func(step func(*variants.Step) error, s *variants.Step) error
}

func (a around) CriticStep(s *variants.Step) error { return a.critic(a.Variant.CriticStep, s) }
func (a around) GeneratorStep(s *variants.Step) error {
	return a.generator(a.Variant.GeneratorStep, s)
}

// trainAround trains a configuration for some steps on random images, 4 at a time.
func trainAround(t *testing.T, c config.Config, steps int64, wrap func(variants.Variant) variants.Variant) variants.Variant {
	t.Helper()
	dev := device.NewCPU(2)
	defer dev.Close()
	c.BatchSize, c.NumEpochs = 4, 100
	v := wrap(variantOf(t, dev, c))
	tr, err := variants.NewTrainer(v, randomSamples(t, v.Networks(), 10), presets.Trainer(c, steps))
	require.NoError(t, err)
	require.NoError(t, tr.Run(context.Background()))
	return v
}

// 8: the critic's gradients are the same numbers whether its fakes are differentiated or not.
func TestCheck08FakesAreConstants(t *testing.T) {
	dev := device.NewCPU(2)
	defer dev.Close()
	n := networksOf(t, dev, presetConfig(t, "catfaces", smallFaces))
	const half = 3
	gradients := func(through bool) []float32 {
		ws := device.NewWorkspace(dev)
		var made, judged layers.Trace
		fake, err := n.Generator.Forward(&made, ws, newTensor(t, dev, n.Generator.Input().Batch(half), -1, 1, 1), layers.Train)
		require.NoError(t, err)
		both := ws.New(n.Critic.Input().Batch(2 * half))
		require.NoError(t, kernels.Copy(ws.Rows(both, half, 2*half), fake))
		require.NoError(t, kernels.Copy(ws.Rows(both, 0, half), newTensor(t, dev, fake.Shape(), -1, 1, 2)))
		scores, err := n.Critic.Forward(&judged, ws, both, layers.Train)
		require.NoError(t, err)
		d, loss := ws.New(scores.Shape()), ws.New(device.Shape{1})
		require.NoError(t, losses.Wasserstein(loss, ws.Rows(d, 0, half), ws.Rows(d, half, 2*half), ws.Rows(scores, 0, half), ws.Rows(scores, half, 2*half)))
		require.NoError(t, n.Critic.ZeroGrad())
		want := layers.Want{Params: layers.All}
		if through {
			want.Input = layers.From(half)
		}
		dFake, err := judged.Backward(d, want)
		require.NoError(t, err)
		if through {
			_, err := made.Backward(dFake, layers.Want{Params: layers.All})
			require.NoError(t, err)
		}
		return values(t, n.Critic.Grads())
	}
	assert.Equal(t, gradients(true), gradients(false))
}

// 8: counted operations: a critic step computes no gradient of the generator, nor a generator step one
// of the critic's parameters.
func TestCheck08NoWastedGradients(t *testing.T) {
	// The pair for 16 pixels: three convolutions and an instance norm against three transposed
	// convolutions and two batch norms, each with two biases and one.
	for name, test := range map[string]struct {
		variant          string
		weights          int // weight gradients in a critic step
		biases, affines  int
		second, tangents int
	}{
		"objective alone": {config.VariantClip, 3, 2, 1, 0, 0},
		// The penalty adds δ⊗ẋ for every convolution, and ȳ⊗x below the norm, where ȳ is not zero; a
		// bias has a gradient there only.
		"with penalty": {config.VariantGP, 3 + 3 + 2, 2 + 1, 1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := presetConfig(t, "catfaces", smallFaces, func(c *config.Config) {
				c.Variant = test.variant
				if c.Variant == config.VariantClip {
					c.ClipValue = 0.01
				}
			})
			counter := new(device.Counter)
			count := func(names ...string) (calls []int) {
				for _, n := range names {
					calls = append(calls, counter.Calls(n))
				}
				return calls
			}
			counted := func(s *variants.Step, step func(*variants.Step) error) error {
				counter.Reset()
				s.Loss.Device().SetCounter(counter)
				defer s.Loss.Device().SetCounter(nil)
				return step(s)
			}
			trainAround(t, c, 2, func(v variants.Variant) variants.Variant {
				return around{v,
					func(step func(*variants.Step) error, s *variants.Step) error {
						err := counted(s, step)
						assert.Equal(t, []int{test.weights, test.biases, test.affines, test.tangents},
							count("conv2d weight", "bias grad", "norm parameter gradient", "norm tangent parameter gradient"))
						assert.Equal(t, []int{test.second}, count("norm second"))
						return err
					},
					func(step func(*variants.Step) error, s *variants.Step) error {
						err := counted(s, step)
						assert.Equal(t, []int{3, 1, 2}, count("conv2d weight", "bias grad", "norm parameter gradient"), "the generator's own")
						assert.Zero(t, counter.Calls("clip"))
						return err
					}}
			})
		})
	}
}

// 10: after each critic step no parameter, biases included, is larger than the bound, and the first
// step works with weights as they were.
func TestCheck10Clipping(t *testing.T) {
	train := func(bound float64) (losses []float32) {
		c := presetConfig(t, "keras-wgan", func(c *config.Config) { c.FeaturesGen, c.FeaturesCritic, c.ZDim, c.ClipValue = 4, 3, 5, bound })
		trainAround(t, c, 3, func(v variants.Variant) variants.Variant {
			critic := v.Networks().Critic
			for _, p := range critic.Params() {
				if p.Role == layers.Bias {
					require.NoError(t, kernels.Fill(p.Value, 0.5))
				}
			}
			return around{v, func(step func(*variants.Step) error, s *variants.Step) error {
				err := step(s)
				losses = append(losses, values(t, s.Loss)[0])
				for _, p := range critic.Params() {
					for _, x := range values(t, p.Value) {
						require.LessOrEqual(t, math.Abs(float64(x)), float64(float32(bound)), p.Name)
					}
				}
				return err
			}, func(step func(*variants.Step) error, s *variants.Step) error {
				before := values(t, critic.Values())
				err := step(s)
				assert.Equal(t, before, values(t, critic.Values()), "a generator step leaves the critic alone")
				return err
			}}
		})
		return losses
	}
	clipped, loose := train(0.01), train(100)
	assert.Len(t, clipped, 15)
	assert.Equal(t, loose[0], clipped[0], "the first step's weights are not clipped yet")
	assert.NotEqual(t, loose[1], clipped[1])
}

// 11: losses at a fresh start, where every score is near zero.
func TestCheck11StartOfBCE(t *testing.T) {
	for _, test := range []struct{ preset, compat string }{{"mnist-mlp-bce", "none"}, {"mnist-mlp-bce", "all"}, {"dcgan16", "none"}} {
		c, err := config.Resolve(config.Sources{Preset: test.preset, Sets: []string{"COMPAT=" + test.compat, "FEATURES_GEN=8", "FEATURES_CRITIC=8", "Z_DIM=8"}})
		require.NoError(t, err)
		trainAround(t, c, 1, func(v variants.Variant) variants.Variant {
			return around{v, func(step func(*variants.Step) error, s *variants.Step) error {
				err := step(s)
				assert.InDelta(t, 1.386, values(t, s.Loss)[0], 0.1, test)
				return err
			}, func(step func(*variants.Step) error, s *variants.Step) error {
				err := step(s)
				assert.InDelta(t, 0.693, values(t, s.Loss)[0], 0.1, test)
				return err
			}}
		})
	}
}

// 11: logits of ±200 give finite losses and gradients; probabilities that are rounded to 0 and 1 cost
// 100 each.
func TestCheck11LargeLogits(t *testing.T) {
	dev := device.NewCPU(1)
	scores := func(v ...float32) *device.Tensor {
		x, err := dev.New(device.Shape{len(v), 1})
		require.NoError(t, err)
		require.NoError(t, x.CopyFrom(v))
		return x
	}
	for _, test := range []struct {
		objective         losses.Objective
		critic, generator float64
	}{{losses.BCEObjective(false), 400, 200}, {losses.SigmoidBCEObjective(), 200, 100}} {
		real, fake := scores(-200, -200), scores(200, 200)
		loss, dReal, dFake := scores(0), scores(0, 0), scores(0, 0)
		require.NoError(t, test.objective.Critic(loss, dReal, dFake, real, fake))
		assert.InDelta(t, test.critic, values(t, loss)[0], 1e-3, test.objective.Name)
		require.NoError(t, test.objective.Generator(loss, dFake, scores(-200, -200)))
		assert.InDelta(t, test.generator, values(t, loss)[0], 1e-3, test.objective.Name)
		for _, d := range append(values(t, dReal), values(t, dFake)...) {
			assert.False(t, math.IsNaN(float64(d)) || math.IsInf(float64(d), 0), test.objective.Name)
		}
	}
}
