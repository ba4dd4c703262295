package kernels_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// tensorOn returns a tensor that holds values, repeated as often as they fit, or zeros.
func tensorOn(t testing.TB, dev device.Device, shape device.Shape, values ...float64) *device.Tensor {
	t.Helper()
	x, err := device.NewOperand(dev, shape)
	if inPlace {
		x = device.NewWorkspace(dev).NewOperand(shape)
		err = x.Err()
	}
	require.NoError(t, err)
	if _, gpu := dev.(*device.CUDA); gpu && len(values) > 0 {
		numbers := make([]float32, x.Len())
		for i := range numbers {
			numbers[i] = float32(values[i%len(values)])
		}
		require.NoError(t, x.CopyFrom(numbers))
	} else if len(values) > 0 {
		for i := range device.Data[float32](x) {
			device.Data[float32](x)[i] = float32(values[i%len(values)])
		}
		for i := range device.Data[float64](x) {
			device.Data[float64](x)[i] = values[i%len(values)]
		}
	}
	return x
}

// valuesOf returns a copy of the elements.
func valuesOf(x *device.Tensor) []float64 {
	if wide := device.Data[float64](x); wide != nil {
		return append([]float64(nil), wide...)
	}
	var values []float64
	numbers, _ := x.Float32s() // a meta tensor has none
	for _, v := range numbers {
		values = append(values, float64(v))
	}
	return values
}

// wave returns n numbers between −scale and scale that follow no simple pattern.
func wave(n int, scale float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = scale * math.Sin(float64(i*i%1009)+0.3*float64(i))
	}
	return values
}

// step is an operation with all its arguments, on one device.
type step struct {
	run     func() error
	results []*device.Tensor
	inputs  []*device.Tensor
}

