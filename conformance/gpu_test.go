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
	"ganlib/kernels"
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

// TestGPUMemoryIsPlanned compares what a step is planned to take of a GPU's memory, before it is made, with
// what it takes. The emulator is asked for the same as a card.
func TestGPUMemoryIsPlanned(t *testing.T) {
	for precision, sets := range map[device.Precision][]string{
		device.Float32:  {"FEATURES_CRITIC=32", "FEATURES_GEN=32", "BATCH_SIZE=64"},
		device.BFloat16: {"FEATURES_CRITIC=64", "FEATURES_GEN=32", "BATCH_SIZE=8"}, // with copies
	} {
		t.Run(precision.String(), func(t *testing.T) {
			dev := enginetest.Emulated(t)
			useTensorCores(t, dev, precision)
			testMemoryIsPlanned(t, dev, append(sets, "IMAGE_SIZE=16"))
		})
	}
}

func testMemoryIsPlanned(t *testing.T, dev *device.CUDA, sets []string) {
	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: sets})
	require.NoError(t, err)
	plan, err := presets.PlanStep(dev, c, c.BatchSize)
	require.NoError(t, err)
	trainer := trainingOf(t, dev, "catfaces", sets)
	require.NoError(t, trainer.Variant().(interface{ Workspace() *device.Workspace }).Workspace().Reserve(int(plan.Workspace)))
	require.NoError(t, trainer.Step())
	data := trainer.Data().Len() * trainer.Data().Shape().Len()
	assert.InEpsilon(t, plan.State+plan.Workspace+kernels.Planned(plan.Device)+int64(data), dev.Peak(), 0.05)
}

// TestCatFacesOnGPU trains CatFaces for 200 steps on a real GPU and on the CPU from the same seed. Over the
// first 20 steps the critic's losses agree to 1e-3 of its objective, loss and penalty: the loss alone is a
// difference that may be next to nothing, and the CPU's own two engines differ there by up to a hundredth,
// since Adam without momentum scales every rounding error of a small gradient up. The mean of steps 100 to
// 200 agrees to a tenth.
func TestCatFacesOnGPU(t *testing.T) {
	gpu := enginetest.GPU(t)
	const steps, first = 200, 20
	train := func(dev device.Device) (rows []variants.Stats) {
		trainer := trainingOf(t, dev, "catfaces", []string{"FEATURES_CRITIC=16", "FEATURES_GEN=16"}, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
			rows = append(rows, s...)
			return nil
		}})
		for range steps {
			require.NoError(t, trainer.Step())
		}
		require.NoError(t, trainer.Flush())
		return rows
	}
	want, have := train(device.NewCPU(0)), train(gpu)
	var meanWant, meanHave, worst float64
	for i := range want {
		if i < first {
			objective := math.Abs(float64(want[i].CriticLoss)) + float64(want[i].Penalty)
			difference := math.Abs(float64(have[i].CriticLoss-want[i].CriticLoss)) / objective
			assert.LessOrEqual(t, difference, 1e-3, "step %d", i)
			worst = max(worst, difference)
		}
		if i >= steps/2 {
			meanWant += float64(want[i].CriticLoss) / (steps / 2)
			meanHave += float64(have[i].CriticLoss) / (steps / 2)
		}
	}
	assert.InEpsilon(t, meanWant, meanHave, 0.1)
	t.Logf("losses of the first %d steps differ by at most %.1e of the objective; mean critic loss of steps %d to %d: %.4f on the CPU, %.4f on the GPU",
		first, worst, steps/2, steps, meanWant, meanHave)
}
