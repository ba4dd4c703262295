package losses_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/losses"
)

// TestGoldenLosses compares objectives with PyTorch's on the cases of kind "loss", whose case.json
// holds the largest root-mean-square error for each result.
func TestGoldenLosses(t *testing.T) {
	files, err := filepath.Glob("../testdata/golden/losses-*/case.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var c struct {
				Losses []string
				Bounds map[string]float64
			}
			require.NoError(t, json.Unmarshal(text, &c))
			require.NotEmpty(t, c.Losses)
			tensors, err := os.Open(filepath.Join(filepath.Dir(file), "tensors.safetensors"))
			require.NoError(t, err)
			defer tensors.Close()
			info, err := tensors.Stat()
			require.NoError(t, err)
			golden, err := safetensors.Read(tensors, info.Size())
			require.NoError(t, err)
			tensor := func(name string) []float64 {
				values, _, err := golden.Float32s(name)
				require.NoError(t, err)
				wide := make([]float64, len(values))
				for i, v := range values {
					wide[i] = float64(v)
				}
				return wide
			}
			objectives := map[string]losses.Objective{
				"bce": losses.BCEObjective(false), "wasserstein": losses.WassersteinObjective(), "hinge": losses.HingeObjective(),
			}
			objectives["least_squares"], err = losses.LeastSquaresObjective(losses.LSGAN())
			require.NoError(t, err)

			for _, name := range c.Losses {
				kind, role, _ := strings.Cut(name, ".")
				o, known := objectives[kind]
				require.True(t, known, "unknown loss %q", name)
				real, fake := tensor("real"), tensor("fake")
				out := evaluate(t, device.NewCPU(1), o, real, fake)
				got := map[string][]float64{"": {out.critic}, ".dreal": out.dReal, ".dfake": out.dFake}
				if role == "generator" {
					got = map[string][]float64{"": {out.generator}, ".dreal": make([]float64, len(real)), ".dfake": out.dFakeGenerate}
				}
				for suffix, values := range got {
					bound, given := c.Bounds[name+suffix]
					require.True(t, given, name+suffix)
					want := tensor(name + suffix)
					require.Len(t, values, len(want))
					sum := 0.0
					for i, v := range values {
						sum += (v - want[i]) * (v - want[i])
					}
					assert.LessOrEqual(t, math.Sqrt(sum/float64(len(want))), bound, name+suffix)
				}
			}
		})
	}
}