// stepCases build every operation that a training step is made of beside the layers', on arguments
// long enough for several workers where the operation is cut at all.
var stepCases = []struct {
	name  string // as it is counted
	build func(t testing.TB, dev device.Device) step
}{
	{"clip", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{40003}, wave(40003, 3)...)
		return step{func() error { return kernels.Clip(x, 1.5) }, []*device.Tensor{x}, nil}
	}},
	{"fill", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{40003})
		return step{func() error { return kernels.Fill(x, 0.7) }, []*device.Tensor{x}, nil}
	}},
	{"copy", func(t testing.TB, dev device.Device) step {
		x, y := tensorOn(t, dev, device.Shape{7, 5715}, wave(40005, 3)...), tensorOn(t, dev, device.Shape{40005})
		return step{func() error { return kernels.Copy(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
	}},
	{"uniform", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{40003})
		return step{func() error { return kernels.Uniform(x, -1, 1, device.Random{Seed: 3, Stream: 1, Step: 9}) }, []*device.Tensor{x}, nil}
	}},
	{"normal", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{40003})
		return step{func() error { return kernels.Normal(x, 1, 0.5, device.Random{Seed: 3, Stream: 1, Step: 9}) }, []*device.Tensor{x}, nil}
	}},
	{"gather images", func(t testing.TB, dev device.Device) step {
		y := tensorOn(t, dev, device.Shape{13, 65, 63, 3})
		data := make([]byte, 17*65*63*3)
		for i := range data {
			data[i] = byte(i * i % 251)
		}
		src, err := dev.NewBytes(data)
		require.NoError(t, err)
		order := device.Permutation{Random: device.Random{Seed: 5}, N: 17}
		return step{func() error {
			return kernels.GatherImages(y, src, order, 4, -1, 1, &device.Random{Seed: 6})
		}, []*device.Tensor{y}, nil}
	}},
	{"gather rows", func(t testing.TB, dev device.Device) step {
		x, y := tensorOn(t, dev, device.Shape{30000, 2}, wave(60000, 3)...), tensorOn(t, dev, device.Shape{20001, 2})
		order := device.Permutation{Random: device.Random{Seed: 5}, N: 30000}
		return step{func() error { return kernels.GatherRows(y, x, order, 77) }, []*device.Tensor{y}, []*device.Tensor{x}}
	}},
	{"interpolate", func(t testing.TB, dev device.Device) step {
		shape := device.Shape{5, 101, 99, 1}
		dst, real, fake := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(50000, 1)...), tensorOn(t, dev, shape, wave(40000, 1)...)
		alpha := tensorOn(t, dev, device.Shape{5}, 0, 1, 0.25, 0.1, 0.9)
		return step{func() error { return kernels.Interpolate(dst, real, fake, alpha) }, []*device.Tensor{dst}, []*device.Tensor{real, fake, alpha}}
	}},
	{"penalty direction", func(t testing.TB, dev device.Device) step {
		shape := device.Shape{37, 31, 29, 3}
		g, v := tensorOn(t, dev, shape, wave(50000, 0.02)...), tensorOn(t, dev, shape)
		norms, penalty := tensorOn(t, dev, device.Shape{37}), tensorOn(t, dev, device.Shape{1})
		return step{func() error {
			return kernels.PenaltyDirection(v, norms, penalty, g, kernels.PenaltyOptions{Lambda: 10, Target: 1})
		}, []*device.Tensor{v, norms, penalty}, []*device.Tensor{g}}
	}},
	{"l2 norms", func(t testing.TB, dev device.Device) step { return l2Step(t, dev, 40003, 7, 16384) }},
	{"bce critic", func(t testing.TB, dev device.Device) step { return criticStep(t, dev, kernels.BCECritic) }},
	{"sigmoid bce critic", func(t testing.TB, dev device.Device) step { return criticStep(t, dev, kernels.SigmoidBCECritic) }},
	{"wasserstein critic", func(t testing.TB, dev device.Device) step { return criticStep(t, dev, kernels.WassersteinCritic) }},
	{"hinge critic", func(t testing.TB, dev device.Device) step { return criticStep(t, dev, kernels.HingeCritic) }},
	{"least squares critic", func(t testing.TB, dev device.Device) step {
		return criticStep(t, dev, func(loss, dReal, dFake, real, fake *device.Tensor) error {
			return kernels.LeastSquaresCritic(loss, dReal, dFake, real, fake, -1, 1, 0.5)
		})
	}},
	{"wasserstein generator", func(t testing.TB, dev device.Device) step {
		loss, dFake, fake := tensorOn(t, dev, device.Shape{1}), tensorOn(t, dev, device.Shape{65, 1}), tensorOn(t, dev, device.Shape{65, 1}, wave(65, 4)...)
		return step{func() error { return kernels.WassersteinGenerator(loss, dFake, fake) }, []*device.Tensor{loss, dFake}, []*device.Tensor{fake}}
	}},
	{"adam", func(t testing.TB, dev device.Device) step {
		shape := device.Shape{40003}
		p, g, m, v := tensorOn(t, dev, shape, wave(40003, 1)...), tensorOn(t, dev, shape, wave(39000, 1)...), tensorOn(t, dev, shape), tensorOn(t, dev, shape)
		return step{func() error {
			return kernels.Adam(p, g, m, v, kernels.AdamStep{Rate: 0.01, Beta1: 0.5, Beta2: 0.9, Root: 0.3, Eps: 1e-8})
		}, []*device.Tensor{p, m, v}, []*device.Tensor{g}}
	}},
	{"rmsprop", func(t testing.TB, dev device.Device) step {
		shape := device.Shape{40003}
		p, g, s := tensorOn(t, dev, shape, wave(40003, 1)...), tensorOn(t, dev, shape, wave(39000, 1)...), tensorOn(t, dev, shape)
		return step{func() error {
			return kernels.RMSProp(p, g, s, kernels.RMSPropStep{Rate: 0.01, Rho: 0.9, Eps: 1e-7, EpsInside: true})
		}, []*device.Tensor{p, s}, []*device.Tensor{g}}
	}},
	{"sgd", func(t testing.TB, dev device.Device) step {
		shape := device.Shape{40003}
		p, g, b := tensorOn(t, dev, shape, wave(40003, 1)...), tensorOn(t, dev, shape, wave(39000, 1)...), tensorOn(t, dev, shape)
		return step{func() error {
			return kernels.SGD(p, g, b, kernels.SGDStep{Rate: 0.01, Momentum: 0.9, Nesterov: true})
		}, []*device.Tensor{p, b}, []*device.Tensor{g}}
	}},
}

