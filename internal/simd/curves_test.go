package simd_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// curves are the activations that are computed by other formulas than their twins'.
var curves = []struct {
	name string
	run  func(isa simd.ISA, y, x []float32)
	f    func(x float64) float64
}{
	{"tanh", simd.ISA.Tanh, math.Tanh},
	{"sigmoid", simd.ISA.Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
}

// curveStride is how far apart the float32 lie that TestCurves tries: a prime number of their bit
// patterns. With 1 it tries all, in half an hour.
const curveStride = 20011

// TestCurves compares curves with float64 over all float32, the subnormal ones, infinities and NaN
// among them. They may be off by three units in the last place, 3·2⁻²⁴ of the next power of two.
func TestCurves(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, c := range curves {
			t.Run(c.name, func(t *testing.T) {
				worst, at := 0.0, float32(0)
				x, y := make([]float32, 0, 1<<12), make([]float32, 1<<12)
				check := func() {
					c.run(isa, y[:len(x)], x)
					for i, v := range x {
						want := c.f(float64(v))
						if math.IsNaN(want) {
							require.True(t, math.IsNaN(float64(y[i])), "of NaN")
							continue
						}
						require.Equal(t, math.Signbit(want), math.Signbit(float64(y[i])), "sign of f(%g)", v)
						_, exponent := math.Frexp(want)
						if off := math.Abs(float64(y[i])-want) / math.Ldexp(1, max(exponent-24, -149)); off > worst || math.IsNaN(off) {
							worst, at = off, v
						}
					}
					x = x[:0]
				}
				for bits := uint64(0); bits < 1<<32; bits += curveStride {
					if x = append(x, math.Float32frombits(uint32(bits))); len(x) == cap(x) {
						check()
					}
				}
				x = append(x, corners...)
				check()
				t.Logf("largest error: %.2f units in the last place at %g", worst, at)
				require.LessOrEqual(t, worst, 3.0, "at %g", at)
			})
		}
	})
}

// TestCurvesLengths runs curves on every length at both ends of mapped memory: each element must come
// out as it does in the middle of a long slice.
func TestCurvesLengths(t *testing.T) {
	const longest = 70
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, c := range curves {
			for _, cornered := range []bool{false, true} {
				in := operand(longest, 0, cornered)
				want := make([]float32, 2*longest)
				c.run(isa, want, append(append([]float32(nil), in...), in...))
				ends, starts := enginetest.Guarded(t, longest)
				for n := range longest + 1 {
					copy(ends, in)
					c.run(isa, ends[longest-n:], ends[longest-n:])
					sameNumbers(t, in[:longest-n], ends[:longest-n], "%s of %d: before", c.name, n)
					sameNumbers(t, want[longest-n:longest], ends[longest-n:], "%s of %d", c.name, n)
					copy(starts, in)
					c.run(isa, starts[:n], starts[:n])
					sameNumbers(t, want[:n], starts[:n], "%s of %d", c.name, n)
					sameNumbers(t, in[n:], starts[n:], "%s of %d: behind", c.name, n)
				}
			}
		}
	})
}

func BenchmarkCurves(b *testing.B) {
	eachISA(b, func(b *testing.B, isa simd.ISA) {
		for _, c := range curves {
			for _, size := range cacheAndMemory {
				b.Run(fmt.Sprintf("%s/%s", c.name, size.name), func(b *testing.B) {
					x, y := operand(size.n, 0, false), make([]float32, size.n)
					b.SetBytes(int64(8 * size.n))
					for b.Loop() {
						c.run(isa, y, x)
					}
				})
			}
		}
	})
}
