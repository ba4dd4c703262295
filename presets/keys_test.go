package presets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/config"
	"ganlib/layers"
)

// keys returns the names of a network's parameters and buffers, sorted, with PyTorch's shapes.
func keys(net *layers.Network) (list []string) {
	for _, p := range slices.Concat(net.Params(), net.Buffers()) {
		list = append(list, strings.ReplaceAll(fmt.Sprint(p.Name, " ", p.TorchShape()), " ", ","))
	}
	slices.Sort(list)
	return list
}

// expand lists the keys of layers: "gen.0.0.weight" …, given as prefix and what follows.
func expand(prefixes []string, names ...string) (list []string) {
	for _, p := range prefixes {
		for _, n := range names {
			list = append(list, p+"."+n)
		}
	}
	return list
}

// names strips the shapes of keys.
func names(list []string) (short []string) {
	for _, k := range list {
		name, _, _ := strings.Cut(k, ",")
		short = append(short, name)
	}
	return short
}

var batchNormKeys = []string{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}

func TestStateDictKeys(t *testing.T) {
	both := []string{"weight", "bias"}
	for _, test := range []struct {
		name              string
		config            config.Config
		generator, critic []string
	}{
		{
			"catfaces", preset(t, "catfaces"),
			slices.Concat(expand([]string{"gen.0.0", "gen.1.0", "gen.2.0", "gen.3.0"}, "weight"),
				expand([]string{"gen.0.1", "gen.1.1", "gen.2.1", "gen.3.1"}, batchNormKeys...), expand([]string{"gen.4"}, both...)),
			slices.Concat(expand([]string{"disc.0", "disc.5", "disc.2.1", "disc.3.1", "disc.4.1"}, both...), expand([]string{"disc.2.0", "disc.3.0", "disc.4.0"}, "weight")),
		},
		{
			"catfaces_128", preset(t, "catfaces_128"),
			slices.Concat(expand([]string{"gen.0.0", "gen.1.0", "gen.2.0", "gen.3.0", "gen.4.0"}, "weight"),
				expand([]string{"gen.0.1", "gen.1.1", "gen.2.1", "gen.3.1", "gen.4.1"}, batchNormKeys...), expand([]string{"gen.5"}, both...)),
			slices.Concat(expand([]string{"disc.0", "disc.6", "disc.2.1", "disc.3.1", "disc.4.1", "disc.5.1"}, both...), expand([]string{"disc.2.0", "disc.3.0", "disc.4.0", "disc.5.0"}, "weight")),
		},
		{
			"mnist-mlp-wgangp", preset(t, "mnist-mlp-wgangp"),
			expand([]string{"model.0", "model.2", "model.4", "model.6"}, both...),
			expand([]string{"model.0", "model.2", "model.4", "model.6"}, both...),
		},
		{
			"mnist-mlp-bce", preset(t, "mnist-mlp-bce"),
			expand([]string{"model.0", "model.2", "model.4", "model.6"}, both...),
			expand([]string{"model.0", "model.2", "model.4"}, both...),
		},
		{
			"dcgan16", preset(t, "dcgan16"),
			slices.Concat(expand([]string{"model.0", "model.3", "model.6"}, both...), expand([]string{"model.1", "model.4"}, batchNormKeys...)),
			slices.Concat(expand([]string{"model.0", "model.2", "model.5", "fc.0"}, both...), expand([]string{"model.3"}, batchNormKeys...)),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := plan(t, test.config)
			assert.ElementsMatch(t, test.generator, names(keys(n.Generator)))
			assert.ElementsMatch(t, test.critic, names(keys(n.Critic)))
		})
	}
}

func TestStateDictShapes(t *testing.T) {
	n := plan(t, preset(t, "catfaces"))
	assert.Len(t, n.Generator.Params(), 14, "the number of Adam's states in the tutorial's checkpoint")
	assert.Subset(t, keys(n.Generator), []string{
		"gen.0.0.weight,[100,1024,4,4]", "gen.3.0.weight,[256,128,4,4]", "gen.4.weight,[128,3,4,4]", "gen.4.bias,[3]",
		"gen.0.1.running_var,[1024]", "gen.0.1.num_batches_tracked,[]",
	})
	assert.Subset(t, keys(n.Critic), []string{
		"disc.0.weight,[64,3,4,4]", "disc.0.bias,[64]", "disc.2.0.weight,[128,64,4,4]", "disc.4.1.bias,[512]", "disc.5.weight,[1,512,4,4]", "disc.5.bias,[1]",
	})
	n = plan(t, preset(t, "dcgan16"))
	assert.Subset(t, keys(n.Critic), []string{"model.0.weight,[64,3,4,4]", "model.5.weight,[1,128,4,4]", "fc.0.weight,[1,1]"})
	n = plan(t, preset(t, "mnist-mlp-wgangp"))
	assert.Subset(t, keys(n.Generator), []string{"model.0.weight,[256,100]", "model.6.weight,[784,1024]"})
	assert.Subset(t, keys(n.Critic), []string{"model.0.weight,[1024,784]", "model.6.weight,[1,256]"})
}

