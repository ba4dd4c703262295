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
	out         []float32
	coef, sums  []float64
	beta, gamma []float64 // totals
}

// newNormCase makes the same tile at every call with the same arguments.
func newNormCase(t testing.TB, rows, columns int, element, leaky bool) *normCase {
	stride := columns + 3
	length := (rows-1)*stride + columns
	tensor := func(seed uint64) *float32 { return &numbers(t, length, seed)[0] }
	pad := (columns + simd.NormPad - 1) / simd.NormPad * simd.NormPad
	c := &normCase{out: empty(t, length), coef: numbers64(t, simd.NormCoefs*pad, 1), sums: numbers64(t, simd.NormSums*pad, 2), beta: numbers64(t, pad, 3), gamma: numbers64(t, pad, 4)}
	c.NormTile = simd.NormTile{
		Rows: rows, Columns: columns, Stride: stride, X: tensor(5), U: tensor(6), V: tensor(7), Dot: tensor(8), Out: &c.out[0],
		Coef: &c.coef[0], Sums: &c.sums[0], Pad: pad, Slope: 0.2, Leaky: leaky,
	}
	if element {
		c.Gamma, c.Beta = tensor(9), tensor(10)
	}
	if leaky {
		y := numbers(t, length, 11)
		y[0], y[length-1] = 0, float32(math.NaN())
		c.Y = &y[0]
	}
	return c
}

