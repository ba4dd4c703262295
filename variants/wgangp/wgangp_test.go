package wgangp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/variants"
	"ganlib/variants/varianttest"
	"ganlib/variants/wgangp"
)

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(*variants.Settings){
		"defaults":     func(*variants.Settings) {},
		"reused fakes": func(s *variants.Settings) { s.ReuseFake = true },
		"one-sided":    func(s *variants.Settings) { s.OneSided, s.PenaltyEps, s.Target = true, 1e-10, 0.5 },
		"per pixel":    func(s *variants.Settings) { s.PerPixel = true },
	} {
		t.Run(name, func(t *testing.T) {
			varianttest.Run(t, func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
				change(&s)
				return variants.New(wgangp.Name, n, s)
			})
		})
	}
}

// withoutTangent hides a layer's passes of second order.
type withoutTangent struct{ layers.Layer }

func networks(t *testing.T, critic ...layers.Layer) (n variants.Networks) {
	dev := device.NewCPU(1)
	var err error
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{1, 1, 2}, &layers.ConvTranspose2D{In: 2, Out: 3, Window: kernels.Square(2, 1, 0)})
	require.NoError(t, err)
	n.Critic, err = layers.NewNetwork(dev, "critic", device.Shape{2, 2, 3}, append(critic, &layers.Conv2D{In: 3, Out: 1, Window: kernels.Square(2, 1, 0)})...)
	require.NoError(t, err)
	return n
}

func TestRefusals(t *testing.T) {
	batchNorm := func() layers.Layer { return &layers.BatchNorm{Features: 3, Eps: 1e-5, Momentum: 0.1} }
	c := wgangp.Defaults()
	_, err := wgangp.New(networks(t, batchNorm()), c)
	assert.ErrorContains(t, err, "mixes the samples of a batch")
	c.Force = true
	_, err = wgangp.New(networks(t, batchNorm()), c)
	assert.NoError(t, err, "forced")
	_, err = wgangp.New(networks(t, withoutTangent{&layers.LeakyReLU{Slope: 0.2}}), c)
	assert.ErrorContains(t, err, "layer 0")
	assert.ErrorContains(t, err, "LeakyReLU(0.2) has no Tangent")
	c.Penalty.Lambda = -1
	_, err = wgangp.New(networks(t), c)
	assert.ErrorContains(t, err, "wgangp: losses: gradient penalty: Lambda -1")
}

// The penalty of a linear critic f(x) = w·x is λ(‖w‖ − 1)² wherever x̂ lies.
func TestPenaltyOfALinearCritic(t *testing.T) {
	dev := device.NewCPU(1)
	var n variants.Networks
	var err error
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{2}, &layers.Linear{In: 2, Out: 2})
	require.NoError(t, err)
	n.Critic, err = layers.NewNetwork(dev, "critic", device.Shape{2}, &layers.Linear{In: 2, Out: 1, Bias: true})
	require.NoError(t, err)
	require.NoError(t, n.Generator.Init("pytorch", 1))
	for lambda, want := range map[float64]float64{0: 0, 10: 160, 0.1: 1.6} {
		c := wgangp.Defaults()
		c.Penalty, c.NCritic = losses.GradientPenalty{Lambda: lambda, Target: 1}, 1
		require.NoError(t, n.Critic.Params()[0].SetTorch([]float32{3, 4}))
		v, err := wgangp.New(n, c)
		require.NoError(t, err)
		data, err := variants.Points(dev, []float32{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, 2)
		require.NoError(t, err)
		var row variants.Stats
		tr, err := variants.NewTrainer(v, data, variants.Config{Batch: 3, Epochs: 1}, variants.Hook{Stats: func(_ *variants.Trainer, rows []variants.Stats) error {
			row = rows[0]
			return nil
		}})
		require.NoError(t, err)
		require.NoError(t, tr.Step())
		require.NoError(t, tr.Flush())
		assert.InDelta(t, want, row.Penalty, 1e-5*want)
	}
}