func criticStep(t testing.TB, dev device.Device, critic func(loss, dReal, dFake, real, fake *device.Tensor) error) step {
	shape := device.Shape{65, 1}
	real, fake := tensorOn(t, dev, shape, wave(65, 4)...), tensorOn(t, dev, shape, wave(64, 3)...)
	loss, dReal, dFake := tensorOn(t, dev, device.Shape{1}), tensorOn(t, dev, shape), tensorOn(t, dev, shape)
	return step{func() error { return critic(loss, dReal, dFake, real, fake) }, []*device.Tensor{loss, dReal, dFake}, []*device.Tensor{real, fake}}
}

// eachStep runs a test of every operation on every engine.
func eachStep(t *testing.T, test func(t *testing.T, c stepCase, e device.Engine)) {
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		for _, c := range stepCases {
			t.Run(c.name, func(t *testing.T) { test(t, c, e) })
		}
	})
}

func TestStepsDoNotDependOnWorkers(t *testing.T) {
	eachStep(t, func(t *testing.T, c stepCase, e device.Engine) {
		want, got := c.build(t, enginetest.CPU(t, e, 1)), c.build(t, enginetest.CPU(t, e, 3))
		require.NoError(t, want.run())
		require.NoError(t, got.run())
		for i := range want.results {
			assert.Equal(t, valuesOf(want.results[i]), valuesOf(got.results[i]), "result %d", i)
		}
	})
}

func TestStepsAgreeInBothPrecisions(t *testing.T) {
	eachStep(t, func(t *testing.T, c stepCase, e device.Engine) {
		narrow, wide := c.build(t, enginetest.CPU(t, e, 1)), c.build(t, device.NewCPU64(1))
		require.NoError(t, narrow.run())
		require.NoError(t, wide.run())
		for i := range wide.results {
			assert.InDeltaSlice(t, valuesOf(wide.results[i]), valuesOf(narrow.results[i]), 3e-6, "result %d", i)
		}
	})
}

func TestStepsLeaveInputsAlone(t *testing.T) {
	eachStep(t, func(t *testing.T, c stepCase, e device.Engine) {
		s := c.build(t, enginetest.CPU(t, e, 1))
		var before [][]float64
		for _, x := range s.inputs {
			before = append(before, valuesOf(x))
		}
		require.NoError(t, s.run())
		for i, x := range s.inputs {
			assert.Equal(t, before[i], valuesOf(x), "input %d", i)
		}
	})
}

func TestStepsDoNotAllocate(t *testing.T) {
	eachStep(t, func(t *testing.T, c stepCase, e device.Engine) {
		s := c.build(t, enginetest.CPU(t, e, 2))
		require.NoError(t, s.run())
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			if err := s.run(); err != nil {
				panic(err)
			}
		}))
	})
}

func TestStepsAreCountedOnMeta(t *testing.T) {
	for _, c := range stepCases {
		t.Run(c.name, func(t *testing.T) {
			meta, counter := device.NewMeta(), new(device.Counter)
			meta.SetCounter(counter)
			require.NoError(t, c.build(t, meta).run())
			assert.Equal(t, 1, counter.Calls(c.name))
		})
	}
}

func BenchmarkSteps(b *testing.B) {
	dev := device.NewCPU(0)
	defer dev.Close()
	for _, c := range stepCases {
		b.Run(c.name, func(b *testing.B) {
			s := c.build(b, dev)
			for b.Loop() {
				if err := s.run(); err != nil {
					b.Fatal(err)
				}
			}
			elements := 0
			for _, x := range s.results {
				elements += x.Len()
			}
			b.ReportMetric(float64(elements)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Melements/s")
		})
	}
}
