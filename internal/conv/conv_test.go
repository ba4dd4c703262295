package conv

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// engines are those of this machine, and the twins.
func engines(t testing.TB, threads int) []Engine {
	pool := device.NewPool(threads)
	t.Cleanup(pool.Close)
	list := []Engine{{Pool: pool, ISA: simd.Go}}
	for _, e := range device.Engines() {
		switch e {
		case device.EngineAVX512:
			list = append(list, Engine{pool, simd.AVX512, false}, Engine{pool, simd.AVX512, true})
		case device.EngineAVX2:
			list = append(list, Engine{pool, simd.AVX2, false})
		}
	}
	return list
}

func numbers(n int, seed uint64) []float32 {
	x := device.NewSlice[float32](n)
	for i := range x {
		x[i] = 2*device.Random{Seed: seed}.Uniform(i) - 1
	}
	return x
}

// square returns the geometry of a convolution with a square kernel.
func square(n, h, w, c, o, kernel, stride, padding int) Geometry {
	return Geometry{N: n, H: h, W: w, C: c, O: o, KH: kernel, KW: kernel, SH: stride, SW: stride, Top: padding, Left: padding,
		OH: (h+2*padding-kernel)/stride + 1, OW: (w+2*padding-kernel)/stride + 1}
}

// each visits every product of a convolution, by the indices into y, x and w.
func each(g Geometry, visit func(y, x, w int)) {
	for n := range g.N {
		for i := range g.OH {
			for j := range g.OW {
				for a := range g.KH {
					for b := range g.KW {
						h, v := i*g.SH-g.Top+a, j*g.SW-g.Left+b
						if h < 0 || h >= g.H || v < 0 || v >= g.W {
							continue
						}
						for o := range g.O {
							for c := range g.C {
								visit(((n*g.OH+i)*g.OW+j)*g.O+o, ((n*g.H+h)*g.W+v)*g.C+c, ((o*g.KH+a)*g.KW+b)*g.C+c)
							}
						}
					}
				}
			}
		}
	}
}

// sums are sums of products in float64.
type sums struct{ value, squares []float64 }

func newSums(n int) sums { return sums{make([]float64, n), make([]float64, n)} }

func (s sums) add(i int, a, b float32) {
	v := float64(a) * float64(b)
	s.value[i] += v
	s.squares[i] += v * v
}

// relative returns the root mean square of got−want relative to that of want.
func (s sums) relative(got []float32) float64 {
	size := 0.0
	for _, want := range s.value {
		size += want * want
	}
	return s.error(got, size)
}

// ofTerms is relative to what sums of terms of that size and any sign have: a single sum may be zero.
func (s sums) ofTerms(got []float32) float64 {
	size := 0.0
	for _, v := range s.squares {
		size += v
	}
	return s.error(got, size)
}

func (s sums) error(got []float32, size float64) float64 {
	d := 0.0
	for i, want := range s.value {
		d += (float64(got[i]) - want) * (float64(got[i]) - want)
	}
	if size == 0 { // a kernel that lies on zeros alone
		return math.Sqrt(d)
	}
	return math.Sqrt(d / size)
}

var geometries = small([]Geometry{
	square(2, 8, 8, 16, 32, 4, 2, 1),
	square(3, 8, 12, 32, 48, 4, 2, 1),
	square(2, 16, 16, 3, 8, 4, 2, 1),
	square(5, 8, 8, 8, 3, 4, 2, 1),
	square(2, 10, 8, 9, 20, 5, 2, 2),
	square(3, 4, 4, 20, 1, 4, 2, 0),
	square(3, 4, 4, 7, 5, 4, 1, 0),
	square(1, 7, 5, 3, 4, 3, 1, 1),
	square(2, 6, 6, 5, 7, 2, 3, 0),
	square(2, 28, 28, 1, 64, 5, 2, 2),
	square(1, 1, 1, 1, 1, 1, 1, 0),
	square(2, 5, 5, 40, 33, 1, 2, 0),
	square(2, 1, 1, 3, 2, 5, 2, 4),
	square(2, 5, 3, 2, 3, 2, 3, 0),
	{N: 2, H: 14, W: 9, C: 6, OH: 7, OW: 9, O: 10, KH: 5, KW: 3, SH: 2, SW: 1, Top: 1, Left: 1},
	square(20, 16, 16, 16, 64, 4, 2, 1),
	square(20, 32, 32, 16, 16, 4, 2, 1),
	square(1, 4, 4, 288, 144, 4, 2, 1),
	square(2, 14, 14, 16, 32, 4, 2, 1),
	same(3, 14, 32, 48),
	square(2, 8, 10, 32, 16, 5, 2, 2),
	square(12, 16, 16, 16, 64, 5, 2, 2),
	square(1, 4, 4, 144, 288, 5, 2, 2),
})

// small returns the geometries that are small enough to be tested.
func small(list []Geometry) []Geometry {
	return slices.DeleteFunc(list, func(g Geometry) bool { return g.positions()*g.O*g.patch() > largest })
}

