package simd_test

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// numbers64 returns n numbers in [-1,1) at the end of mapped memory.
func numbers64(t testing.TB, n int, seed uint64) []float64 {
	memory, _ := enginetest.Guarded(t, 2*n)
	x := unsafe.Slice((*float64)(unsafe.Pointer(&memory[0])), n)
	for i := range x {
		x[i] = 2*float64(device.Random{Seed: seed}.Uniform(i)) - 1
	}
	return x
}

// normCase is a tile whose tensors, coefficients and sums end at the edge of mapped memory.
type normCase struct {
	simd.NormTile
	out  []float32
	coef []float32
	sums []float64
}

// newNormCase makes the same tile at every call with the same arguments.
func newNormCase(t testing.TB, rows, columns, step int, gated bool) *normCase {
	stride := columns + 3
	length := (rows-1)*stride + columns
	tensor := func(seed uint64) *float32 { return &numbers(t, length, seed)[0] }
	pad := (columns + simd.NormPad - 1) / simd.NormPad * simd.NormPad
	c := &normCase{out: empty(t, length), coef: numbers(t, simd.NormCoefs*pad, 1), sums: numbers64(t, simd.NormSums*pad, 2)}
	scale := func(seed uint64) *float32 { return &numbers(t, (rows-1)*step+columns, seed)[0] }
	c.NormTile = simd.NormTile{
		Rows: rows, Columns: columns, Stride: stride,
		X: tensor(3), U: tensor(4), V: tensor(5), Dot: tensor(6), Out: &c.out[0],
		Gamma: scale(7), Beta: scale(8), Step: step,
		Coef: &c.coef[0], Sums: &c.sums[0], Pad: pad, Slope: 0.2,
	}
	if gated {
		y := numbers(t, length, 9)
		y[0], y[length-1] = 0, float32(math.NaN())
		c.Y = &y[0]
	}
	return c
}

func TestNormTiles(t *testing.T) {
	kernels := map[string]func(isa simd.ISA, c *simd.NormTile){
		"stats":        simd.ISA.NormStats,
		"scale":        func(isa simd.ISA, c *simd.NormTile) { isa.NormScale(c, c.Y != nil) },
		"sums":         simd.ISA.NormSums,
		"project":      simd.ISA.NormProject,
		"tangent":      simd.ISA.NormTangent,
		"tangent sums": simd.ISA.NormTangentSums,
		"second":       simd.ISA.NormSecond,
		"second without u": func(isa simd.ISA, c *simd.NormTile) {
			c.U = nil
			isa.NormSecond(c)
		},
	}
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for name, run := range kernels {
			for _, rows := range []int{1, 2, 5} {
				for _, columns := range []int{1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 50} {
					for _, gated := range []bool{false, true} {
						for _, step := range []int{0, columns + 3} {
							got, want := newNormCase(t, rows, columns, step, gated), newNormCase(t, rows, columns, step, gated)
							run(isa, &got.NormTile)
							run(simd.Go, &want.NormTile)
							what := fmt.Sprintf("%s of %d×%d, step %d, gated %v", name, rows, columns, step, gated)
							for i := range want.out {
								if math.IsNaN(float64(want.out[i])) { // between the rows
									assert.True(t, math.IsNaN(float64(got.out[i])), what)
								} else {
									assert.InDelta(t, want.out[i], got.out[i], 2e-6, what)
								}
							}
							for s := range simd.NormSums {
								assert.InDeltaSlice(t, want.sums[s*want.Pad:][:columns], got.sums[s*got.Pad:][:columns], 2e-6, "%s, sum %d", what, s)
							}
							assert.Equal(t, want.coef, got.coef, what)
						}
					}
				}
			}
		}
	})
}

// What is not a number must not pass for a number, in a lane of its own.
func TestNormTilesKeepNaN(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, at := range []int{0, 4, 12, 17} {
			c := newNormCase(t, 1, 18, 0, false)
			x := unsafe.Slice(c.X, 18)
			x[at] = float32(math.NaN())
			isa.NormScale(&c.NormTile, true)
			isa.NormStats(&c.NormTile)
			for i := range 18 {
				assert.Equal(t, i == at, math.IsNaN(float64(c.out[i])), "output")
				assert.Equal(t, i == at, math.IsNaN(c.sums[i]) && math.IsNaN(c.sums[c.Pad+i]), "sums")
			}
			isa.NormRoots(18, 3, 1e-5, c.sums, c.coef, c.Pad)
			for i := range 18 {
				for k := range 4 {
					assert.Equal(t, i == at, math.IsNaN(float64(c.coef[k*c.Pad+i])), "coefficient %d", k)
				}
			}
		}
	})
}

func TestNormMeans(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, columns := range []int{1, 8, 16, 17, 40} {
			for name, run := range map[string]func(isa simd.ISA, c *normCase){
				"roots":        func(isa simd.ISA, c *normCase) { isa.NormRoots(columns, 3, 1e-3, c.sums, c.coef, c.Pad) },
				"means":        func(isa simd.ISA, c *normCase) { isa.NormMeans(columns, 3, c.sums, c.coef, c.Pad) },
				"second means": func(isa simd.ISA, c *normCase) { isa.NormSecondMeans(columns, 3, c.sums, c.coef, c.Pad) },
			} {
				got, want := newNormCase(t, 1, columns, 0, false), newNormCase(t, 1, columns, 0, false)
				for _, c := range []*normCase{got, want} {
					c.sums[0] = 9 // larger than its square's mean: a variance below zero counts as zero
				}
				run(isa, got)
				run(simd.Go, want)
				for k := range simd.NormCoefs {
					for i := range columns {
						w := want.coef[k*want.Pad+i]
						assert.InDelta(t, w, got.coef[k*got.Pad+i], 2e-7*(1+math.Abs(float64(w))), "%s of %d: coefficient %d of column %d", name, columns, k, i)
					}
				}
			}
		}
	})
}

func TestAdd64(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, n := range []int{8, 16, 40} {
			got, want, src := numbers64(t, n, 1), numbers64(t, n, 1), numbers64(t, n, 2)
			isa.Add64(got, src)
			simd.Go.Add64(want, src)
			assert.Equal(t, want, got)
		}
		isa.Add64(nil, nil)
	})
}
