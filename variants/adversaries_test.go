package variants_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/losses"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/variants/wgangp"
)

// smallNetworks returns a pair for images of 4×4×2, with extra layers in the critic.
func smallNetworks(t *testing.T, dev device.Device, extra ...layers.Layer) (n variants.Networks) {
	t.Helper()
	image := device.Shape{4, 4, 2}
	var err error
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{1, 1, 3},
		&layers.ConvTranspose2D{In: 3, Out: 4, Window: kernels.Square(2, 1, 0)}, &layers.BatchNorm{Features: 4, Eps: 1e-5, Momentum: 0.1}, layers.ReLU(),
		&layers.ConvTranspose2D{In: 4, Out: 2, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.Tanh{})
	require.NoError(t, err)
	list := []layers.Layer{
		&layers.Conv2D{In: 2, Out: 3, Window: kernels.Square(3, 1, 1), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
		&layers.InstanceNorm{Features: 3, Eps: 1e-5, Affine: true},
	}
	n.Critic, err = layers.NewNetwork(dev, "critic", image, append(append(list, extra...), &layers.Conv2D{In: 3, Out: 1, Window: kernels.Square(4, 1, 0), Bias: true})...)
	require.NoError(t, err)
	require.NoError(t, n.Generator.Init("pytorch", 1))
	require.NoError(t, n.Critic.Init("pytorch", 1))
	return n
}

func smallPlay() variants.Play {
	adam := optim.AdamConfig{LearningRate: 1e-3, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8, Convention: optim.PyTorch}
	return variants.Play{CriticSteps: 3, GeneratorOptimizer: adam, CriticOptimizer: adam, Objective: losses.WassersteinObjective()}
}

// trainSmall trains a variant on drawn images: 8 of 4×4×2, in batches of 4, for two steps an epoch.
func trainSmall(t *testing.T, v variants.Variant, hooks ...variants.Hook) *variants.Trainer {
	t.Helper()
	tr, err := variants.NewTrainer(v, drawnImages(t, v.Networks().Generator.Device()), variants.Config{Batch: 4, Epochs: 2}, hooks...)
	require.NoError(t, err)
	run(t, tr)
	return tr
}

func drawnImages(t *testing.T, dev device.Device) variants.Samples {
	t.Helper()
	data := make([]float32, 8*32)
	for i := range data {
		data[i] = 2*device.Random{Seed: 9}.Uniform(i) - 1
	}
	rows, err := variants.Points(dev, data, 32)
	require.NoError(t, err)
	return asImages{rows}
}

// asImages gives rows of 32 numbers the shape of images.
type asImages struct{ variants.Samples }

func (s asImages) Shape() device.Shape { return device.Shape{4, 4, 2} }

func (s asImages) Gather(dst *device.Tensor, order device.Permutation, start int, flip *device.Random) error {
	return s.Samples.Gather(dst.Slice(0, device.Shape{dst.Shape()[0], 32}), order, start, flip)
}

// identity changes nothing, but says that it mixes samples.
type identity struct{ *layers.LeakyReLU }

func (identity) MixesSamples() bool { return true }

// A critic whose samples do not mix gives the same training whether its batches are merged or not.
func TestMergedBatchesAgree(t *testing.T) {
	var results [][]float32
	var rows [][]variants.Stats
	for _, extra := range [][]layers.Layer{{&layers.LeakyReLU{Slope: 1}}, {identity{&layers.LeakyReLU{Slope: 1}}}} {
		n := smallNetworks(t, device.NewCPU(2), extra...)
		c := wgangp.Defaults()
		c.Force = true
		v, err := wgangp.New(n, c)
		require.NoError(t, err)
		var seen []variants.Stats
		trainSmall(t, v, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error { seen = append(seen, s...); return nil }})
		values, err := n.Critic.Values().Float32s()
		require.NoError(t, err)
		results, rows = append(results, values), append(rows, seen)
	}
	assert.InDeltaSlice(t, results[0], results[1], 1e-5)
	for i, row := range rows[0] {
		assert.InDelta(t, row.CriticLoss, rows[1][i].CriticLoss, 1e-5)
		assert.InDelta(t, row.Penalty, rows[1][i].Penalty, 1e-4)
	}
}

// count returns how many batches the generator's batch norm has averaged.
func count(t *testing.T, n variants.Networks) float32 {
	t.Helper()
	for _, p := range n.Generator.Buffers() {
		if p.Role == layers.Count {
			values, err := p.Torch()
			require.NoError(t, err)
			return values[0]
		}
	}
	t.Fatal("no count")
	return 0
}

