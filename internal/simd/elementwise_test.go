package simd_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// elementwise are the kernels over slices of one length whose assembly gives its twin's bytes.
var elementwise = []struct {
	name     string
	operands int
	run      func(isa simd.ISA, x [][]float32)
}{
	{"leaky relu", 2, func(isa simd.ISA, x [][]float32) { isa.LeakyReLU(x[0], x[1], 0.2) }},
	{"leaky relu in place", 1, func(isa simd.ISA, x [][]float32) { isa.LeakyReLU(x[0], x[0], 0.2) }},
	{"relu", 2, func(isa simd.ISA, x [][]float32) { isa.LeakyReLU(x[0], x[1], 0) }},
	{"leaky relu mask", 3, func(isa simd.ISA, x [][]float32) { isa.LeakyReLUMask(x[0], x[1], x[2], 0.2) }},
	{"leaky relu mask in place", 2, func(isa simd.ISA, x [][]float32) { isa.LeakyReLUMask(x[1], x[0], x[1], 0.2) }},
	{"scale", 2, func(isa simd.ISA, x [][]float32) { isa.Scale(x[0], x[1], 0.3) }},
	{"scale in place", 1, func(isa simd.ISA, x [][]float32) { isa.Scale(x[0], x[0], -0.3) }},
	{"clip", 1, func(isa simd.ISA, x [][]float32) { isa.Clip(x[0], -0.3, 0.3) }},
	{"clip to zero", 1, func(isa simd.ISA, x [][]float32) { isa.Clip(x[0], float32(math.Copysign(0, -1)), 0) }},
	{"interpolate", 3, func(isa simd.ISA, x [][]float32) { isa.Interpolate(x[0], x[1], x[2], 0.3, 0.7) }},
	{"interpolate in place", 2, func(isa simd.ISA, x [][]float32) { isa.Interpolate(x[1], x[0], x[1], 0.3, 0.7) }},
	{"tanh slope", 3, func(isa simd.ISA, x [][]float32) { isa.TanhSlope(x[0], x[1], x[2]) }},
	{"sigmoid slope", 3, func(isa simd.ISA, x [][]float32) { isa.SigmoidSlope(x[0], x[1], x[2]) }},
	{"tanh second", 5, func(isa simd.ISA, x [][]float32) { isa.TanhSecond(x[0], x[1], x[2], x[3], x[4]) }},
	{"tanh second alone", 4, func(isa simd.ISA, x [][]float32) { isa.TanhSecond(x[0], x[1], nil, x[2], x[3]) }},
	{"sigmoid second", 5, func(isa simd.ISA, x [][]float32) { isa.SigmoidSecond(x[0], x[1], x[2], x[3], x[4]) }},
	{"sigmoid second alone", 4, func(isa simd.ISA, x [][]float32) { isa.SigmoidSecond(x[0], x[1], nil, x[2], x[3]) }},
	{"direction", 2, func(isa simd.ISA, x [][]float32) { isa.Direction(x[0], x[1], 3.7, -0.3) }},
	{"direction in place", 1, func(isa simd.ISA, x [][]float32) { isa.Direction(x[0], x[0], 1e300, 1e290) }},
	{"adam", 4, func(isa simd.ISA, x [][]float32) {
		isa.Adam(x[0], x[1], x[2], x[3], simd.AdamStep{Keep1: 0.5, Take1: 0.5, Keep2: 0.9, Take2: 0.1, Rate: 0.01, Root: 0.3, Eps: 1e-8})
	}},
	{"rmsprop", 3, func(isa simd.ISA, x [][]float32) {
		isa.RMSProp(x[0], x[1], x[2], simd.RMSPropStep{Keep: 0.9, Take: 0.1, Rate: 0.01, Inside: 1e-7, Outside: 1e-8})
	}},
	{"sgd", 2, func(isa simd.ISA, x [][]float32) { isa.SGD(x[0], x[1], 0.1) }},
	{"momentum", 3, func(isa simd.ISA, x [][]float32) { isa.Momentum(x[0], x[1], x[2], 0.1, 0.9) }},
	{"nesterov", 3, func(isa simd.ISA, x [][]float32) { isa.Nesterov(x[0], x[1], x[2], 0.1, 0.9) }},
}

// corners are numbers that kernels treat in their own ways.
var corners = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 0.3, -0.3, 1e-40, -1e-40, math.SmallestNonzeroFloat32, math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
}

// operand returns n numbers, every other of them out of the ordinary if cornered is set, and no two
// operands' in step.
func operand(n, which int, cornered bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i*i%1009) + 0.7*float64(i) + float64(which)))
		if cornered && i%2 == 0 {
			x[i] = corners[(i/2*(which+1)+which)%len(corners)]
		}
	}
	return x
}

// sameNumbers compares bytes, but for the payload of NaN.
func sameNumbers(t *testing.T, want, got []float32, msg ...any) {
	t.Helper()
	require.Len(t, got, len(want), msg...)
	for i, w := range want {
		if math.Float32bits(w) != math.Float32bits(got[i]) && (w == w || got[i] == got[i]) {
			require.Fail(t, fmt.Sprintf("element %d: got %g, want %g", i, got[i], w), msg...)
		}
	}
}

