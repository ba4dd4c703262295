package presets_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/presets"
	"ganlib/variants"
)

// stepwise counts the convolutions of each kind of step apart.
type stepwise struct {
	variants.Variant
	critic, generator device.Counter
}

func (v *stepwise) CriticStep(s *variants.Step) error {
	v.Networks().Critic.Device().SetCounter(&v.critic)
	return v.Variant.CriticStep(s)
}

func (v *stepwise) GeneratorStep(s *variants.Step) error {
	v.Networks().Critic.Device().SetCounter(&v.generator)
	return v.Variant.GeneratorStep(s)
}

// convolutions are the floating-point operations of the three passes.
type convolutions struct{ forward, input, weight int64 }

func convolutionsIn(c *device.Counter) convolutions {
	return convolutions{c.Flops("conv2d"), c.Flops("conv2d input"), c.Flops("conv2d weight")}
}

func (c convolutions) sum() int64 { return c.forward + c.input + c.weight }

// TestWork counts what an iteration of CatFaces convolves. F is the critic's forward pass over a batch,
// G the generator's, c1 and c5 the critic's first and last convolution, g1 the generator's first.
//
// A critic step passes real samples, fakes and interpolates forward together (3F); back go the scores'
// gradients of all three, to the images for the interpolates alone (3F − 2·c1), with weight gradients of
// real samples and fakes (2F); the penalty adds a tangent up to the last layer (F − c5), the weight gradients that it meets (F),
// and a reverse pass through what is curved, which begins below c5 and ends above the images. Nothing
// passes back through the generator: fakes are constants. A generator step differentiates the critic in
// its input alone, and the generator in its weights alone. A transposed convolution passes forward as a
// convolution passes back.
func TestWork(t *testing.T) {
	const n, f = 32, 64
	const c1, c5, g1 = int64(2 * n * 32 * 32 * 16 * 3 * f), int64(2 * n * 16 * 8 * f), int64(2 * n * 16 * 100 * 16 * f)
	for _, test := range []struct {
		name  string
		sets  []string
		fresh int64 // passes of the generator in its own step
		total int64
	}{
		{"fresh fakes", nil, 1, 619_032_608_768},
		{"reused fakes", []string{"GEN_NOISE=reuse"}, 0, 592_755_294_208},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: test.sets})
			require.NoError(t, err)
			require.Equal(t, [4]int{n, f, f, 5}, [4]int{c.BatchSize, c.FeaturesCritic, c.FeaturesGen, c.CriticIterations})
			dev := device.NewMeta()
			nets, err := presets.Networks(dev, c)
			require.NoError(t, err)
			v, err := presets.Variant(nets, c)
			require.NoError(t, err)
			counted := &stepwise{Variant: v}
			data, err := bench.Noise(dev, c)
			require.NoError(t, err)
			trainer, err := variants.NewTrainer(counted, data, presets.Trainer(c, 0))
			require.NoError(t, err)
			require.NoError(t, trainer.Step())

			F, G := 2*nets.Critic.Summarise(n).WorkAdds, 2*nets.Generator.Summarise(n).WorkAdds
			critic, generator := convolutionsIn(&counted.critic), convolutionsIn(&counted.generator)
			assert.Equal(t, convolutions{
				forward: 5 * (3*F + F - c5),
				input:   5 * (G + 3*F - 2*c1 + F - c1 - c5),
				weight:  5 * (2*F + F + F - c5),
			}, critic)
			assert.Equal(t, convolutions{
				forward: F + G - g1,
				input:   test.fresh*G + F,
				weight:  G,
			}, generator)
			assert.Equal(t, test.total, critic.sum()+generator.sum())
		})
	}
}
