package conformance_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/variants"
)

// TestOperandsOnGPU takes steps of networks whose convolutions read rounded operands: after each, every operand of the
// workspace and all parameters are rounded, or have the copies that belong to their values. Memory is poisoned, so that
// copies that nobody has written are NaN.
func TestOperandsOnGPU(t *testing.T) {
	each := func(t *testing.T, test func(*testing.T, *device.CUDA)) {
		enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
			for _, p := range []device.Precision{device.TF32, device.BFloat16} {
				t.Run(p.String(), func(t *testing.T) {
					useTensorCores(t, dev, p)
					test(t, dev)
				})
			}
		})
	}
	for _, s := range []struct {
		name                      string
		sets                      []string
		critic, generator, folded int // operands of their steps and of the folded generator, views included
	}{
		{"instance norms", []string{"IMAGE_SIZE=32", "CRITIC_NORM=instance"}, 18, 8, 2},
		{"layer norms", []string{"IMAGE_SIZE=16", "CRITIC_NORM=layer"}, 9, 4, 1},
		{"no norms", []string{"IMAGE_SIZE=16", "CRITIC_NORM=none"}, 8, 4, 1},
		{"clipped, by RMSprop", []string{"IMAGE_SIZE=16", "VARIANT=wgan-clip", "OPTIMIZER=rmsprop"}, 2, 4, 1},
	} {
		t.Run(s.name, func(t *testing.T) {
			each(t, func(t *testing.T, dev *device.CUDA) {
				dev.SetGraphs(false)
				trainer := trainingOf(t, dev, "catfaces", append(s.sets, "FEATURES_CRITIC=64", "FEATURES_GEN=32", "BATCH_SIZE=2", "Z_DIM=8", "CRITIC_ITERATIONS=1"))
				v := trainer.Variant()
				ws := v.(interface{ Workspace() *device.Workspace }).Workspace()
				ws.SetPoison(true)
				nets := v.Networks()
				checkNetwork(t, nets.Generator)
				checkNetwork(t, nets.Critic)

				step := &variants.Step{N: 2, Source: fixedSource{trainer.Data()}, Loss: newTensor(t, dev, device.Shape{1}, 0, 0, 1), Penalty: newTensor(t, dev, device.Shape{1}, 0, 0, 1)}
				require.NoError(t, v.CriticStep(step))
				assert.Equal(t, s.critic, checkOperands(t, ws), "the critic's step")
				checkNetwork(t, nets.Critic)
				require.NoError(t, v.GeneratorStep(step))
				assert.Equal(t, s.generator, checkOperands(t, ws), "the generator's step")
				checkNetwork(t, nets.Generator)
				loss, err := step.Loss.Float32s()
				require.NoError(t, err)
				assert.False(t, math.IsNaN(float64(loss[0])), "the loss is no number: something unwritten was read")

				folded, err := nets.Generator.Folded()
				require.NoError(t, err)
				checkNetwork(t, folded)
				ws.Reset()
				z := ws.New(folded.Input().Batch(2))
				require.NoError(t, step.Noise(z))
				pictures, err := variants.Generate(folded, ws, z)
				require.NoError(t, err)
				assert.Equal(t, s.folded, checkOperands(t, ws), "the folded generator")
				pixels, err := pictures.Float32s()
				require.NoError(t, err)
				assert.False(t, math.IsNaN(float64(pixels[0])))
			})
		})
	}
}

// fixedSource gives a step the first samples and always the same random numbers.
type fixedSource struct{ data variants.Samples }

func (s fixedSource) Real(dst *device.Tensor) error {
	return s.data.Gather(dst, device.Permutation{N: s.data.Len(), Identity: true}, 0, nil)
}
func (fixedSource) Noise(dst *device.Tensor) error {
	return kernels.Normal(dst, 0, 1, device.Random{Seed: 1})
}
func (fixedSource) Alpha(dst *device.Tensor) error {
	return kernels.Uniform(dst, 0, 1, device.Random{Seed: 2})
}

// checkOperands compares what products read of a workspace's operands with their values, and counts them.
func checkOperands(t *testing.T, ws *device.Workspace) (count int) {
	t.Helper()
	ws.Each(func(x *device.Tensor) {
		if x.Rounding() != 0 {
			count++
			checkOperand(t, x.Shape().String(), x)
		}
	})
	return count
}

// checkNetwork compares what products read of a network's parameters with their values.
func checkNetwork(t *testing.T, net *layers.Network) {
	t.Helper()
	require.NotZero(t, net.Values().Rounding(), "%s has convolutions on tensor cores", net.Name())
	checkOperand(t, net.Name(), net.Values())
}

func checkOperand(t *testing.T, name string, x *device.Tensor) {
	t.Helper()
	values, err := x.Float32s()
	require.NoError(t, err)
	read, err := x.Operand()
	require.NoError(t, err)
	for i, v := range values {
		bits := math.Float32bits(v)
		want := math.Float32frombits((bits + 0x7fff + bits>>16&1) &^ 0xffff)
		if device.PrecisionOf(x.Device()) == device.TF32 {
			want = math.Float32frombits((bits + 0x1000) &^ 0x1fff)
		}
		if want != read[i] {
			assert.Failf(t, "not rounded", "%s: element %d is %g, products read %g, want %g", name, i, v, read[i], want)
			return
		}
	}
}