// TestElementwise runs the kernels on every length up to several vectors and their rest, at both ends
// of mapped memory. Elements beside those are compared too.
func TestElementwise(t *testing.T) {
	const longest = 150
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, k := range elementwise {
			t.Run(k.name, func(t *testing.T) {
				ends, starts := make([][]float32, k.operands), make([][]float32, k.operands)
				for i := range ends {
					ends[i], starts[i] = enginetest.Guarded(t, longest)
				}
				for n := range longest + 1 {
					for _, cornered := range []bool{false, true} {
						for place, memory := range [][][]float32{ends, starts} {
							want, parts := make([][]float32, k.operands), make([][]float32, k.operands)
							wantParts := make([][]float32, k.operands)
							lo, hi := 0, n
							if place == 0 {
								lo, hi = longest-n, longest
							}
							for i, m := range memory {
								want[i] = operand(longest, i, cornered)
								copy(m, want[i])
								parts[i], wantParts[i] = m[lo:hi], want[i][lo:hi]
							}
							k.run(isa, parts)
							k.run(simd.Go, wantParts)
							for i := range want {
								sameNumbers(t, want[i], memory[i], "operand %d, length %d, place %d", i, n, place)
							}
						}
					}
				}
			})
		}
	})
}

func TestBiasLeakyReLU(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, width := range []int{1, 2, 3, 5, 8, 16, 31, 48, 63, 64, 65, 100} {
			for _, rows := range []int{0, 1, 2, 7, 16, 17, 33} {
				for _, gap := range []int{0, 3} {
					stride := width + gap
					n := max(rows*stride-gap, 0)
					y, b := numbers(t, n, 1), numbers(t, width, 2)
					if n > 2 {
						y[n/2], y[n/3] = float32(math.NaN()), 0
					}
					want := append([]float32(nil), y...)
					simd.Go.BiasLeakyReLU(rows, want, stride, b, 0.2)
					isa.BiasLeakyReLU(rows, y, stride, b, 0.2)
					sameNumbers(t, want, y, "%d rows of %d, %d apart", rows, width, stride)
				}
			}
		}
	})
	y := []float32{-2, 1, 3, -4}
	simd.Go.BiasLeakyReLU(2, y, 2, []float32{1, 0}, 0.5)
	assert.Equal(t, []float32{-0.5, 1, 4, -2}, y)
	simd.Go.BiasLeakyReLU(2, y, 2, []float32{1, 1}, 1)
	assert.Equal(t, []float32{0.5, 2, 5, -1}, y, "slope 1 adds the bias alone")
}

func TestSums(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, width := range []int{1, 2, 3, 5, 8, 16, 31, 48, 63, 64, 65, 100} {
			for _, rows := range []int{0, 1, 2, 7, 16, 17, 33} {
				for _, gap := range []int{0, 3} {
					stride := width + gap
					x := numbers(t, max(rows*stride-gap, 0), 1)
					got, want := make([]float64, width), make([]float64, width)
					for j := range got {
						got[j], want[j] = float64(j), float64(j)
					}
					simd.Go.SumRows(want, rows, x, stride)
					isa.SumRows(got, rows, x, stride)
					assert.InDeltaSlice(t, want, got, 1e-13, "%d rows of %d, %d apart", rows, width, stride)
				}
			}
		}
		for n := range 150 {
			x := numbers(t, n, 3)
			assert.InDelta(t, simd.Go.SumSquares(x), isa.SumSquares(x), 1e-13, "%d squares", n)
		}
		large := float32(1e38)
		assert.Equal(t, float64(large)*float64(large), isa.SumSquares([]float32{large}), "squares beyond float32")
		assert.True(t, math.IsNaN(isa.SumSquares([]float32{1, float32(math.NaN())})))
	})
}

// TestScaleBytes converts every byte, in every length at the end of mapped memory.
func TestScaleBytes(t *testing.T) {
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		memory, _ := enginetest.Guarded(t, 75)
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&memory[0])), 300)
		numbers, _ := enginetest.Guarded(t, 300)
		for n := range len(bytes) + 1 {
			src, dst := bytes[300-n:], numbers[300-n:]
			for i := range src {
				src[i] = byte(255 - i)
			}
			isa.ScaleBytes(dst, src, -1, 2./255, 0.9)
			for i, b := range src {
				want := float32(-1 + float64(2./255*float64(b)))
				if b == 255 {
					want = 0.9
				}
				require.Equal(t, want, dst[i], "byte %d of %d", i, n)
			}
		}
	})
}

// cacheAndMemory are the lengths that benchmarks run at: 32 KB and 25 MB an operand.
var cacheAndMemory = []struct {
	name string
	n    int
}{{"32KB", 8 << 10}, {"25MB", 25 << 18}}

func BenchmarkElementwise(b *testing.B) {
	eachISA(b, func(b *testing.B, isa simd.ISA) {
		for _, k := range elementwise {
			if strings.HasSuffix(k.name, "in place") {
				continue // done again and again it ends in denormal numbers
			}
			for _, size := range cacheAndMemory {
				b.Run(k.name+"/"+size.name, func(b *testing.B) {
					x := make([][]float32, k.operands)
					for i := range x {
						x[i] = operand(size.n, i, false)
					}
					b.SetBytes(int64(4 * size.n * k.operands))
					for b.Loop() {
						k.run(isa, x)
					}
				})
			}
		}
	})
}

func BenchmarkRows(b *testing.B) {
	eachISA(b, func(b *testing.B, isa simd.ISA) {
		for _, width := range []int{1, 3, 64, 512} {
			for _, size := range cacheAndMemory {
				rows := size.n / width
				x, bias, sums := operand(rows*width, 0, false), make([]float32, width), make([]float64, width)
				b.Run(fmt.Sprintf("bias leaky relu/%s/%d", size.name, width), func(b *testing.B) {
					b.SetBytes(int64(4 * len(x)))
					for b.Loop() {
						isa.BiasLeakyReLU(rows, x, width, bias, 1)
					}
				})
				b.Run(fmt.Sprintf("sum rows/%s/%d", size.name, width), func(b *testing.B) {
					b.SetBytes(int64(4 * len(x)))
					for b.Loop() {
						isa.SumRows(sums, rows, x, width)
					}
				})
			}
		}
	})
}
