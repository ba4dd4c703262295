package interchange_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/interchange"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/layers"
)

// torchFiles runs the program that knows PyTorch. Without PyTorch, which scripts/interchange/torch.sh installs,
// the test ends.
func torchFiles(t *testing.T) func(args ...string) {
	t.Helper()
	python := enginetest.Python(t, "torch", "torch", "numpy")
	return func(args ...string) {
		t.Helper()
		enginetest.RunPython(t, python, append([]string{filepath.Join("..", "scripts", "interchange", "torch_files.py")}, args...)...)
	}
}

// TestTorchWrites has PyTorch write files, and imports them.
func TestTorchWrites(t *testing.T) {
	run := torchFiles(t)
	folder := t.TempDir()
	run("write", folder)
	checkFixtures(t, folder)
}

// TestTorchReads exports runs of every preset's networks and of every optimiser, and has PyTorch load them
// with weights_only=True: the same images, scores and optimisers.
func TestTorchReads(t *testing.T) {
	run := torchFiles(t)
	folder := t.TempDir()
	for name, c := range map[string]config.Config{
		"catfaces":      small(t, "catfaces"),
		"catfaces64":    small(t, "catfaces", "IMAGE_SIZE=64", "FEATURES_GEN=8", "FEATURES_CRITIC=8"),
		"catfaces_grey": small(t, "catfaces", "CHANNELS_IMG=1", "Z_DIM=7", "FEATURES_GEN=3"),
		"catfaces_32":   small(t, "catfaces_2", "IMAGE_SIZE=32", "OPTIMIZER=rmsprop"),
		"mnist-mlp":     small(t, "mnist-mlp-wgangp", "OPTIMIZER=sgd", "MOMENTUM=0.5"),
		"mnist-mlp-sgd": small(t, "mnist-mlp-wgangp", "OPTIMIZER=sgd", "MOMENTUM=0"),
		"mnist-mlp-bce": small(t, "mnist-mlp-bce"),
		"dcgan16":       small(t, "dcgan16"),
		"keras":         small(t, "keras-wgan"),
		"toy":           small(t, "toy-8gaussians"),
	} {
		describe(t, filepath.Join(folder, name), c)
	}
	run("check", folder)
}

// describe exports a run of c as base.pth.tar and writes beside it what PyTorch must find there.
func describe(t *testing.T, base string, c config.Config) {
	t.Helper()
	m, err := interchange.Open(makeRun(t, c))
	require.NoError(t, err)
	defer m.Close()
	file, err := os.Create(base + ".pth.tar")
	require.NoError(t, err)
	_, err = m.WriteTorch(file, interchange.Both)
	require.NoError(t, err)
	require.NoError(t, file.Close())

	const n = 3
	g, d := m.Networks.Generator, m.Networks.Critic
	z, err := g.Device().New(g.Input().Batch(n))
	require.NoError(t, err)
	require.NoError(t, kernels.Normal(z, 0, 1, device.Random{Seed: 5}))
	noise, err := z.Float32s()
	require.NoError(t, err)
	images := generate(t, g, noise, n)
	scores := generate(t, d, images, n)
	in, out := torchShape(g.Input(), n), torchShape(g.Output(), n)
	tensors := []safetensors.Tensor{
		{Name: "z", DType: safetensors.F32, Shape: in, Data: noise}, // 1×1 pixels: the same in both orders
		{Name: "image", DType: safetensors.F32, Shape: out, Data: planar(images, out)},
		{Name: "scores", DType: safetensors.F32, Shape: []int{n, 1}, Data: scores},
	}
	checkpoint := openSafetensors(t, m.Path)
	for _, net := range []*layers.Network{g, d} {
		for _, p := range net.Params() {
			for _, state := range []string{"m", "v", "square_avg", "momentum_buffer"} {
				values, shape, err := checkpoint.Float32s("optimizer." + net.Name() + "." + state + "." + p.Name)
				if err != nil {
					continue
				}
				tensors = append(tensors, safetensors.Tensor{Name: net.Name() + "." + state + "." + p.Name, DType: safetensors.F32, Shape: shape, Data: values})
			}
		}
	}
	want, err := os.Create(base + ".expected.safetensors")
	require.NoError(t, err)
	require.NoError(t, safetensors.Write(want, tensors, nil))
	require.NoError(t, want.Close())

	info, err := config.Describe(c.Preset)
	require.NoError(t, err)
	text, err := json.Marshal(map[string]any{
		"networks": info.Networks, "z": c.ZDim, "channels": c.ChannelsImg, "size": c.ImageSize,
		"features_gen": c.FeaturesGen, "features_critic": c.FeaturesCritic, "optimizer": settings(c),
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(base+".json", text, 0o666))
}

// settings is what PyTorch's optimiser must say; nil if it has no such rule.
func settings(c config.Config) any {
	group := map[string]any{"lr": c.LearningRate}
	state := map[string]string{}
	switch {
	case c.Optimizer == config.SGD:
		group["momentum"] = c.Momentum
		if c.Momentum > 0 {
			state["momentum_buffer"] = "momentum_buffer"
		}
	case c.OptConvention != config.ConventionPyTorch:
		return nil
	case c.Optimizer == config.Adam:
		group["betas"], group["eps"] = []float64{c.Beta1, c.Beta2}, c.OptEps
		state["exp_avg"], state["exp_avg_sq"] = "m", "v"
	case c.Optimizer == config.RMSProp:
		group["alpha"], group["eps"] = c.Rho, c.OptEps
		state["square_avg"] = "square_avg"
	}
	return map[string]any{"rule": c.Optimizer, "momentum": c.Momentum, "steps": steps, "group": group, "state": state}
}

// torchShape is the shape of n samples in PyTorch's order.
func torchShape(s device.Shape, n int) []int {
	if s.Rank() == 3 {
		return []int{n, s[2], s[0], s[1]}
	}
	return append([]int{n}, s[:s.Rank()]...)
}
