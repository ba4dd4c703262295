package conformance_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

// Tests named TestCheck check facts about the systems, numbered as in the library's list of them;
// TestGolden is the rest of the list's comparison with PyTorch.

// presetConfig returns a preset with changes.
func presetConfig(t testing.TB, name string, changes ...func(*config.Config)) config.Config {
	t.Helper()
	c, err := config.Preset(name)
	require.NoError(t, err)
	for _, change := range changes {
		change(&c)
	}
	return c
}

// smallFaces makes catfaces networks small: 16 pixels and 2 features.
func smallFaces(c *config.Config) { c.ImageSize, c.FeaturesGen, c.FeaturesCritic, c.ZDim = 16, 2, 2, 8 }

// networksOf builds a configuration's networks.
func networksOf(t testing.TB, dev device.Device, c config.Config) variants.Networks {
	t.Helper()
	n, err := presets.Networks(dev, c)
	require.NoError(t, err)
	return n
}

// variantOf builds a configuration's networks and variant.
func variantOf(t testing.TB, dev device.Device, c config.Config) variants.Variant {
	t.Helper()
	v, err := presets.Variant(networksOf(t, dev, c), c)
	require.NoError(t, err)
	return v
}

// newTensor returns a tensor of uniform numbers in [lo,hi).
func newTensor(t testing.TB, dev device.Device, shape device.Shape, lo, hi float64, seed uint64) *device.Tensor {
	t.Helper()
	x, err := dev.New(shape)
	require.NoError(t, err)
	require.NoError(t, kernels.Uniform(x, lo, hi, device.Random{Seed: seed, Stream: device.Stream("checks")}))
	return x
}

// values returns a tensor's numbers.
func values(t testing.TB, x *device.Tensor) []float32 {
	t.Helper()
	v, err := x.Float32s()
	require.NoError(t, err)
	return v
}

// 1: the sizes of all systems, and the shapes of the tutorial's self-test.
func TestCheck01Sizes(t *testing.T) {
	for name, want := range map[string]string{
		"mnist-mlp-wgangp": "1486352 1460225", "mnist-mlp-bce": "1486352 533505", "keras-wgan": "1487360 212865", "dcgan16": "339523 136643",
		"catfaces": "12658435 2765633", "catfaces_128": "47855363 11164481",
	} {
		n := networksOf(t, device.NewMeta(), presetConfig(t, name))
		assert.Equal(t, want, fmt.Sprint(n.Generator.NumParams(), n.Critic.NumParams()), name)
	}

	dev := device.NewCPU(2)
	defer dev.Close()
	n := networksOf(t, dev, presetConfig(t, "catfaces", func(c *config.Config) { c.FeaturesGen, c.FeaturesCritic = 8, 8 }))
	ws := device.NewWorkspace(dev)
	fake, err := n.Generator.Forward(new(layers.Trace), ws, newTensor(t, dev, device.Shape{8, 1, 1, 100}, -1, 1, 1), layers.Train)
	require.NoError(t, err)
	assert.Equal(t, device.Shape{8, 64, 64, 3}, fake.Shape())
	scores, err := n.Critic.Forward(new(layers.Trace), ws, fake, layers.Train)
	require.NoError(t, err)
	assert.Equal(t, device.Shape{8, 1, 1, 1}, scores.Shape())
}

// 1: the networks for 128 pixels refuse 64 pixels before any operation runs.
func TestCheck01WrongSize(t *testing.T) {
	dev := device.NewMeta()
	n := networksOf(t, dev, presetConfig(t, "catfaces_128"))
	counter := new(device.Counter)
	dev.SetCounter(counter)
	_, err := n.Critic.Forward(new(layers.Trace), device.NewWorkspace(dev), device.NewWorkspace(dev).New(device.Shape{8, 64, 64, 3}), layers.Train)
	assert.ErrorContains(t, err, "input (8,64,64,3): want (N, then (128,128,3))")
	assert.Zero(t, counter.Flops(""))
}

// deviation returns the standard deviation of images, and that of what is left of them without the
// constant tanh(bias) of each channel.
func deviation(t *testing.T, init string) (whole, rest float64) {
	dev := device.NewCPU(2)
	defer dev.Close()
	n := networksOf(t, dev, presetConfig(t, "catfaces", func(c *config.Config) { c.Init = init }))
	ws := device.NewWorkspace(dev)
	z := ws.New(device.Shape{4, 1, 1, 100})
	require.NoError(t, kernels.Normal(z, 0, 1, device.Random{Seed: 1}))
	fake, err := n.Generator.Forward(new(layers.Trace), ws, z, layers.Train)
	require.NoError(t, err)
	x := values(t, fake)
	list := n.Generator.Params()
	bias := values(t, list[len(list)-1].Value)
	std := func(offset func(channel int) float64) float64 {
		var sum, squares float64
		for i, v := range x {
			d := float64(v) - offset(i%3)
			sum, squares = sum+d, squares+d*d
		}
		mean := sum / float64(len(x))
		return math.Sqrt(squares/float64(len(x)) - mean*mean)
	}
	return std(func(int) float64 { return 0 }), std(func(c int) float64 { return math.Tanh(float64(bias[c])) })
}