// The layers of both networks in order, as the systems define them.
func TestLayers(t *testing.T) {
	for name, want := range map[string][2]string{
		"mnist-mlp-wgangp": {
			"Linear(100→256) ReLU Linear(256→512) ReLU Linear(512→1024) ReLU Linear(1024→784) Tanh Reshape((28,28,1), CHW)",
			"Flatten(CHW) Linear(784→1024) LeakyReLU(0.2) Linear(1024→512) LeakyReLU(0.2) Linear(512→256) LeakyReLU(0.2) Linear(256→1)",
		},
		"mnist-mlp-bce": {
			"Linear(100→256) ReLU Linear(256→512) ReLU Linear(512→1024) ReLU Linear(1024→784) Tanh Reshape((28,28,1), CHW)",
			"Flatten(CHW) Linear(784→512) LeakyReLU(0.2) Linear(512→256) LeakyReLU(0.2) Linear(256→1)",
		},
		"keras-wgan": {
			"Linear(100→256, no bias) BatchNorm(256) LeakyReLU(0.2) Linear(256→512, no bias) BatchNorm(512) LeakyReLU(0.2) " +
				"Linear(512→1024, no bias) BatchNorm(1024) LeakyReLU(0.2) Linear(1024→784, no bias) Tanh Reshape((28,28,1), HWC)",
			"Conv2D(1→64, 5×5, stride 2, padding 1,2,1,2) LeakyReLU(0.2) Conv2D(64→128, 5×5, stride 2, padding 1,2,1,2) LeakyReLU(0.2) Flatten(HWC) Linear(6272→1)",
		},
		"dcgan16": {
			"ConvTranspose2D(100→128, 4×4, stride 1, padding 0) BatchNorm(128) ReLU ConvTranspose2D(128→64, 4×4, stride 2, padding 1) BatchNorm(64) ReLU " +
				"ConvTranspose2D(64→3, 4×4, stride 2, padding 1) Tanh",
			"Conv2D(3→64, 4×4, stride 2, padding 1) LeakyReLU(0.2) Conv2D(64→128, 4×4, stride 2, padding 1) BatchNorm(128) LeakyReLU(0.2) " +
				"Conv2D(128→1, 4×4, stride 1, padding 0) Flatten(CHW) Linear(1→1)",
		},
		"toy-swissroll": {
			"Linear(2→128) ReLU Linear(128→128) ReLU Linear(128→128) ReLU Linear(128→2)",
			"Linear(2→128) ReLU Linear(128→128) ReLU Linear(128→128) ReLU Linear(128→1)",
		},
	} {
		n := plan(t, preset(t, name))
		assert.Equal(t, want[0], described(n.Generator), name)
		assert.Equal(t, want[1], described(n.Critic), name)
	}
}

func TestCriticNorms(t *testing.T) {
	c := preset(t, "catfaces", sized(16, 2, 1))
	for norm, want := range map[string]struct {
		layer string
		scale []string
	}{
		config.NormInstance:     {"InstanceNorm(4) ", []string{"disc.2.1.weight,[4]"}},
		config.NormLayer:        {"LayerNorm((4,4,4)) ", []string{"disc.2.1.weight,[4,4,4]"}},
		config.NormLayerChannel: {"LayerNorm((4,4,4)) ", []string{"disc.2.1.weight,[4]"}},
		config.NormNone:         {"", nil},
	} {
		c.CriticNorm = norm
		n := plan(t, c)
		assert.Equal(t, "Conv2D(1→2, 4×4, stride 2, padding 1) LeakyReLU(0.2) Conv2D(2→4, 4×4, stride 2, padding 1, no bias) "+want.layer+"LeakyReLU(0.2) Conv2D(4→1, 4×4, stride 2, padding 0)", described(n.Critic), norm)
		assert.Subset(t, keys(n.Critic), want.scale, norm)
	}
	c.CriticNorm, c.Force = config.NormBatch, true
	assert.True(t, plan(t, c).Critic.MixesSamples())

	// Without batch norm the biases before it are no longer redundant.
	c = preset(t, "dcgan16", func(c *config.Config) { c.CriticNorm, c.BiasBeforeNorm = config.NormNone, false })
	assert.Contains(t, names(keys(plan(t, c).Critic)), "model.2.bias")
}

func TestBatchNormConventions(t *testing.T) {
	for name, want := range map[string]layers.BatchNorm{
		"catfaces":   {Features: 1024, Eps: 1e-5, Momentum: 0.1},
		"dcgan16":    {Features: 128, Eps: 1e-5, Momentum: 0.1},
		"keras-wgan": {Features: 256, Eps: 1e-3, Momentum: 0.01, Biased: true},
	} {
		l := plan(t, preset(t, name)).Generator.Layers()[1].(*layers.BatchNorm)
		assert.Equal(t, want, layers.BatchNorm{Features: l.Features, Eps: l.Eps, Momentum: l.Momentum, Biased: l.Biased}, name)
	}
}

// described joins the layers' names.
func described(net *layers.Network) string {
	var list []string
	for _, l := range net.Layers() {
		list = append(list, fmt.Sprint(l))
	}
	return strings.Join(list, " ")
}
