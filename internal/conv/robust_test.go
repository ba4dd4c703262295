package conv

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/gemm"
	"ganlib/internal/simd"
)

// passes runs the three passes as they are chosen, on fresh results.
func passes(e Engine, g Geometry, x, w, dy []float32) (y, dx, dw []float32) {
	y, dx, dw = make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
	e.Forward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
	e.Input(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
	e.Weight(g, dw, x, dy)
	return y, dx, dw
}

// Results are the same bytes for every number of workers, in every repetition, and whether or not wide
// vectors are avoided.
func TestSameBytes(t *testing.T) {
	for _, e := range engines(t, 1) {
		for _, g := range geometries {
			x, w, dy := numbers(g.N*g.H*g.W*g.C, 1), numbers(g.O*g.patch(), 2), numbers(g.positions()*g.O, 3)
			y, dx, dw := passes(e, g, x, w, dy)
			for _, threads := range []int{1, 2, 3, 5} {
				pool := device.NewPool(threads)
				again, againX, againW := passes(Engine{pool, e.ISA, !e.Halves}, g, x, w, dy)
				pool.Close()
				assert.True(t, slices.Equal(y, again), "%v, %+v, %d workers: outputs", e.ISA, g, threads)
				assert.True(t, slices.Equal(dx, againX), "%v, %+v, %d workers: inputs", e.ISA, g, threads)
				assert.True(t, slices.Equal(dw, againW), "%v, %+v, %d workers: weights", e.ISA, g, threads)
			}
		}
	}
}

// Nothing is allocated once the scratch is there.
func TestPassesDoNotAllocate(t *testing.T) {
	for _, e := range engines(t, 3) {
		for _, g := range geometries {
			x, w, dy := numbers(g.N*g.H*g.W*g.C, 1), numbers(g.O*g.patch(), 2), numbers(g.positions()*g.O, 3)
			y, dx, dw := passes(e, g, x, w, dy)
			run := func() {
				e.Forward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
				e.Input(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
				e.Weight(g, dw, x, dy)
			}
			for range 3 { // workers that overlap may need a piece of scratch more
				run()
			}
			assert.Zero(t, enginetest.Allocations(5, run), "%v, %+v", e.ISA, g)
		}
	}
}

// No pass reads or writes beyond its tensors, which end and begin at pages that fault.
func TestPassesStayInside(t *testing.T) {
	for _, e := range engines(t, 1) {
		for _, g := range geometries {
			for _, end := range []bool{true, false} {
				guarded := func(n int, seed uint64) []float32 {
					atEnd, atStart := enginetest.Guarded(t, n)
					s := atStart
					if end {
						s = atEnd
					}
					copy(s, numbers(n, seed))
					return s
				}
				x, w, dy := guarded(g.N*g.H*g.W*g.C, 1), guarded(g.O*g.patch(), 2), guarded(g.positions()*g.O, 3)
				y, dx, dw := guarded(len(dy), 4), guarded(len(x), 5), guarded(len(w), 6)
				e.Forward(g, y, x, gemm.Weights{Data: w}, Epilogue{Bias: guarded(g.O, 7), Slope: 0.2})
				e.Input(g, dx, dy, gemm.Weights{Data: w}, Epilogue{Bias: guarded(g.C, 8), Slope: 0.2})
				e.Weight(g, dw, x, dy)
				assert.Equal(t, numbers(len(x), 1), x, "inputs stay as they are")
				assert.Equal(t, numbers(len(w), 2), w)
				assert.Equal(t, numbers(len(dy), 3), dy)
			}
		}
	}
}

// Winograd's rounding, against sums in float64 at full-size layers.
func TestWinogradError(t *testing.T) {
	for _, g := range []Geometry{
		square(16, 16, 16, 128, 64, 4, 2, 1), // tiles of 4×4, and enough for them towards the weights
		square(2, 16, 16, 256, 192, 4, 2, 1),
		same(8, 14, 64, 128),
	} {
		if g.positions()*g.O*g.patch() > largest {
			t.Skip("takes minutes under the race detector")
		}
		for _, e := range engines(t, 2) {
			if e.ISA == simd.Go {
				continue // slow, and the same sums
			}
			t.Run(fmt.Sprintf("%v/k%d-%d", e.ISA, g.KH, g.O), func(t *testing.T) {
				testPassesBy(t, g, func(y, dx, dw, x, w, dy []float32) {
					e.winogradForward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
					e.winogradInput(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
					e.winogradWeight(g, dw, x, dy)
				}, 1e-6)
			})
		}
	}
}

func FuzzPasses(f *testing.F) {
	f.Add(uint8(2), uint8(8), uint8(8), uint8(16), uint8(32), uint8(4), uint8(2), uint8(1))
	f.Add(uint8(2), uint8(13), uint8(9), uint8(15), uint8(31), uint8(4), uint8(1), uint8(2))
	f.Add(uint8(1), uint8(5), uint8(7), uint8(3), uint8(1), uint8(3), uint8(1), uint8(0))
	f.Add(uint8(3), uint8(4), uint8(4), uint8(20), uint8(17), uint8(5), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, n, h, w, c, o, kernel, stride, padding uint8) {
		g := square(int(n%4)+1, int(h%20)+1, int(w%20)+1, int(c%40)+1, int(o%40)+1, int(kernel%6)+1, int(stride%4)+1, int(padding%6))
		if g.H+2*g.Top < g.KH || g.W+2*g.Left < g.KW || g.positions()*g.O*g.patch() > 1<<22 {
			t.Skip("does not fit, or takes long")
		}
		for _, e := range engines(t, 2) {
			t.Run(fmt.Sprint(e.ISA), func(t *testing.T) {
				comparePasses(t, g, func(y, dx, dw, x, w, dy []float32) {
					e.Forward(g, y, x, gemm.Weights{Data: w}, Epilogue{})
					e.Input(g, dx, dy, gemm.Weights{Data: w}, Epilogue{})
					e.Weight(g, dw, x, dy)
				}, sums.ofTerms, 2e-6)
			})
		}
	})
}
