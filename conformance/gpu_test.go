package conformance_test

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/internal/enginetest"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

// TestGoldenOnGPU compares the CUDA kernels with PyTorch's reference results, in the same bounds as the
// CPU's engines.
func TestGoldenOnGPU(t *testing.T) {
	for _, folder := range goldenCases(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			c, err := readGolden(folder)
			require.NoError(t, err)
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) { assert.NoError(t, c.run(dev)) })
		})
	}
}

// smallSystems are presets of every variant, small enough for an emulated GPU.
var smallSystems = []struct {
	preset string
	sets   []string
}{
	{"catfaces", []string{"IMAGE_SIZE=16", "FEATURES_CRITIC=4", "FEATURES_GEN=4", "BATCH_SIZE=4", "Z_DIM=8"}},
	{"catfaces", []string{"IMAGE_SIZE=16", "FEATURES_CRITIC=4", "FEATURES_GEN=4", "BATCH_SIZE=3", "Z_DIM=8", "CRITIC_NORM=layer"}},
	{"mnist-mlp-wgangp", []string{"FEATURES_CRITIC=16", "FEATURES_GEN=16", "BATCH_SIZE=5", "Z_DIM=8"}},
	{"mnist-mlp-bce", []string{"FEATURES_CRITIC=16", "FEATURES_GEN=16", "BATCH_SIZE=5", "Z_DIM=8"}},
	{"dcgan16", []string{"FEATURES_CRITIC=4", "FEATURES_GEN=4", "BATCH_SIZE=6", "Z_DIM=8"}},
	{"dcgan16", []string{"VARIANT=lsgan", "FEATURES_CRITIC=4", "FEATURES_GEN=4", "BATCH_SIZE=6", "Z_DIM=8"}},
	{"keras-wgan", []string{"FEATURES_CRITIC=4", "FEATURES_GEN=8", "BATCH_SIZE=4", "Z_DIM=8"}},
	{"toy-8gaussians", []string{"BATCH_SIZE=32"}},
}

// trainingOf builds a training on noise.
func trainingOf(t testing.TB, dev device.Device, preset string, sets []string, hooks ...variants.Hook) *variants.Trainer {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets})
	require.NoError(t, err)
	nets, err := presets.Networks(dev, c)
	require.NoError(t, err)
	v, err := presets.Variant(nets, c)
	require.NoError(t, err)
	data, err := bench.Noise(dev, c)
	require.NoError(t, err)
	trainer, err := variants.NewTrainer(v, data, presets.Trainer(c, 0), hooks...)
	require.NoError(t, err)
	return trainer
}

// TestTwentyStepsOnGPU trains from the same seed on the CPU and on the GPU, with no data exchanged: the
// weights stay within 1e-4 of each other, root mean square.
func TestTwentyStepsOnGPU(t *testing.T) {
	for _, s := range smallSystems {
		t.Run(s.preset+" "+strings.Join(s.sets, " "), func(t *testing.T) {
			cpu := trainingOf(t, device.NewCPU(0), s.preset, s.sets)
			for range 20 {
				require.NoError(t, cpu.Step())
			}
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				gpu := trainingOf(t, dev, s.preset, s.sets)
				for range 20 {
					require.NoError(t, gpu.Step())
				}
				compareWeights(t, cpu.Variant().Networks(), gpu.Variant().Networks())
			})
		})
	}
}

// compareWeights compares all parameters but biases before a norm, whose true gradient is zero.
func compareWeights(t *testing.T, want, have variants.Networks) {
	t.Helper()
	for i, net := range []*layers.Network{want.Generator, want.Critic} {
		other := []*layers.Network{have.Generator, have.Critic}[i]
		for j, p := range net.Params() {
			if next := j + 1; p.Role == layers.Bias && next < len(net.Params()) && net.Params()[next].Role == layers.Scale {
				continue
			}
			a, err := p.Torch()
			require.NoError(t, err)
			b, err := other.Params()[j].Torch()
			require.NoError(t, err)
			sum := 0.0
			for k := range a {
				sum += (float64(a[k]) - float64(b[k])) * (float64(a[k]) - float64(b[k]))
			}
			assert.LessOrEqual(t, math.Sqrt(sum/float64(len(a))), 1e-4, "%s %s", net.Name(), p.Name)
		}
	}
}

// TestGPURepeats trains twice on one device, as a graph and launch by launch: the checkpoints are equal
// byte for byte. The batches do not divide the data, so that some steps are not like the others.
func TestGPURepeats(t *testing.T) {
	s := smallSystems[0]
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		var files [][]byte
		for _, graphs := range []bool{true, true, false} {
			dev.SetGraphs(graphs)
			trainer := trainingOf(t, dev, s.preset, append(slices.Clone(s.sets), "BATCH_SIZE=7", "DATA_SIZE=30", "CRITIC_ITERATIONS=2"))
			for range 12 {
				require.NoError(t, trainer.Step())
			}
			var file bytes.Buffer
			require.NoError(t, checkpoint.Write(&file, trainer, nil, nil))
			files = append(files, file.Bytes())
		}
		assert.True(t, bytes.Equal(files[0], files[1]), "two runs as graphs differ")
		assert.True(t, bytes.Equal(files[0], files[2]), "a graph and single launches differ")
	})
}

// TestCatFacesOnGPU trains CatFaces for 200 steps on a real GPU and on the CPU from the same seed: losses
// agree to 1e-3 over the first 20 steps, as far as rounding has not parted the two by then, and the mean
// of steps 100 to 200 to a tenth.
func TestCatFacesOnGPU(t *testing.T) {
	gpu := enginetest.GPU(t)
	const steps = 200
	sets := []string{"FEATURES_CRITIC=16", "FEATURES_GEN=16"}
	losses := func(dev device.Device) (list []float64) {
		trainer := trainingOf(t, dev, "catfaces", sets, variants.Hook{Stats: func(_ *variants.Trainer, rows []variants.Stats) error {
			for _, row := range rows {
				list = append(list, float64(row.CriticLoss))
			}
			return nil
		}})
		for range steps {
			require.NoError(t, trainer.Step())
		}
		require.NoError(t, trainer.Flush())
		return list
	}
	want, have := losses(device.NewCPU(0)), losses(gpu)
	var meanWant, meanHave float64
	for i := range want {
		if i < 20 {
			assert.InEpsilon(t, want[i], have[i], 1e-3, "step %d", i)
		}
		if i >= 100 {
			meanWant, meanHave = meanWant+want[i]/100, meanHave+have[i]/100
		}
	}
	assert.InEpsilon(t, meanWant, meanHave, 0.1)
	t.Logf("mean critic loss of steps 100 to 200: %.4f on the CPU, %.4f on the GPU", meanWant, meanHave)
}
