package interchange_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/formats/torchfile"
	"ganlib/interchange"
	"ganlib/layers"
	"ganlib/runs"
	"ganlib/sampler"
)

// open opens a run for the time of the test.
func open(t testing.TB, run string) *interchange.Model {
	t.Helper()
	m, err := interchange.Open(run)
	require.NoError(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

// torchOf exports both networks and reads the file.
func torchOf(t testing.TB, m *interchange.Model, which interchange.Which) *torchfile.Dict {
	t.Helper()
	var b bytes.Buffer
	_, err := m.WriteTorch(&b, which)
	require.NoError(t, err)
	f, err := torchfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return f.Root().(*torchfile.Dict)
}

// every is a small configuration of each preset with its own networks, with other norms and rules.
func every(t testing.TB) map[string]config.Config {
	return map[string]config.Config{
		"catfaces":        small(t, "catfaces"),
		"layer norm":      small(t, "catfaces", "CRITIC_NORM=layer", "IMAGE_SIZE=32", "Z_DIM=3"),
		"channel norm":    small(t, "catfaces", "CRITIC_NORM=layer-channel"),
		"no norm":         small(t, "catfaces", "CRITIC_NORM=none", "OPTIMIZER=rmsprop"),
		"mlp":             small(t, "mnist-mlp-wgangp"),
		"mlp of momentum": small(t, "mnist-mlp-bce", "OPTIMIZER=sgd", "MOMENTUM=0.5"),
		"dcgan16":         small(t, "dcgan16"),
		"dcgan16, lean":   small(t, "dcgan16", "BIAS_BEFORE_NORM=false", "CHANNELS_IMG=1"),
		"keras":           small(t, "keras-wgan"),
		"toy":             small(t, "toy-25gaussians"),
	}
}

// TestThereAndBack exports every preset in both formats, imports it with the preset's own sizes, and has the
// same networks, of PyTorch's also the same optimisers.
func TestThereAndBack(t *testing.T) {
	for name, c := range every(t) {
		t.Run(name, func(t *testing.T) {
			m := open(t, makeRun(t, c))
			plain, err := config.Preset(c.Preset)
			require.NoError(t, err)
			plain.Optimizer, plain.CriticNorm = c.Optimizer, c.CriticNorm
			if c.CriticNorm != config.NormLayerChannel { // which has the tensors of instance norm
				plain.CriticNorm = config.NormInstance
			}
			if c.Preset == "dcgan16" {
				plain.CriticNorm = config.NormNone
			}
			if c.Preset != "catfaces" && c.Preset != "dcgan16" {
				plain.CriticNorm = c.CriticNorm
			}

			im, err := interchange.Fit(interchange.FromTorch(torchOf(t, m, interchange.Both)), plain)
			require.NoError(t, err)
			checkImport(t, m, im)
			assert.Equal(t, "state_dict", im.Generator.String())
			assert.Equal(t, "critic_state_dict", im.Critic.String())
			if c.OptConvention == config.ConventionPyTorch {
				assert.Empty(t, im.Notes)
				require.NotNil(t, im.Generator.Optimizer)
				require.NotNil(t, im.Critic.Optimizer)
				assert.Equal(t, [2]string{"optimizer", "critic_optimizer"}, [2]string{im.Generator.Optimizer.Path, im.Critic.Optimizer.Path})
				for _, key := range config.Diff(im.Config, c) {
					assert.Contains(t, []string{"BATCH_SIZE", "SEED", "DEVICE"}, key.Key, "taken from nowhere")
				}
			}

			for _, which := range []interchange.Which{interchange.Both, interchange.Generator} {
				var b bytes.Buffer
				require.NoError(t, m.WriteSafetensors(&b, which))
				f, err := safetensors.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
				require.NoError(t, err)
				if im, err = interchange.Fit(interchange.FromSafetensors(f), plain); assert.NoError(t, err) && which == interchange.Both {
					checkImport(t, m, im)
					assert.Equal(t, "critic.*", im.Critic.String())
				}
			}
		})
	}
}

// checkImport writes an import's run and compares its networks and optimisers with m's.
func checkImport(t *testing.T, m *interchange.Model, im *interchange.Import) {
	run := filepath.Join(t.TempDir(), "deep", "run")
	require.NoError(t, im.WriteRun(run))
	n := open(t, run)
	assert.Equal(t, im.Config, n.Config)
	a, b := openSafetensors(t, m.Path), openSafetensors(t, n.Path)
	for _, name := range a.Names() {
		if strings.HasPrefix(name, "optimizer.") && im.Generator.Optimizer == nil {
			continue
		}
		want, err := a.Tensor(name)
		require.NoError(t, err)
		got, err := b.Tensor(name)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want.Data.([]byte), got.Data.([]byte)), name)
	}
	if im.Generator.Optimizer != nil && im.Config.Optimizer != config.SGD { // whose steps PyTorch does not count
		assert.Equal(t, "3", b.Metadata()["optimizer.generator.steps"])
		assert.Equal(t, "3", b.Metadata()["optimizer.critic.steps"])
	}
}

