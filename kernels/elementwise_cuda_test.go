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

// identical runs the cases on every GPU that there is: results are the CPU's to the last bit.
func identical(t *testing.T, cases []cudaCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := resultsOf(t, device.NewCPU(1), c)
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				for i, have := range resultsOf(t, dev, c) {
					assert.Equal(t, bitsOf(want[i]), bitsOf(have), "result %d", i)
				}
			})
		})
	}
}

// bitsOf returns numbers' bits: those of one NaN for every NaN.
func bitsOf(values []float64) []uint64 {
	bits := make([]uint64, len(values))
	for i, v := range values {
		bits[i] = math.Float64bits(v)
		if math.IsNaN(v) {
			bits[i] = math.Float64bits(math.NaN())
		}
	}
	return bits
}

// needAssembly ends a test that takes the assembly's steps for the CPU's where there is none: compilers
// may fuse products and sums in plain loops.
func needAssembly(t *testing.T) {
	if device.NewCPU(1).Engine() == device.EngineReference {
		t.Skip("no assembly to compare with")
	}
}

// extremes are numbers that some operation treats apart.
var extremes = []float64{
	0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 1e-45, -1e-45, 3e38, -3e38, 1e-20, -1e-20,
	0.5, -0.5, 0.1, 9.0, 9.1, 10, -10.5, 87, -87.4, 103, -103.9, -104.5, 200, 0.01, -0.01, 0.02,
}

// over returns a case for each odd length, and one for extremes.
func over(name string, build func(t testing.TB, dev device.Device, shape device.Shape, x func(shift int) *device.Tensor) step) (cases []cudaCase) {
	for _, n := range append([]int{len(extremes)}, oddLengths...) {
		cases = append(cases, cudaCase{fmt.Sprint(name, " of ", n), func(t testing.TB, dev device.Device) step {
			return build(t, dev, device.Shape{n}, func(shift int) *device.Tensor {
				if n == len(extremes) {
					return tensorOn(t, dev, device.Shape{n}, append(extremes[shift:], extremes[:shift]...)...)
				}
				return tensorOn(t, dev, device.Shape{n}, wave(n+shift, 4)[shift:]...)
			})
		}})
	}
	return cases
}

func TestMovesOnGPU(t *testing.T) {
	cases := over("fill", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		y := x(0)
		return step{func() error { return kernels.Fill(y, 0.7) }, []*device.Tensor{y}, nil}
	})
	cases = append(cases, over("copy", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		y, from := tensorOn(t, dev, shape), x(0)
		return step{func() error { return kernels.Copy(y, from) }, []*device.Tensor{y}, []*device.Tensor{from}}
	})...)
	cases = append(cases, cudaCase{"increment", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{1}, 41)
		return step{func() error { return kernels.Increment(x) }, []*device.Tensor{x}, nil}
	}})
	for _, shape := range []device.Shape{{1, 1, 1, 1}, {3, 1, 1, 5}, {3, 5, 7, 1}, {2, 5, 7, 3}, {1, 33, 3, 17}, {2, 4, 4, 70}, {3, 8, 4, 64}} {
		cases = append(cases, cudaCase{fmt.Sprint("to planar ", shape), func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, device.Shape{shape.Len()}), tensorOn(t, dev, shape, wave(shape.Len(), 1)...)
			return step{func() error { return kernels.ToPlanar(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}}, cudaCase{fmt.Sprint("from planar ", shape), func(t testing.TB, dev device.Device) step {
			y, x := tensorOn(t, dev, shape), tensorOn(t, dev, device.Shape{shape.Len()}, wave(shape.Len(), 1)...)
			return step{func() error { return kernels.FromPlanar(y, x) }, []*device.Tensor{y}, []*device.Tensor{x}}
		}})
	}
	identical(t, cases)
}

func TestClipOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, limit := range []float64{0, 0.01, 1.5, math.Inf(1)} {
		cases = append(cases, over(fmt.Sprint("to ", limit), func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y := x(0)
			return step{func() error { return kernels.Clip(y, limit) }, []*device.Tensor{y}, nil}
		})...)
	}
	identical(t, cases)
}

func TestLeakyReLUOfExtremesOnGPU(t *testing.T) {
	cases := over("in place", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		y := x(0)
		return step{func() error { return kernels.LeakyReLU(y, y, 0.2) }, []*device.Tensor{y}, nil}
	})
	cases = append(cases, over("mask in place", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		from, v := x(0), x(3)
		return step{func() error { return kernels.LeakyReLUMask(v, from, v, 0.2) }, []*device.Tensor{v}, []*device.Tensor{from}}
	})...)
	identical(t, cases)
}

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

// rowShapes have one row, one column, few, several blocks of columns, and slices of rows.
var rowShapes = []device.Shape{{1, 1}, {3, 2}, {2, 3, 5, 33}, {4, 16}, {1, 300}, {7, 513}, {40011, 1}, {11003, 3}, {1500, 17}, {517, 70}, {131, 257}}

func TestBiasOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range rowShapes {
		of := func(t testing.TB, dev device.Device) (y, b *device.Tensor) {
			c := shape.Last()
			return tensorOn(t, dev, shape, wave(shape.Len(), 1)...), tensorOn(t, dev, device.Shape{c}, wave(c+1, 1)[1:]...)
		}
		cases = append(cases, cudaCase{fmt.Sprint("add ", shape), func(t testing.TB, dev device.Device) step {
			y, b := of(t, dev)
			return step{func() error { return kernels.AddBias(y, b) }, []*device.Tensor{y}, []*device.Tensor{b}}
		}}, cudaCase{fmt.Sprint("add and leaky ReLU ", shape), func(t testing.TB, dev device.Device) step {
			y, b := of(t, dev)
			return step{func() error { return kernels.AddBiasLeakyReLU(y, b, 0.2) }, []*device.Tensor{y}, []*device.Tensor{b}}
		}}, cudaCase{fmt.Sprint("leaky ReLU ", shape), func(t testing.TB, dev device.Device) step {
			y, _ := of(t, dev)
			return step{func() error { return kernels.AddBiasLeakyReLU(y, nil, 0.2) }, []*device.Tensor{y}, nil}
		}}, cudaCase{fmt.Sprint("gradient ", shape), func(t testing.TB, dev device.Device) step {
			dy, db := of(t, dev)
			return step{func() error { return kernels.BiasGrad(db, dy) }, []*device.Tensor{db}, []*device.Tensor{dy}}
		}})
	}
	equivalent(t, cases)
}

// TestBiasGradCancelsOnGPU is TestBiasGradCancels there.
func TestBiasGradCancelsOnGPU(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, n := range []int{1, 3, 15, 63, 1000, 50021} {
			values := make([]float64, 2*n)
			for i := range n {
				values[i], values[n+i] = float64(-1/float32(n)), float64(1/float32(n))
			}
			dy, db := tensorOn(t, dev, device.Shape{2 * n, 1}, values...), tensorOn(t, dev, device.Shape{1})
			require.NoError(t, kernels.BiasGrad(db, dy))
			assert.Equal(t, []float64{0}, valuesOf(db), "N = %d", n)
		}
	})
}

func TestInterpolateOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range []device.Shape{{1, 1}, {5, 3}, {7, 1}, {5, 11, 9, 3}, {2, 1500}} {
		for _, place := range []string{"", " into real", " into fake"} {
			cases = append(cases, cudaCase{shape.String() + place, func(t testing.TB, dev device.Device) step {
				dst, real, fake := tensorOn(t, dev, shape), tensorOn(t, dev, shape, wave(shape.Len()+1, 1)[1:]...), tensorOn(t, dev, shape, wave(shape.Len(), 1)...)
				alpha := tensorOn(t, dev, device.Shape{shape[0]}, 0.3, 0, 1, 0.25, 0.9)
				s := step{nil, []*device.Tensor{dst}, []*device.Tensor{real, fake, alpha}}
				switch place {
				case " into real":
					dst, s.results, s.inputs = real, []*device.Tensor{real}, []*device.Tensor{fake, alpha}
				case " into fake":
					dst, s.results, s.inputs = fake, []*device.Tensor{fake}, []*device.Tensor{real, alpha}
				}
				s.run = func() error { return kernels.Interpolate(dst, real, fake, alpha) }
				return s
			}})
		}
	}
	identical(t, cases)
}

func TestPenaltyOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, shape := range []device.Shape{{1, 1}, {3, 1}, {300, 3}, {5, 7}, {17, 33}, {3, 11, 9, 3}, {2, 41, 20, 3}, {2, 16, 16, 17}, {70, 300}} {
		for _, c := range []struct {
			name string
			o    kernels.PenaltyOptions
		}{
			{"", kernels.PenaltyOptions{Lambda: 10, Target: 1}},
			{" one-sided, eps", kernels.PenaltyOptions{Lambda: 3, Target: 1, OneSided: true, Eps: 0.25}},
			{" pixels", kernels.PenaltyOptions{Lambda: 10, Target: 0.5, PerPixel: true}},
		} {
			for _, variant := range []string{"", " in place", " alone"} {
				cases = append(cases, cudaCase{shape.String() + c.name + variant, func(t testing.TB, dev device.Device) step {
					n := shape[0]
					if c.o.PerPixel {
						n = shape.Len() / shape.Last()
					}
					values := wave(shape.Len(), 4/math.Sqrt(float64(shape.Len()/n)))
					if n > 1 {
						clear(values[:shape.Len()/n]) // a norm of zero
					}
					g, v := tensorOn(t, dev, shape, values...), tensorOn(t, dev, shape)
					norms, penalty := tensorOn(t, dev, device.Shape{n}), tensorOn(t, dev, device.Shape{1})
					s := step{nil, []*device.Tensor{v, norms, penalty}, []*device.Tensor{g}}
					switch variant {
					case " in place":
						v = g
						s.results[0], s.inputs = g, nil
					case " alone":
						norms, penalty, s.results = nil, nil, s.results[:1]
					}
					s.run = func() error { return kernels.PenaltyDirection(v, norms, penalty, g, c.o) }
					return s
				}})
			}
		}
	}
	equivalent(t, cases)
}

// TestPenaltyOfExtremesOnGPU has norms whose squares leave the range of float32, and ones that must be seen.
func TestPenaltyOfExtremesOnGPU(t *testing.T) {
	o := kernels.PenaltyOptions{Lambda: 10, Target: 1}
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, width := range []int{2, 40, 500, 3000} {
			values := make([]float64, width)
			for _, size := range []float64{1e-30, 1e30} {
				values[0], values[width-1] = 3*size, 4*size
				g, norms := tensorOn(t, dev, device.Shape{1, width}, values...), tensorOn(t, dev, device.Shape{1})
				require.NoError(t, kernels.PenaltyDirection(g, norms, nil, g, o))
				assert.InEpsilon(t, 5*size, valuesOf(norms)[0], 1e-6)
				assert.InEpsilon(t, 20*(5*size-1)*0.6, valuesOf(g)[0], 1e-6)
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1)} {
				values[width-1] = bad
				for _, oneSided := range []bool{false, true} {
					o := kernels.PenaltyOptions{Lambda: 10, Target: 1, OneSided: oneSided}
					g, penalty := tensorOn(t, dev, device.Shape{1, width}, values...), tensorOn(t, dev, device.Shape{1})
					require.NoError(t, kernels.PenaltyDirection(g, nil, penalty, g, o))
					assert.False(t, valuesOf(penalty)[0] < math.MaxFloat32, "a penalty of %v must be seen", bad)
				}
			}
		}
	})
}

