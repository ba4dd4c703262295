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

func TestOptimizersOnGPU(t *testing.T) {
	needAssembly(t)
	cases := over("adam", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		p, g, m, v := x(0), x(3), x(7), tensorOn(t, dev, shape, 0.1, 2, 0, 1e-20)
		return step{func() error {
			return kernels.Adam(p, g, m, v, kernels.AdamStep{Rate: 0.01, Beta1: 0.5, Beta2: 0.9, Root: 0.3, Eps: 1e-8})
		}, []*device.Tensor{p, m, v}, []*device.Tensor{g}}
	})
	for _, inside := range []bool{false, true} {
		cases = append(cases, over(fmt.Sprint("rmsprop ", inside), func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			p, g, s := x(0), x(3), tensorOn(t, dev, shape, 0.1, 2, 0, 1e-20)
			return step{func() error {
				return kernels.RMSProp(p, g, s, kernels.RMSPropStep{Rate: 0.01, Rho: 0.9, Eps: 1e-7, EpsInside: inside})
			}, []*device.Tensor{p, s}, []*device.Tensor{g}}
		})...)
	}
	cases = append(cases, over("sgd", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		p, g := x(0), x(3)
		return step{func() error { return kernels.SGD(p, g, nil, kernels.SGDStep{Rate: 0.03}) }, []*device.Tensor{p}, []*device.Tensor{g}}
	})...)
	for _, nesterov := range []bool{false, true} {
		cases = append(cases, over(fmt.Sprint("sgd momentum ", nesterov), func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			p, g, b := x(0), x(3), x(7)
			return step{func() error {
				return kernels.SGD(p, g, b, kernels.SGDStep{Rate: 0.03, Momentum: 0.9, Nesterov: nesterov})
			}, []*device.Tensor{p, b}, []*device.Tensor{g}}
		})...)
	}
	identical(t, cases)
}

// TestRepeatedStepsOnGPU repeats work whose random step, place in the order and rates change: as a graph it
// does what it does launch by launch, and what the CPU does.
func TestRepeatedStepsOnGPU(t *testing.T) {
	needAssembly(t)
	shape := device.Shape{301, 3}
	on := func(t *testing.T, dev device.Device) (results [][]uint64) {
		z, p, m, v, rows, data := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(903, 1)...), tensorOn(t, dev, shape), tensorOn(t, dev, shape), tensorOn(t, dev, shape), tensorOn(t, dev, device.Shape{1999, 3}, wave(5997, 1)...)
		order := device.Permutation{Random: device.Random{Seed: 4}, N: 1999}
		for i := range 5 {
			require.NoError(t, device.Repeat(dev, device.Work{}, func() error {
				r := device.Random{Seed: 1, Step: uint64(i)}
				order.Random.Step = uint64(i / 3)
				rate := 0.01 / float64(i+1)
				for _, err := range []error{
					kernels.Normal(z, 0, 1, r),
					kernels.GatherRows(rows, data, order, 301*i),
					kernels.Interpolate(z, z, rows, rows.Slice(0, device.Shape{301})),
					kernels.Adam(p, z, m, v, kernels.AdamStep{Rate: rate, Beta1: 0.5, Beta2: 0.9, Root: math.Sqrt(rate), Eps: 1e-8}),
					kernels.RMSProp(p, z, v, kernels.RMSPropStep{Rate: rate, Rho: 0.9, Eps: 1e-7}),
					kernels.SGD(p, rows, nil, kernels.SGDStep{Rate: rate}),
				} {
					if err != nil {
						return err
					}
				}
				return nil
			}))
			results = append(results, bitsOf(valuesOf(p)))
		}
		return results
	}
	want := on(t, device.NewCPU(1))
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		assert.Equal(t, want, on(t, dev))
		dev.SetGraphs(false)
		assert.Equal(t, want, on(t, dev), "without graphs")
	})
}