func TestPasses(t *testing.T) {
	for _, e := range engines(t, 2) {
		for _, g := range geometries {
			t.Run(fmt.Sprintf("%v/%dx%dx%dx%d-%d-k%d", e.ISA, g.N, g.H, g.W, g.C, g.O, g.KH), func(t *testing.T) {
				testPasses(t, e, g)
			})
		}
	}
}

func testPasses(t *testing.T, e Engine, g Geometry) {
	testPassesBy(t, g, func(y, dx, dw, x, w, dy []float32) {
		e.directForward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
		e.directInput(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
		e.directWeight(g, dw, x, dy)
	}, 1e-6)
}

// testPassesBy compares the passes that run computes with sums in float64.
func testPassesBy(t *testing.T, g Geometry, run func(y, dx, dw, x, w, dy []float32), tolerance float64) {
	comparePasses(t, g, run, sums.relative, tolerance)
}

func comparePasses(t *testing.T, g Geometry, run func(y, dx, dw, x, w, dy []float32), measure func(want sums, got []float32) float64, tolerance float64) {
	x, w, dy := numbers(g.N*g.H*g.W*g.C, 1), numbers(g.O*g.patch(), 2), numbers(g.positions()*g.O, 3)
	dw := numbers(len(w), 4)
	wantY, wantX, wantW := newSums(len(dy)), newSums(len(x)), newSums(len(w))
	for i, v := range dw {
		wantW.add(i, v, 1)
	}
	each(g, func(iy, ix, iw int) {
		wantY.add(iy, x[ix], w[iw])
		wantX.add(ix, dy[iy], w[iw])
		wantW.add(iw, dy[iy], x[ix])
	})
	y, dx := numbers(len(dy), 5), numbers(len(x), 6)
	run(y, dx, dw, x, w, dy)
	assert.Less(t, measure(wantY, y), tolerance)
	assert.Less(t, measure(wantX, dx), tolerance)
	assert.Less(t, measure(wantW, dw), tolerance)
}

func TestNarrow(t *testing.T) {
	for _, e := range engines(t, 2) {
		for _, g := range geometries {
			if !narrow(g) {
				continue
			}
			t.Run(fmt.Sprintf("%v/%dx%dx%dx%d-%d-k%d", e.ISA, g.N, g.H, g.W, g.C, g.O, g.KH), func(t *testing.T) {
				for _, input := range []func(g Geometry, dx, dy []float32, w gemm.Weights, then Epilogue){e.narrowInput, e.planarInput} {
					testPassesBy(t, g, func(y, dx, dw, x, w, dy []float32) {
						e.narrowForward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
						input(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
						e.narrowWeight(g, dw, x, dy)
					}, 1e-6)
				}
			})
		}
	}
}

// The passes as they are chosen.
func TestChosen(t *testing.T) {
	for _, e := range engines(t, 3) {
		for _, g := range geometries {
			t.Run(fmt.Sprintf("%v/%dx%dx%dx%d-%d-k%d", e.ISA, g.N, g.H, g.W, g.C, g.O, g.KH), func(t *testing.T) {
				testPassesBy(t, g, func(y, dx, dw, x, w, dy []float32) {
					e.Forward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
					e.Input(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
					e.Weight(g, dw, x, dy)
				}, 2e-6)
			})
		}
	}
}

func TestWinograd(t *testing.T) {
	for _, e := range engines(t, 2) {
		for _, g := range geometries {
			if !winogradFits(g) {
				continue
			}
			t.Run(fmt.Sprintf("%v/%dx%dx%dx%d-%d", e.ISA, g.N, g.H, g.W, g.C, g.O), func(t *testing.T) {
				testPassesBy(t, g, func(y, dx, dw, x, w, dy []float32) {
					e.winogradForward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
					e.winogradInput(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
					e.winogradWeight(g, dw, x, dy)
				}, 2e-6)
			})
		}
	}
}

// Weights that are held are packed once, and passes give the same with them.
func TestHeldWeights(t *testing.T) {
	for _, e := range engines(t, 2) {
		for _, g := range geometries {
			dev := device.NewCPU(1)
			w, err := dev.New(device.Shape{g.O, g.KH, g.KW, g.C})
			require.NoError(t, err)
			require.NoError(t, w.CopyFrom(numbers(g.O*g.patch(), 2)))
			x, dy := numbers(g.N*g.H*g.W*g.C, 1), numbers(g.positions()*g.O, 3)
			passes := func() (y, dx []float32) {
				y, dx = make([]float32, len(dy)), make([]float32, len(x))
				e.Forward(g, y, x, gemm.WeightsOf(w), Epilogue{})
				e.Input(g, dx, dy, gemm.WeightsOf(w), Epilogue{})
				return y, dx
			}
			y, dx := passes()
			w.Hold()
			for range 2 {
				heldY, heldX := passes()
				assert.Equal(t, y, heldY)
				assert.Equal(t, dx, heldX)
			}
			clear(device.Data[float32](w)) // against the promise: shows that kept weights are used
			heldY, _ := passes()
			assert.Equal(t, y, heldY)
			w.Release()
			zeroY, zeroX := passes()
			assert.NotContains(t, zeroY, y[0])
			assert.NotContains(t, zeroX, dx[0])
		}
	}
}