func TestImportedRunIsARun(t *testing.T) {
	folder := t.TempDir()
	run := filepath.Join(folder, "cats")
	im, err := importTorch("../testdata/fixtures/adam.pth.tar", run)
	require.NoError(t, err)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left")

	r, err := runs.Open(run)
	require.NoError(t, err)
	require.NoError(t, r.Lock())
	require.NoError(t, r.Close())
	c, err := checkpoint.Open(r.CheckpointPath(0))
	require.NoError(t, err)
	assert.NotContains(t, c.Config(), "DATA_ROOT", "as in a training's")
	noise, shape, err := c.FixedNoise()
	require.NoError(t, err)
	assert.Equal(t, []int{im.Config.BatchSize, 1, 1, 8}, shape)
	assert.Len(t, noise, 8*im.Config.BatchSize)
	require.NoError(t, c.Close())
	s, err := sampler.Open(run)
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Image(1, 2)
	require.NoError(t, err)

	// What exists is never touched.
	before, err := os.ReadFile(r.CheckpointPath(0))
	require.NoError(t, err)
	for _, path := range []string{run, folder, r.CheckpointPath(0)} {
		assert.ErrorIs(t, im.WriteRun(path), fs.ErrExist)
	}
	after, err := os.ReadFile(r.CheckpointPath(0))
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

// TestWriteRunLeavesNothing: elements that cannot be read end it before anything is made.
func TestWriteRunLeavesNothing(t *testing.T) {
	f, err := readTorch("../testdata/fixtures/adam.pth.tar")
	require.NoError(t, err)
	file := interchange.FromTorch(f.Root())
	broken := errors.New("the disk is gone")
	name := file.Dicts[0].Names[3]
	x := file.Dicts[0].Tensors[name]
	x.Values = func() ([]float32, error) { return nil, broken }
	file.Dicts[0].Tensors[name] = x
	im, err := interchange.Fit(file, small(t, "catfaces"))
	require.NoError(t, err)
	folder := t.TempDir()
	err = im.WriteRun(filepath.Join(folder, "a", "run"))
	assert.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, name)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// TestNoGenerator: the error names the tensor.
func TestNoGenerator(t *testing.T) {
	cats := open(t, makeRun(t, small(t, "catfaces")))
	mlp := open(t, makeRun(t, small(t, "mnist-mlp-wgangp")))
	digits := small(t, "mnist-mlp-wgangp")
	for name, test := range map[string]struct {
		model  *interchange.Model
		c      config.Config
		change func(d *torchfile.Dict) *torchfile.Dict
		want   string
	}{
		"another preset": {mlp, small(t, "catfaces"), nil, `no state dict with a tensor "gen.0.0.weight"`},
		"missing":        {cats, small(t, "catfaces"), without("gen.1.1.running_var"), `state_dict: no tensor "gen.1.1.running_var"`},
		"of another":     {cats, small(t, "catfaces"), with("gen.1.1.bias", 3), `tensor "gen.1.1.bias" has shape [3], want [8]`},
		"one too many":   {cats, small(t, "catfaces"), with("gen.1.2.bias", 3), `tensor "gen.1.2.bias" belongs to nothing in the generator`},
		"a deeper one":   {mlp, digits, with("model.8.weight", 3), `tensor "model.8.weight" belongs to nothing`},
		"a huge one":     {mlp, digits, with("model.0.weight", 1<<20, 0), `FEATURES_GEN`},
		"no last layer":  {cats, small(t, "catfaces"), without("gen.2.weight"), `CHANNELS_IMG`},
		"of odd size":    {mlp, digits, with("model.6.weight", 783, 16), `tensor "model.6.weight" has shape [783 16], want [784 16]`},
		"only its critic": {mlp, digits, func(d *torchfile.Dict) *torchfile.Dict {
			return torchfile.NewDict().Set("x", d.Dict("critic_state_dict"))
		}, "x: tensor \"model.2.weight\" has shape"},
		"another name": {cats, small(t, "catfaces"), func(d *torchfile.Dict) *torchfile.Dict {
			renamed := torchfile.NewDict()
			for _, key := range d.Dict("state_dict").Keys() {
				renamed.Set("my"+key.(string), d.Dict("state_dict").Tensor(key))
			}
			return renamed
		}, `no state dict with a tensor "gen.0.0.weight"`},
	} {
		root := torchOf(t, test.model, interchange.Both)
		if test.change != nil {
			root = test.change(root)
		}
		_, err := interchange.Fit(interchange.FromTorch(root), test.c)
		assert.ErrorIs(t, err, interchange.ErrNoGenerator, name)
		assert.ErrorContains(t, err, test.want, name)
	}
	_, err := interchange.Fit(interchange.FromTorch(torchfile.Tuple{}), digits)
	assert.ErrorIs(t, err, interchange.ErrNoGenerator)
	_, err = interchange.Fit(interchange.New(nil, nil), config.Config{Preset: "catface"})
	assert.ErrorContains(t, err, "did you mean catfaces?")
}

// with returns a change that gives the generator a tensor of zeros, without one that takes it away.
func with(name string, shape ...int) func(*torchfile.Dict) *torchfile.Dict {
	return func(d *torchfile.Dict) *torchfile.Dict {
		n := 1
		for _, s := range shape {
			n *= s
		}
		d.Dict("state_dict").Set(name, torchfile.NewFloat32(shape, make([]float32, n)))
		return d
	}
}

func without(name string) func(*torchfile.Dict) *torchfile.Dict {
	return func(d *torchfile.Dict) *torchfile.Dict {
		left := torchfile.NewOrderedDict()
		for _, key := range d.Dict("state_dict").Keys() {
			if value, _ := d.Dict("state_dict").Get(key); key != name {
				left.Set(key, value)
			}
		}
		return d.Set("state_dict", left)
	}
}

// TestOptimizers that ganlib cannot go on from are left out, with a reason.
func TestOptimizers(t *testing.T) {
	m := open(t, makeRun(t, small(t, "catfaces")))
	set := func(key string, value any) func(o *torchfile.Dict) {
		return func(o *torchfile.Dict) {
			groups, _ := o.Get("param_groups")
			groups.(*torchfile.List).Items[0].(*torchfile.Dict).Set(key, value)
		}
	}
	state := func(key string, value any) func(o *torchfile.Dict) {
		return func(o *torchfile.Dict) { o.Dict("state").Dict(1).Set(key, value) }
	}
	for name, test := range map[string]struct {
		change func(o *torchfile.Dict)
		want   string
	}{
		"as it is":        {func(*torchfile.Dict) {}, ""},
		"older":           {func(o *torchfile.Dict) { eachState(o, "step", int64(3)) }, ""},
		"amsgrad":         {set("amsgrad", true), `optimiser "optimizer": amsgrad is set: it is left out`},
		"weight decay":    {set("weight_decay", 0.1), "weight_decay is set"},
		"a rate of text":  {set("lr", "x"), "lr is no finite number"},
		"betas":           {set("betas", torchfile.Tuple{0.5}), "betas: want two numbers"},
		"out of range":    {set("betas", torchfile.Tuple{0.5, 1.5}), "BETA2"},
		"another rule":    {set("betas", nil), "betas: want two numbers"},
		"two groups":      {func(o *torchfile.Dict) { o.Set("param_groups", torchfile.NewList(1, 2)) }, "2 groups"},
		"no group":        {func(o *torchfile.Dict) { o.Set("param_groups", torchfile.NewList(1)) }, "is no dict"},
		"no params":       {set("params", nil), "no list of params"},
		"fewer":           {func(o *torchfile.Dict) { set("params", torchfile.NewList(int64(0)))(o) }, "its parameters are those of neither network"},
		"a state missing": {func(o *torchfile.Dict) { o.Dict("state").Set(2, nil) }, "no state of parameter 2"},
		"no memory":       {state("exp_avg", nil), "parameter 1 has no exp_avg"},
		"another shape":   {state("exp_avg", torchfile.NewFloat32([]int{2}, []float32{1, 2})), "those of neither network"},
		"steps apart":     {state("step", int64(4)), "parameter 1 has taken 4 steps, others 3"},
		"half a step":     {state("step", 0.5), "step is no count"},
		"steps":           {state("step", torchfile.NewFloat32([]int{2}, []float32{1, 2})), "step is a tensor of 2 numbers"},
	} {
		t.Run(name, func(t *testing.T) {
			root := torchOf(t, m, interchange.Generator)
			test.change(root.Dict("optimizer"))
			im, err := interchange.Fit(interchange.FromTorch(root), small(t, "catfaces", "LEARNING_RATE=0.5"))
			require.NoError(t, err)
			notes := strings.Join(im.Notes, "\n")
			if test.want == "" {
				require.NotNil(t, im.Generator.Optimizer, notes)
				assert.Equal(t, 3, im.Generator.Optimizer.Steps)
				assert.Equal(t, m.Config.LearningRate, im.Config.LearningRate)
				return
			}
			assert.Contains(t, notes, test.want)
			assert.Nil(t, im.Generator.Optimizer)
			assert.Equal(t, 0.5, im.Config.LearningRate)
		})
	}
	im, err := interchange.Fit(interchange.FromTorch(torchOf(t, m, interchange.Generator)), small(t, "catfaces", "OPTIMIZER=sgd"))
	require.NoError(t, err)
	assert.Contains(t, strings.Join(im.Notes, "\n"), "it is adam of PyTorch, and catfaces trains with sgd of pytorch (--set OPTIMIZER=adam --set OPT_CONVENTION=pytorch)")
}

func eachState(o *torchfile.Dict, key string, value any) {
	for _, id := range o.Dict("state").Keys() {
		o.Dict("state").Dict(id).Set(key, value)
	}
}

// TestStateDictOrder: as a module's, layer by layer.
func TestStateDictOrder(t *testing.T) {
	m := open(t, makeRun(t, small(t, "catfaces")))
	keys := torchOf(t, m, interchange.Generator).Dict("state_dict").Keys()
	assert.Equal(t, []any{"gen.0.0.weight", "gen.0.1.weight", "gen.0.1.bias", "gen.0.1.running_mean", "gen.0.1.running_var", "gen.0.1.num_batches_tracked", "gen.1.0.weight"}, keys[:7])
	root := torchOf(t, m, interchange.Critic)
	assert.Equal(t, []any{"state_dict", "optimizer"}, root.Keys())
	assert.Contains(t, root.Dict("state_dict").Keys(), "disc.0.weight")
	_, err := m.Network("both")
	assert.ErrorContains(t, err, `network "both": want generator or critic`)
	_, _, err = m.Torch("neither")
	assert.Error(t, err)
	assert.Error(t, m.WriteSafetensors(&bytes.Buffer{}, "neither"))
}

// TestKerasOptimizer: PyTorch has no RMSprop of this kind.
func TestKerasOptimizer(t *testing.T) {
	m := open(t, makeRun(t, small(t, "keras-wgan")))
	root, notes, err := m.Torch(interchange.Generator)
	require.NoError(t, err)
	assert.Equal(t, []any{"state_dict"}, root.Keys())
	assert.Equal(t, []string{"the optimiser is left out: rmsprop of keras differs from PyTorch's"}, notes)
}

// TestFreshOptimizer: before its first step an optimiser of PyTorch has no state.
func TestFreshOptimizer(t *testing.T) {
	m := open(t, makeRunAfter(t, small(t, "catfaces"), 0))
	root := torchOf(t, m, interchange.Generator)
	assert.Zero(t, root.Dict("optimizer").Dict("state").Len())
	im, err := interchange.Fit(interchange.FromTorch(root), small(t, "catfaces"))
	require.NoError(t, err)
	require.NotNil(t, im.Generator.Optimizer)
	assert.NoError(t, im.WriteRun(filepath.Join(t.TempDir(), "run")))
}

func TestOpenErrors(t *testing.T) {
	_, err := interchange.Open(t.TempDir())
	assert.ErrorIs(t, err, runs.ErrNotRun)
	_, err = interchange.Open(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = interchange.Open("../testdata/fixtures/adam.expected.safetensors")
	assert.ErrorContains(t, err, "format")
}

// TestNetworks is for programs that want no run.
func TestNetworks(t *testing.T) {
	f, err := readTorch("../testdata/fixtures/bare.pth")
	require.NoError(t, err)
	im, err := interchange.Fit(interchange.FromTorch(f.Root()), small(t, "catfaces"))
	require.NoError(t, err)
	assert.Equal(t, "the file", im.Generator.String())
	dev := device.NewCPU(1)
	defer dev.Close()
	nets, err := im.Networks(dev)
	require.NoError(t, err)
	want := openSafetensors(t, "../testdata/fixtures/bare.expected.safetensors")
	z, _, err := want.Float32s("z")
	require.NoError(t, err)
	image, shape, err := want.Float32s("image")
	require.NoError(t, err)
	got := planar(generate(t, nets.Generator, z, shape[0]), shape)
	assert.InDeltaSlice(t, widened(image), widened(got), tolerance)
	i := slices.IndexFunc(nets.Generator.Buffers(), func(p *layers.Param) bool { return p.Role == layers.Count })
	count, err := nets.Generator.Buffers()[i].Torch()
	require.NoError(t, err)
	assert.Equal(t, []float32{2}, count)
}