// 9: the generator's images at the start vary, but hardly so if batch norm's scales start around zero.
// (Four images instead of sixteen: the deviation is the same, and the time is a quarter.)
func TestCheck09SpreadAtStart(t *testing.T) {
	whole, rest := deviation(t, config.InitDCGAN)
	t.Logf("dcgan: standard deviation %.3f, %.3f without the last bias", whole, rest)
	assert.InDelta(t, 0.30, whole, 0.03)
	assert.InDelta(t, 0.29, rest, 0.02)

	whole, rest = deviation(t, config.InitDCGANZero)
	t.Logf("dcgan-zero: standard deviation %.3f, %.4f without the last bias", whole, rest)
	assert.InDelta(t, 0.055, whole, 0.035)
	assert.InDelta(t, 0.005, rest, 0.002)
}

// lengths is a data set that has a length and no content.
type lengths struct {
	n     int
	shape device.Shape
}

func (s lengths) Len() int            { return s.n }
func (s lengths) Shape() device.Shape { return s.shape }
func (s lengths) Fingerprint() string { return "" }
func (s lengths) Gather(dst *device.Tensor, order device.Permutation, start int, flip *device.Random) error {
	return nil
}

// 19: batches of MNIST in both presets, and what the last one holds.
func TestCheck19Batches(t *testing.T) {
	for name, want := range map[string]struct{ steps, last int }{"mnist-mlp-wgangp": {938, 32}, "keras-wgan": {937, 64}} {
		c := presetConfig(t, name)
		v := variantOf(t, device.NewMeta(), c)
		tr, err := variants.NewTrainer(v, lengths{60_000, device.Shape{28, 28, 1}}, presets.Trainer(c, 0))
		require.NoError(t, err)
		assert.Equal(t, want.steps, tr.StepsPerEpoch(), name)

		o, err := datasets.NewOrder(datasets.OrderConfig{N: 60_000, Batch: c.BatchSize, DropLast: c.DropLast})
		require.NoError(t, err)
		last := 0
		for o.Cursor().Pass == 0 {
			last = o.Next().N
		}
		assert.Equal(t, want.last, last, name)
	}
	c, err := config.Resolve(config.Sources{Preset: "keras-wgan", Sets: []string{"COMPAT=all"}})
	require.NoError(t, err)
	tr, err := variants.NewTrainer(variantOf(t, device.NewMeta(), c), lengths{60_000, device.Shape{28, 28, 1}}, presets.Trainer(c, 0))
	require.NoError(t, err)
	assert.Equal(t, 468, tr.StepsPerEpoch(), "of 128, the last dropped")
}

// repeated gives every sample of a step the same image, noise and place between real and fake.
type repeated struct{}

func (repeated) Real(dst *device.Tensor) error {
	return repeatRow(dst, func(i int) float32 { return float32(math.Sin(float64(i))) })
}
func (repeated) Noise(dst *device.Tensor) error {
	return repeatRow(dst, func(i int) float32 { return float32(math.Cos(float64(i))) })
}
func (repeated) Alpha(dst *device.Tensor) error {
	return repeatRow(dst, func(int) float32 { return 0.375 })
}

func repeatRow(dst *device.Tensor, value func(int) float32) error {
	v := make([]float32, dst.Len())
	row := dst.Len() / dst.Shape()[0]
	for i := range v {
		v[i] = value(i % row)
	}
	return dst.CopyFrom(v)
}

// 19: means are over the samples that are there. With equal samples, a step of three does what a step
// of one or of eight does.
func TestCheck19MeansOverTheBatch(t *testing.T) {
	c := presetConfig(t, "mnist-mlp-wgangp", func(c *config.Config) { c.FeaturesGen, c.FeaturesCritic, c.ZDim = 8, 8, 8 })
	step := func(n int) (losses, params []float32) {
		dev := device.NewCPU(1)
		defer dev.Close()
		v := variantOf(t, dev, c)
		out := newTensor(t, dev, device.Shape{3}, 0, 1, 1)
		one := device.Shape{1}
		s := &variants.Step{N: n, Source: repeated{}, Loss: out.Slice(0, one), Penalty: out.Slice(1, one)}
		require.NoError(t, v.CriticStep(s))
		s = &variants.Step{N: n, Source: repeated{}, Loss: out.Slice(2, one)}
		require.NoError(t, v.GeneratorStep(s))
		return values(t, out), append(values(t, v.Networks().Critic.Grads()), values(t, v.Networks().Generator.Grads())...)
	}
	loss, grads := step(8)
	for _, n := range []int{1, 3} {
		l, g := step(n)
		assert.InDeltaSlice(t, loss, l, 1e-6)
		assert.InDeltaSlice(t, grads, g, 1e-5)
	}
}
