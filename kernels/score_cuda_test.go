package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// critics and generators are all losses on scores.
var (
	critics = map[string]func(loss, dReal, dFake, real, fake *device.Tensor) error{
		"bce": kernels.BCECritic, "sigmoid bce": kernels.SigmoidBCECritic, "wasserstein": kernels.WassersteinCritic, "hinge": kernels.HingeCritic,
		"least squares": func(loss, dReal, dFake, real, fake *device.Tensor) error {
			return kernels.LeastSquaresCritic(loss, dReal, dFake, real, fake, -1, 1, 0.5)
		},
	}
	generators = map[string]func(loss, dFake, fake *device.Tensor) error{
		"bce": func(loss, dFake, fake *device.Tensor) error { return kernels.BCEGenerator(loss, dFake, fake, false) },
		"bce saturating": func(loss, dFake, fake *device.Tensor) error {
			return kernels.BCEGenerator(loss, dFake, fake, true)
		},
		"sigmoid bce": kernels.SigmoidBCEGenerator, "wasserstein": kernels.WassersteinGenerator,
		"least squares": func(loss, dFake, fake *device.Tensor) error {
			return kernels.LeastSquaresGenerator(loss, dFake, fake, 0.25, 0.5)
		},
	}
)

func TestScoresOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, n := range []int{1, 33, 257, 1001} {
		shape := device.Shape{n, 1}
		for name, critic := range critics {
			cases = append(cases, cudaCase{fmt.Sprint(name, " critic of ", n), func(t testing.TB, dev device.Device) step {
				real, fake := tensorOn(t, dev, shape, wave(n, 4)...), tensorOn(t, dev, shape, wave(n+1, 3)[1:]...)
				loss, dReal, dFake := tensorOn(t, dev, device.Shape{1}), tensorOn(t, dev, shape), tensorOn(t, dev, shape)
				return step{func() error { return critic(loss, dReal, dFake, real, fake) }, []*device.Tensor{loss, dReal, dFake}, []*device.Tensor{real, fake}}
			}})
		}
		for name, generator := range generators {
			cases = append(cases, cudaCase{fmt.Sprint(name, " generator of ", n), func(t testing.TB, dev device.Device) step {
				loss, dFake, fake := tensorOn(t, dev, device.Shape{1}), tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(n, 3)...)
				return step{func() error { return generator(loss, dFake, fake) }, []*device.Tensor{loss, dFake}, []*device.Tensor{fake}}
			}})
		}
	}
	equivalent(t, cases)
}

// TestScoresOfExtremesOnGPU looks at one score at a time, so that each exponential and logarithm counts.
func TestScoresOfExtremesOnGPU(t *testing.T) {
	cpu := device.NewCPU(1)
	in := append([]float64{-800, -745.2, -710, -37.5, -17, 17, 36, 88.8, 700, 709, 710, 800}, extremes...)
	for x := -40.0; x < 40; x += 0.873 {
		in = append(in, x)
	}
	one := device.Shape{1}
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		check := func(name string, x float64, on func(dev device.Device) []float64) {
			want, have := on(cpu), on(dev)
			for i := range want {
				same := math.Abs(have[i]-want[i]) <= 1.2e-7*math.Abs(want[i]) || bitsOf(have)[i] == bitsOf(want)[i]
				assert.True(t, same, "%s of %g: result %d is %g, want %g", name, x, i, have[i], want[i])
			}
		}
		for _, x := range in {
			for name, generator := range generators {
				check(name, x, func(dev device.Device) []float64 {
					loss, dFake, fake := tensorOn(t, dev, one), tensorOn(t, dev, one), tensorOn(t, dev, one, x)
					require.NoError(t, generator(loss, dFake, fake))
					return append(valuesOf(loss), valuesOf(dFake)...)
				})
			}
			for name, critic := range critics { // a real score of 800 has no loss, as a rule
				check(name, x, func(dev device.Device) []float64 {
					loss, dReal, dFake, real, fake := tensorOn(t, dev, one), tensorOn(t, dev, one), tensorOn(t, dev, one), tensorOn(t, dev, one, 800), tensorOn(t, dev, one, x)
					require.NoError(t, critic(loss, dReal, dFake, real, fake))
					return append(append(valuesOf(loss), valuesOf(dReal)...), valuesOf(dFake)...)
				})
			}
		}
	})
}
