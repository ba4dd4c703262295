package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/presets"
	"ganlib/variants"
)

// gradientAt returns the gradient of the critic's scores in the samples x, and the pass it comes from.
func gradientAt(t *testing.T, critic *layers.Network, tr *layers.Trace, ws *device.Workspace, x *device.Tensor) *device.Tensor {
	t.Helper()
	scores, err := critic.Forward(tr, ws, x, layers.Train)
	require.NoError(t, err)
	ones := ws.New(scores.Shape())
	require.NoError(t, kernels.Fill(ones, 1))
	g, err := tr.Backward(ones, layers.Want{Input: layers.All})
	require.NoError(t, err)
	return g
}

// meanNorm returns the mean norm of a gradient, one norm a sample, and the mean of λ(norm − 1)².
func meanNorm(t *testing.T, g *device.Tensor, lambda float64) (norm, penalty float64) {
	t.Helper()
	n := g.Shape()[0]
	norms := newTensor(t, g.Device(), device.Shape{n}, 0, 1, 0)
	v := newTensor(t, g.Device(), g.Shape(), 0, 1, 0)
	p := losses.GradientPenalty{Lambda: lambda, Target: 1}
	require.NoError(t, p.Direction(v, norms, nil, g))
	for _, x := range values(t, norms) {
		norm += float64(x) / float64(n)
		penalty += lambda * float64(x-1) * float64(x-1) / float64(n)
	}
	return norm, penalty
}

// 2: a critic trained on the penalty alone gets gradients of norm 1 a sample; with one norm a pixel,
// of norm √784 = 28.
func TestCheck02PenaltyAlone(t *testing.T) {
	steps := 300
	if raceDetector {
		steps = 4 // only that it runs: the norms are not there yet
	}
	for _, test := range []struct {
		perPixel bool
		lo, hi   float64
	}{{true, 27, 29}, {false, 0.95, 1.06}} {
		dev := device.NewCPU(2)
		defer dev.Close()
		critic := networksOf(t, dev, presetConfig(t, "mnist-mlp-wgangp")).Critic
		adam, err := optim.NewAdam(critic.Values(), critic.Grads(), optim.AdamConfig{LearningRate: 5e-5, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Convention: optim.PyTorch})
		require.NoError(t, err)
		penalty := losses.PaperPenalty()
		penalty.PerPixel = test.perPixel
		ws := device.NewWorkspace(dev)
		draw := func(n, step int) *device.Tensor {
			ws.Reset()
			x := ws.New(device.Shape{n, 28, 28, 1})
			require.NoError(t, kernels.Uniform(x, 0, 1, device.Random{Seed: 1, Step: uint64(step)}))
			return x
		}
		var tr layers.Trace
		for step := range steps {
			g := gradientAt(t, critic, &tr, ws, draw(64, step))
			v := ws.New(g.Shape())
			require.NoError(t, penalty.Direction(v, nil, nil, g))
			require.NoError(t, critic.ZeroGrad())
			_, err := tr.Tangent(v)
			require.NoError(t, err)
			_, err = tr.TangentBackward(false)
			require.NoError(t, err)
			require.NoError(t, adam.Step())
		}
		norm, _ := meanNorm(t, gradientAt(t, critic, &tr, ws, draw(64, steps)), 10)
		t.Logf("per pixel %v: norm %.2f after %d steps", test.perPixel, norm, steps)
		if raceDetector {
			assert.NotZero(t, norm)
			continue
		}
		assert.Greater(t, norm, test.lo)
		assert.Less(t, norm, test.hi)
	}
}

// 3: the norm of a new critic's gradient, and ten times its penalty. The figures are those of single
// seeds elsewhere.
func TestCheck03NormAtStart(t *testing.T) {
	for _, test := range []struct {
		name          string
		config        config.Config
		n             int
		lo            float64 // of the samples' numbers, up to 1
		norm, penalty float64
	}{
		{"MLP", presetConfig(t, "mnist-mlp-wgangp"), 8, 0, 0.042, 9.2},
		{"CatFaces, 64 features", presetConfig(t, "catfaces"), 4, -1, 3.0, 41},
		{"CatFaces, 8 features", presetConfig(t, "catfaces", func(c *config.Config) { c.FeaturesGen, c.FeaturesCritic = 8, 8 }), 8, -1, 1.0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := device.NewCPU(2)
			defer dev.Close()
			test.config.FeaturesGen = 1 // the generator has no part in this
			critic := networksOf(t, dev, test.config).Critic
			x := newTensor(t, dev, critic.Input().Batch(test.n), test.lo, 1, 7)
			norm, penalty := meanNorm(t, gradientAt(t, critic, new(layers.Trace), device.NewWorkspace(dev), x), 10)
			t.Logf("norm %.3f, penalty %.2f", norm, penalty)
			assert.InEpsilon(t, test.norm, norm, 0.2)
			if test.penalty > 0 {
				assert.InEpsilon(t, test.penalty, penalty, 0.1)
			}
		})
	}
}

// 4: nothing that the critic of CatFaces is trained on depends on its last bias, which equals its
// start bit for bit after any number of steps, also in batches of 15 and of what is left.
func TestCheck04LastBiasStays(t *testing.T) {
	for _, name := range []string{"catfaces", "mnist-mlp-wgangp"} {
		c := presetConfig(t, name, func(c *config.Config) {
			c.FeaturesGen, c.FeaturesCritic, c.BatchSize, c.CriticIterations, c.LearningRate = 2, 2, 15, 3, 1e-2
			if name == "catfaces" {
				c.ImageSize = 16
			}
		})
		dev := device.NewCPU(2)
		v := variantOf(t, dev, c)
		tr, err := variants.NewTrainer(v, randomSamples(t, v.Networks(), 37), presets.Trainer(c, 8))
		require.NoError(t, err)
		params := v.Networks().Critic.Params()
		last := params[len(params)-1]
		require.Equal(t, 1, last.Shape.Len(), "%s: %s", name, last.Name)
		start := values(t, last.Value)
		require.NotZero(t, start[0])
		require.NoError(t, tr.Run(t.Context()))
		assert.Equal(t, start, values(t, last.Value), "%s: %s", name, last.Name)
		dev.Close()
	}
}