func TestRandomOnGPU(t *testing.T) {
	var cases []cudaCase
	for _, n := range append([]int{2, 3, 4, 30001}, oddLengths...) {
		for _, r := range []device.Random{{}, {Seed: 1<<63 + 7, Stream: 3, Step: 1<<40 + 5}} {
			cases = append(cases, cudaCase{fmt.Sprint(n, " uniform ", r), func(t testing.TB, dev device.Device) step {
				x := tensorOn(t, dev, device.Shape{n})
				return step{func() error { return kernels.Uniform(x, -0.3, 0.7, r) }, []*device.Tensor{x}, nil}
			}}, cudaCase{fmt.Sprint(n, " normal ", r), func(t testing.TB, dev device.Device) step {
				x := tensorOn(t, dev, device.Shape{n})
				return step{func() error { return kernels.Normal(x, 0.3, 1.7, r) }, []*device.Tensor{x}, nil}
			}})
		}
	}
	// A view that begins anywhere.
	cases = append(cases, cudaCase{"view", func(t testing.TB, dev device.Device) step {
		x := tensorOn(t, dev, device.Shape{50})
		view := x.Slice(3, device.Shape{41})
		return step{func() error { return kernels.Normal(view, 0, 1, device.Random{Seed: 2}) }, []*device.Tensor{x}, nil}
	}})
	identical(t, cases)
}

func TestGatherOnGPU(t *testing.T) {
	var cases []cudaCase
	orders := func(m int) map[string]device.Permutation {
		return map[string]device.Permutation{
			" shuffled": {Random: device.Random{Seed: 5<<32 + 1, Stream: 2, Step: 9<<32 + 3}, N: m}, " as it lies": {N: m - 1, Identity: true},
		}
	}
	for _, shape := range []device.Shape{{1, 1, 1, 1}, {5, 9, 7, 3}, {100, 2, 3, 1}, {4, 3, 1500, 1}, {3, 5, 4, 17}, {2, 1, 2, 1025}} {
		for name, order := range orders(shape[0] + 5) {
			for _, flip := range []*device.Random{nil, {Seed: 6, Step: 1 << 33}} {
				for _, r := range []struct{ lo, hi float64 }{{-1, 1}, {0, 255}, {-0.3, 1e-12}, {0, 3 + 3*67*0x1p-24}} {
					cases = append(cases, cudaCase{fmt.Sprint(shape, name, " flip ", flip != nil, " to ", r), func(t testing.TB, dev device.Device) step {
						y := tensorOn(t, dev, shape)
						data := make([]byte, (shape[0]+5)*shape.RowLen())
						for i := range data {
							data[i] = byte(i * i % 257)
						}
						src, err := dev.NewBytes(data)
						require.NoError(t, err)
						return step{func() error { return kernels.GatherImages(y, src, order, 2, r.lo, r.hi, flip) }, []*device.Tensor{y}, nil}
					}})
				}
			}
		}
	}
	for _, shape := range []device.Shape{{1, 1}, {501, 2}, {13, 3, 5, 1}, {100, 17}, {3, 5000}} {
		for name, order := range orders(shape[0] + 5) {
			cases = append(cases, cudaCase{fmt.Sprint("rows ", shape, name), func(t testing.TB, dev device.Device) step {
				from := shape
				from[0] += 5
				y, x := tensorOn(t, dev, shape), tensorOn(t, dev, from, wave(from.Len(), 3)...)
				return step{func() error { return kernels.GatherRows(y, x, order, 4) }, []*device.Tensor{y}, []*device.Tensor{x}}
			}})
		}
	}
	cases = append(cases, cudaCase{"an order of one", func(t testing.TB, dev device.Device) step {
		y, x := tensorOn(t, dev, device.Shape{1, 3}), tensorOn(t, dev, device.Shape{1, 3}, 1, 2, 3)
		return step{func() error { return kernels.GatherRows(y, x, device.Permutation{N: 1}, 0) }, []*device.Tensor{y}, []*device.Tensor{x}}
	}})
	identical(t, cases)
}

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