func TestNormTiles(t *testing.T) {
	kernels := map[string]func(isa simd.ISA, c *simd.NormTile){
		"stats": simd.ISA.NormStats, "scale": simd.ISA.NormScale, "sums": simd.ISA.NormSums, "project": simd.ISA.NormProject, "tangent": simd.ISA.NormTangent,
		"tangent sums": simd.ISA.NormTangentSums, "second": simd.ISA.NormSecond,
		"second without u": func(isa simd.ISA, c *simd.NormTile) {
			c.U = nil
			isa.NormSecond(c)
		},
	}
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for name, run := range kernels {
			for _, rows := range []int{1, 2, 5} {
				for _, columns := range []int{1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 50} {
					for _, leaky := range []bool{false, true} {
						for _, element := range []bool{false, true} {
							got, want := newNormCase(t, rows, columns, element, leaky), newNormCase(t, rows, columns, element, leaky)
							run(isa, &got.NormTile)
							run(simd.Go, &want.NormTile)
							what := fmt.Sprintf("%s of %d×%d, leaky %v, γ for each element %v", name, rows, columns, leaky, element)
							for i := range want.out {
								if math.IsNaN(float64(want.out[i])) { // between the rows
									assert.True(t, math.IsNaN(float64(got.out[i])), what)
								} else {
									assert.InDelta(t, want.out[i], got.out[i], 1.5e-7*(1+math.Abs(float64(want.out[i]))), what)
								}
							}
							for s := range simd.NormSums {
								assert.InDeltaSlice(t, want.sums[s*want.Pad:][:columns], got.sums[s*got.Pad:][:columns], 1e-14, "%s, sum %d", what, s)
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
			c := newNormCase(t, 1, 18, false, true)
			unsafe.Slice(c.X, 18)[at] = float32(math.NaN())
			isa.NormScale(&c.NormTile)
			isa.NormStats(&c.NormTile)
			isa.NormRoots(18, 3, 1e-5, c.coef, c.sums, c.Pad)
			for i := range 18 {
				assert.Equal(t, i == at, math.IsNaN(float64(c.out[i])), "output")
				for _, k := range []int{simd.NormMean, simd.NormRoot, simd.NormVariance} {
					assert.Equal(t, i == at, math.IsNaN(c.coef[k*c.Pad+i]), "coefficient %d", k)
				}
			}
		}
	})
}

func TestNormMeans(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, columns := range []int{1, 8, 16, 17, 40} {
			for name, run := range map[string]func(isa simd.ISA, c *normCase){
				"roots":         func(isa simd.ISA, c *normCase) { isa.NormRoots(columns, 3, 1e-3, c.coef, c.sums, c.Pad) },
				"affine":        func(isa simd.ISA, c *normCase) { isa.NormAffine(columns, c.coef, c.sums, c.Pad) },
				"projection":    func(isa simd.ISA, c *normCase) { isa.NormProjection(columns, 3, c.coef, c.sums, c.Pad) },
				"curvature":     func(isa simd.ISA, c *normCase) { isa.NormCurvature(columns, 3, c.coef, c.sums, c.Pad) },
				"totals":        func(isa simd.ISA, c *normCase) { isa.NormTotals(columns, c.coef, c.sums, c.Pad, c.beta, c.gamma) },
				"second totals": func(isa simd.ISA, c *normCase) { isa.NormSecondTotals(columns, c.coef, c.sums, c.Pad, c.gamma) },
			} {
				got, want := newNormCase(t, 1, columns, false, false), newNormCase(t, 1, columns, false, false)
				for _, c := range []*normCase{got, want} {
					c.sums[0] = 9 // larger than its square's mean: a variance below zero counts as zero
					run(map[*normCase]simd.ISA{got: isa, want: simd.Go}[c], c)
				}
				for k := range simd.NormCoefs {
					for i := range columns {
						w := want.coef[k*want.Pad+i]
						assert.InDelta(t, w, got.coef[k*got.Pad+i], 1e-13*(1+math.Abs(w)), "%s of %d: coefficient %d of column %d", name, columns, k, i)
					}
				}
				assert.InDeltaSlice(t, want.beta[:columns], got.beta[:columns], 1e-14, name)
				assert.InDeltaSlice(t, want.gamma[:columns], got.gamma[:columns], 1e-14, name)
				assert.Equal(t, want.sums, got.sums, name)
			}
		}
	})
}

// The coefficients of a projection and of a curvature are what the formulas of the passes say.
func TestNormMeansProject(t *testing.T) {
	const rows, count = 5, 5.0
	c := newNormCase(t, rows, 1, false, false)
	length := len(c.out)
	x, u, v, dot := unsafe.Slice(c.X, length), unsafe.Slice(c.U, length), unsafe.Slice(c.V, length), unsafe.Slice(c.Dot, length)
	mean := func(f func(i int) float64) (sum float64) {
		for r := range rows {
			sum += f(c.Stride*r) / count
		}
		return sum
	}
	clear(c.sums)
	clear(c.coef)
	m := mean(func(i int) float64 { return float64(x[i]) })
	variance := mean(func(i int) float64 { return (float64(x[i]) - m) * (float64(x[i]) - m) })
	simd.Go.NormStats(&c.NormTile)
	simd.Go.NormRoots(1, count, 0.1, c.coef, c.sums, c.Pad)
	r := 1 / math.Sqrt(variance+0.1)
	assert.InDelta(t, m, c.coef[simd.NormMean*c.Pad], 1e-15)
	assert.InDelta(t, r, c.coef[simd.NormRoot*c.Pad], 1e-14)
	gamma, weight := 1.5, 0.7
	c.coef[simd.NormGamma*c.Pad], c.coef[simd.NormWeight*c.Pad] = gamma, weight
	hat := func(i int) float64 { return (float64(x[i]) - m) * r }
	of := func(x []float32) func(i int) float64 { return func(i int) float64 { return float64(x[i]) } }
	corr := func(f func(i int) float64) float64 { return mean(func(i int) float64 { return f(i) * hat(i) }) }

	clear(c.sums)
	simd.Go.NormSums(&c.NormTile)
	simd.Go.NormProjection(1, count, c.coef, c.sums, c.Pad)
	simd.Go.NormProject(&c.NormTile)
	for i := 0; i < length; i += c.Stride {
		assert.InDelta(t, r*(gamma*float64(u[i])-weight*mean(of(u))-hat(i)*weight*corr(of(u))), c.out[i], 2e-7, "projection")
	}

	meanDot, corrDot := mean(of(dot)), corr(of(dot))
	c.coef[simd.NormMeanDot*c.Pad], c.coef[simd.NormCorr*c.Pad] = meanDot, corrDot
	simd.Go.NormTangentSums(&c.NormTile)
	simd.Go.NormCurvature(1, count, c.coef, c.sums, c.Pad)
	simd.Go.NormSecond(&c.NormTile)
	hatDot := func(i int) float64 { return r * (float64(dot[i]) - meanDot - hat(i)*corrDot) }
	wdelta := func(i int) float64 { return weight * float64(v[i]) }
	// Of u = γȳ − r·(γδ·corr + ẋ·mean(wδ·x')), where means have w in place of γ.
	q := func(scale float64) func(i int) float64 {
		return func(i int) float64 {
			return scale*float64(u[i]) - r*(scale*float64(v[i])*corrDot+float64(dot[i])*corr(wdelta))
		}
	}
	cross := mean(func(i int) float64 { return wdelta(i) * hatDot(i) })
	for i := 0; i < length; i += c.Stride {
		want := r * (q(gamma)(i) - mean(q(weight)) - hat(i)*(corr(q(weight))+cross))
		assert.InDelta(t, want, c.out[i], 3e-7, "second order")
	}

	clear(c.beta)
	clear(c.gamma)
	simd.Go.NormTotals(1, c.coef, c.sums, c.Pad, c.beta, c.gamma)
	assert.InDelta(t, count*mean(of(u)), c.beta[0], 1e-14)
	assert.InDelta(t, count*corr(of(u)), c.gamma[0], 1e-14)
	simd.Go.NormSecondTotals(1, c.coef, c.sums, c.Pad, c.gamma)
	assert.InDelta(t, count*(corr(of(u))+mean(func(i int) float64 { return float64(v[i]) * hatDot(i) })), c.gamma[0], 1e-13)
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

func TestWidenAndNarrow(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, n := range []int{1, 3, 4, 8, 13, 40} {
			short, long := numbers(t, n, 1), numbers64(t, n, 2)
			wide, narrow := numbers64(t, n, 3), empty(t, n)
			isa.Widen(wide, short)
			isa.Narrow(narrow, long)
			for i := range n {
				assert.Equal(t, float64(short[i]), wide[i])
				assert.Equal(t, float32(long[i]), narrow[i])
			}
		}
		isa.Widen(nil, nil)
		isa.Narrow(nil, nil)
	})
}
