package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// curves are the smooth activations.
var curves = []struct {
	name   string
	value  func(y, x *device.Tensor) error
	slope  func(dst, y, v *device.Tensor) error
	second func(xbar, y, ybar, xdot, delta *device.Tensor) error
	f      func(x float64) float64
}{
	{"tanh", kernels.Tanh, kernels.TanhSlope, kernels.TanhSecond, math.Tanh},
	{"sigmoid", kernels.Sigmoid, kernels.SigmoidSlope, kernels.SigmoidSecond, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
}

// needAssembly ends a test that takes the assembly's steps for the CPU's where there is none: compilers
// may fuse products and sums in plain loops.
func needAssembly(t *testing.T) {
	if device.NewCPU(1).Engine() == device.EngineReference {
		t.Skip("no assembly to compare with")
	}
}

func TestCurvesOnGPU(t *testing.T) {
	needAssembly(t)
	var cases []cudaCase
	for _, c := range curves {
		cases = append(cases, over(c.name, func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y, in := tensorOn(t, dev, shape), x(0)
			return step{func() error { return c.value(y, in) }, []*device.Tensor{y}, []*device.Tensor{in}}
		})...)
		cases = append(cases, over(c.name+" in place", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y := x(0)
			return step{func() error { return c.value(y, y) }, []*device.Tensor{y}, nil}
		})...)
		cases = append(cases, over(c.name+" slope", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			dst, y, v := tensorOn(t, dev, shape), x(0), x(5)
			return step{func() error { return c.slope(dst, y, v) }, []*device.Tensor{dst}, []*device.Tensor{y, v}}
		})...)
		cases = append(cases, over(c.name+" slope in place", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y, v := x(0), x(5)
			return step{func() error { return c.slope(v, y, v) }, []*device.Tensor{v}, []*device.Tensor{y}}
		})...)
		for _, withValue := range []bool{false, true} {
			cases = append(cases, over(fmt.Sprint(c.name, " second ", withValue), func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
				xbar, y, xdot, delta := tensorOn(t, dev, shape), x(0), x(5), x(9)
				var ybar *device.Tensor
				if withValue {
					ybar = x(11)
				}
				return step{func() error { return c.second(xbar, y, ybar, xdot, delta) }, []*device.Tensor{xbar}, []*device.Tensor{y, xdot, delta}}
			})...)
		}
	}
	identical(t, cases)
}

// TestCurvesAreAccurateOnGPU compares with package math: three units in the last place of a normal number,
// one of a subnormal one.
func TestCurvesAreAccurateOnGPU(t *testing.T) {
	var in []float64
	for x := -110.0; x < 110; x += 0.00731 * max(1, math.Abs(x)/4) {
		in = append(in, x)
	}
	for x := 1e-44; x < 1; x *= 1.3 {
		in = append(in, x, -x)
	}
	shape := device.Shape{len(in)}
	for _, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				x, y := tensorOn(t, dev, shape, in...), tensorOn(t, dev, shape)
				require.NoError(t, c.value(y, x))
				points := valuesOf(x)
				for i, have := range valuesOf(y) {
					want := c.f(points[i])
					unit := float64(math.Nextafter32(float32(math.Abs(want)), 2)) - float64(float32(math.Abs(want)))
					if math.Abs(have-want) > 3*unit {
						t.Fatalf("%s(%g) = %g, want %g", c.name, points[i], have, want)
					}
				}
			})
		})
	}
}