// Batch norm averages one batch for each training-mode pass of the generator: n_critic + 1 in an
// iteration, one less if the generator step takes the last fakes, and one if the critic's fakes are
// made in evaluation mode.
func TestGeneratorPasses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*variants.Play)
		want   float32
	}{
		"fresh":           {func(*variants.Play) {}, 4},
		"reused fakes":    {func(p *variants.Play) { p.ReuseFake = true }, 3},
		"evaluated fakes": {func(p *variants.Play) { p.EvalFakes = true }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			n := smallNetworks(t, device.NewCPU(1))
			p := smallPlay()
			test.change(&p)
			v, err := variants.NewAdversaries("test", n, p)
			require.NoError(t, err)
			tr := trainSmall(t, v)
			assert.Equal(t, test.want*float32(tr.Progress().GeneratorSteps), count(t, n))
		})
	}
}

// A generator step that reuses fakes sees the very samples of the last critic step.
func TestReuseFake(t *testing.T) {
	n := smallNetworks(t, device.NewCPU(1))
	p := smallPlay()
	p.ReuseFake = true
	var fakes, generated []float32
	critic, generator := p.Objective.Critic, p.Objective.Generator
	p.CriticOptimizer = optim.SGDConfig{LearningRate: 1e-30} // the critic stays as it is
	p.Objective.Critic = func(loss, dReal, dFake, real, fake *device.Tensor) (err error) {
		fakes, err = fake.Float32s()
		require.NoError(t, err)
		return critic(loss, dReal, dFake, real, fake)
	}
	p.Objective.Generator = func(loss, dFake, fake *device.Tensor) (err error) {
		generated, err = fake.Float32s()
		require.NoError(t, err)
		return generator(loss, dFake, fake)
	}
	v, err := variants.NewAdversaries("test", n, p)
	require.NoError(t, err)

	one, err := n.Critic.Device().New(device.Shape{1})
	require.NoError(t, err)
	err = v.GeneratorStep(&variants.Step{N: 4, Loss: one})
	assert.ErrorContains(t, err, "want a critic step of 4 samples before it")

	trainSmall(t, v)
	assert.Equal(t, fakes, generated, "the same scores")
	assert.ErrorContains(t, v.GeneratorStep(&variants.Step{N: 3, Loss: one}), "want a critic step of 3 samples")
}

func TestNewAdversariesRefuses(t *testing.T) {
	n := smallNetworks(t, device.NewCPU(1))
	for want, change := range map[string]func(*variants.Play){
		"critic steps 0":                  func(p *variants.Play) { p.CriticSteps = 0 },
		"want an optimiser for each":      func(p *variants.Play) { p.GeneratorOptimizer = nil },
		"cannot serve the generator step": func(p *variants.Play) { p.ReuseFake, p.EvalFakes = true, true },
		"critic: optim: sgd":              func(p *variants.Play) { p.CriticOptimizer = optim.SGDConfig{} },
	} {
		p := smallPlay()
		change(&p)
		_, err := variants.NewAdversaries("test", n, p)
		assert.ErrorContains(t, err, want)
	}
}

func TestNetworksValidate(t *testing.T) {
	dev := device.NewCPU(1)
	a, b := smallNetworks(t, dev), smallNetworks(t, device.NewCPU(1))
	build := func(in device.Shape, list ...layers.Layer) *layers.Network {
		net, err := layers.NewNetwork(dev, "net", in, list...)
		require.NoError(t, err)
		return net
	}
	for want, n := range map[string]variants.Networks{
		"want a generator and a critic":       {Generator: a.Generator},
		"are the same network generator":      {Generator: a.Generator, Critic: a.Generator},
		"critic is on device":                 {Generator: a.Generator, Critic: b.Critic},
		"want parameters to train":            {Generator: a.Generator, Critic: build(device.Shape{4, 4, 2}, &layers.Tanh{})},
		"want the generator's output (4,4,2)": {Generator: a.Generator, Critic: build(device.Shape{2}, &layers.Linear{In: 2, Out: 1})},
		"critic output (3): want one score":   {Generator: a.Generator, Critic: build(device.Shape{4, 4, 2}, &layers.Flatten{}, &layers.Linear{In: 32, Out: 3})},
	} {
		assert.ErrorContains(t, n.Validate(), want)
	}
	assert.NoError(t, a.Validate())
}

// Sampling leaves no mark, and a sample does not depend on its batch.
func TestGenerate(t *testing.T) {
	dev := device.NewCPU(1)
	n := smallNetworks(t, dev)
	v, err := variants.NewAdversaries("test", n, smallPlay())
	require.NoError(t, err)
	tr := trainSmall(t, v)
	ws := device.NewWorkspace(dev)
	sample := func(rows int) []float32 {
		ws.Reset()
		z := ws.New(n.Generator.Input().Batch(rows))
		require.NoError(t, tr.FixedNoise(z))
		x, err := variants.Generate(n.Generator, ws, z)
		require.NoError(t, err)
		values, err := x.Float32s()
		require.NoError(t, err)
		return values
	}
	before := count(t, n)
	assert.Equal(t, sample(7)[:64], sample(2))
	assert.Equal(t, before, count(t, n))
	_, err = variants.Generate(n.Generator, ws, ws.New(device.Shape{2, 3}))
	var shape *device.ShapeError
	assert.ErrorAs(t, err, &shape)
}
