package conformance_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/variants"
)

// tensorBounds are root mean square errors of the golden cases with products that are large enough for tensor cores,
// as shares of the results' root mean square: of a penalty and its gradients some roundings of an operand, each 2⁻¹²
// or 2⁻⁹; of two steps of training, whose first images are next to constant, so that norms scale rounding up, and in
// which Adam makes equal steps of small gradients and large, a half.
var tensorBounds = map[string]map[device.Precision]float64{
	"penalty-critic64-f8": {device.TF32: 4e-3, device.BFloat16: 1.5e-2},
	"train-wgangp-cat64":  {device.TF32: 0.5, device.BFloat16: 0.5},
}

// TestGoldenOnGPUTensorCores compares results with rounded operands with PyTorch's in float32.
func TestGoldenOnGPUTensorCores(t *testing.T) {
	folders := goldenCases(t)
	for name, shares := range tensorBounds {
		at := slices.IndexFunc(folders, func(f string) bool { return filepath.Base(f) == name })
		require.GreaterOrEqual(t, at, 0, name)
		for p, share := range shares {
			t.Run(name+" "+p.String(), func(t *testing.T) {
				c, err := readGolden(folders[at])
				require.NoError(t, err)
				for name, bound := range c.Bounds {
					sum := 0.0
					for _, v := range c.tensors[name].values {
						sum += float64(v) * float64(v)
					}
					c.Bounds[name] = max(bound, share*math.Sqrt(sum/float64(len(c.tensors[name].values))))
				}
				enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
					useTensorCores(t, dev, p)
					times, err := dev.Profile(func() error { return c.run(dev) })
					assert.NoError(t, err)
					assert.True(t, onTensorCores(times))
				})
			})
		}
	}
}

// useTensorCores sets a GPU's precision until the test is over, and skips the test if it has none.
func useTensorCores(t *testing.T, dev *device.CUDA, p device.Precision) {
	t.Helper()
	if err := dev.SetPrecision(p); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { require.NoError(t, dev.SetPrecision(device.Float32)) })
}

// onTensorCores reports whether one of the kernels was on tensor cores.
func onTensorCores(times []device.KernelTime) bool {
	return slices.ContainsFunc(times, func(k device.KernelTime) bool {
		return strings.Contains(k.Kernel, device.TF32.String()) || strings.Contains(k.Kernel, device.BFloat16.String())
	})
}

// TestTrainingOnGPUTensorCores trains a small CatFaces in each precision, from the same seed: the critic's objective
// stays within a twentieth of that in float32, in bfloat16 a tenth, and is a number.
func TestTrainingOnGPUTensorCores(t *testing.T) {
	const steps = 20
	sets := []string{"IMAGE_SIZE=16", "FEATURES_CRITIC=32", "FEATURES_GEN=32", "BATCH_SIZE=4", "Z_DIM=16", "CRITIC_ITERATIONS=1"}
	train := func(t *testing.T, dev *device.CUDA) (rows []variants.Stats) {
		trainer := trainingOf(t, dev, "catfaces", sets, variants.Hook{Stats: func(_ *variants.Trainer, s []variants.Stats) error {
			rows = append(rows, s...)
			return nil
		}})
		times, err := dev.Profile(trainer.Step)
		require.NoError(t, err)
		assert.Equal(t, dev.Precision() != device.Float32, onTensorCores(times))
		for range steps - 1 {
			require.NoError(t, trainer.Step())
		}
		require.NoError(t, trainer.Flush())
		return rows
	}
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		want := train(t, dev)
		for p, bound := range map[device.Precision]float64{device.TF32: 0.05, device.BFloat16: 0.1} {
			t.Run(p.String(), func(t *testing.T) {
				useTensorCores(t, dev, p)
				have := train(t, dev)
				require.Len(t, have, steps)
				for i := range want {
					objective := math.Abs(float64(want[i].CriticLoss)) + float64(want[i].Penalty)
					assert.InDelta(t, want[i].CriticLossGP(), have[i].CriticLossGP(), bound*objective, "step %d", i)
				}
			})
		}
	})
}
