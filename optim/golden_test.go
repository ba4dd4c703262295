package optim_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/optim"
)

// TestGoldenOptimizers compares optimisers with PyTorch's on the cases of kind "optimizer", whose
// case.json holds the largest root-mean-square error of the parameters' change after each step.
func TestGoldenOptimizers(t *testing.T) {
	files, err := filepath.Glob("../testdata/golden/*/case.json")
	require.NoError(t, err)
	ran := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var c goldenCase
		require.NoError(t, json.Unmarshal(text, &c))
		if c.Kind != "optimizer" {
			continue
		}
		ran++
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			c.run(t, filepath.Join(filepath.Dir(file), "tensors.safetensors"))
		})
	}
	assert.GreaterOrEqual(t, ran, 5)
}

type goldenCase struct {
	Kind      string
	Steps     int
	Optimizer struct {
		Type                         string
		LR, Beta1, Beta2, Alpha, Eps float64
	}
	Bounds map[string]float64
}

func (c goldenCase) run(t *testing.T, file string) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	golden, err := safetensors.Read(f, info.Size())
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

	dev := device.NewCPU(1)
	start := tensor("param")
	value, grad := tensorOn(t, dev, start...), tensorOn(t, dev, start...)
	var o optim.Optimizer
	switch s := c.Optimizer; s.Type {
	case "adam":
		o, err = optim.NewAdam(value, grad, optim.AdamConfig{LearningRate: s.LR, Beta1: s.Beta1, Beta2: s.Beta2, Eps: s.Eps, Convention: optim.PyTorch})
	case "rmsprop":
		o, err = optim.NewRMSProp(value, grad, optim.RMSPropConfig{LearningRate: s.LR, Rho: s.Alpha, Eps: s.Eps, Convention: optim.PyTorch})
	default:
		t.Fatalf("unknown optimizer %q", s.Type)
	}
	require.NoError(t, err)
	require.Positive(t, c.Steps)
	for k := range c.Steps {
		set(grad, tensor(fmt.Sprintf("step.%d.grad", k)))
		require.NoError(t, o.Step())
		name := fmt.Sprintf("step.%d.update", k)
		want, sum := tensor(name), 0.0
		for i, v := range valuesOf(value) {
			d := v - start[i] - want[i]
			sum += d * d
		}
		require.Contains(t, c.Bounds, name)
		assert.LessOrEqual(t, math.Sqrt(sum/float64(len(want))), c.Bounds[name], name)
	}
}
