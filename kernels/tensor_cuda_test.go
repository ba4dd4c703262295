package kernels_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// tensorPrecisions are those of tensor cores, with bounds: of the distance from the results in float64, which
// the operands' rounding to eleven and to eight bits leaves, and from the results in float32 of operands rounded
// before, on the emulator and on a card, whose tensor cores cut off what does not fit into their sums.
var tensorPrecisions = []struct {
	device.Precision
	fromWide, fromRounded, onCard float64
}{
	{device.TF32, 1e-3, 4e-6, 1e-4},
	{device.BFloat16, 8e-3, 4e-6, 1e-4},
}

// rounded returns v with the bits that a precision looks at: the nearest such number, of two that with the
// larger magnitude in TF32, the even one in bfloat16.
func rounded(v float32, p device.Precision) float32 {
	b := math.Float32bits(v)
	switch {
	case b&0x7f800000 == 0x7f800000:
		return v
	case p == device.TF32:
		b = (b + 0x1000) &^ 0x1fff
	case p == device.BFloat16:
		b = (b + 0x7fff + b>>16&1) &^ 0xffff
	}
	return math.Float32frombits(b)
}

// roundOperands has the operands of a case rounded, after it is built: its inputs but for biases.
func roundOperands(c cudaCase, p device.Precision) cudaCase {
	build := c.build
	return cudaCase{c.name, func(t testing.TB, dev device.Device) step {
		s := build(t, dev)
		for _, x := range s.inputs {
			if x.Shape().Rank() == 1 {
				continue
			}
			numbers := make([]float32, x.Len())
			require.NoError(t, x.CopyTo(numbers))
			for i, v := range numbers {
				numbers[i] = rounded(v, p)
			}
			require.NoError(t, x.CopyFrom(numbers))
		}
		return s
	}}
}

// tensorEquivalent runs cases, all of whose products are large enough for tensor cores, in every precision on
// every GPU that has it.
func tensorEquivalent(t *testing.T, cases []cudaCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wide := resultsOf(t, device.NewCPU64(1), c)
			for _, p := range tensorPrecisions {
				t.Run(p.String(), func(t *testing.T) {
					enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
						want := resultsOf(t, dev, roundOperands(c, p.Precision))
						inPrecision(t, dev, p.Precision)
						have := resultsOf(t, dev, c)
						bound := p.fromRounded
						if !strings.Contains(dev.String(), "ptxsim") {
							bound = p.onCard
						}
						for i := range have {
							assert.LessOrEqual(t, distance(have[i], wide[i]), p.fromWide, "result %d, from float64", i)
							assert.LessOrEqual(t, distance(have[i], want[i]), bound, "result %d, from rounded operands", i)
						}
					})
				})
			}
		})
	}
}

// inPrecision sets a GPU's precision until the test is over, and skips the test if it has none.
func inPrecision(t testing.TB, dev *device.CUDA, p device.Precision) {
	t.Helper()
	if err := dev.SetPrecision(p); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { require.NoError(t, dev.SetPrecision(device.Float32)) })
}

// onlyTensor has a tile computed by tensor cores only, whatever its precision.
func onlyTensor(t *testing.T, tile string) {
	if tile != "" {
		kernels.OnlyTiling(t, "tf32_"+tile, "bf16_"+tile)
	}
}

var tensorTiles = []string{"128x128", "128x64", "64x64"}

// TestTensorConvolutionsOnGPU gives every tile shapes that fill neither it nor slabs of 32.
func TestTensorConvolutionsOnGPU(t *testing.T) {
	for _, tile := range tensorTiles {
		t.Run(tile, func(t *testing.T) {
			onlyTensor(t, tile)
			tensorEquivalent(t, []cudaCase{
				convShape{"k4 s2 p1", 3, 14, 13, 64, 160, kernels.Square(4, 2, 1)}.passes(),
				convShape{"k3 s2 p1, odd size", 2, 13, 9, 96, 64, kernels.Square(3, 2, 1)}.passes(),
				convShape{"k3 s1 p1", 2, 7, 6, 32, 64, kernels.Square(3, 1, 1)}.passes(),
			})
		})
	}
}

func TestTensorConvolutionShapesOnGPU(t *testing.T) {
	tensorEquivalent(t, passesOf([]convShape{
		{"k4 s2 p1, 64", 3, 8, 6, 64, 64, kernels.Square(4, 2, 1)},
		{"k5 s2 same", 2, 14, 13, 64, 32, kernels.Same(5, 2, 14, 13)},
		{"1×1 s2", 2, 9, 9, 64, 32, kernels.Square(1, 2, 0)},
		{"1×1", 2, 5, 4, 36, 40, kernels.Square(1, 1, 0)},
		{"one position", 40, 4, 4, 36, 32, kernels.Square(4, 1, 0)},
		{"sides all different", 5, 6, 5, 64, 32, kernels.Window{KernelH: 5, KernelW: 2, StrideH: 2, StrideW: 1, Top: 3, Bottom: 0, Left: 2, Right: 1}},
		{"border out of reach", 4, 9, 9, 32, 64, kernels.Square(4, 2, 0)},
	}))
}

func TestTensorGemmOnGPU(t *testing.T) {
	for _, tile := range tensorTiles {
		t.Run(tile, func(t *testing.T) {
			onlyTensor(t, tile)
			for _, trans := range [][2]kernels.Trans{{kernels.NoTrans, kernels.Transp}, {kernels.NoTrans, kernels.NoTrans}, {kernels.Transp, kernels.NoTrans}} {
				tensorEquivalent(t, []cudaCase{gemmCase(132, 140, 36, trans[0], trans[1], 0), gemmCase(36, 200, 4, trans[0], trans[1], 0), gemmCase(64, 64, 64, trans[0], trans[1], 0)})
			}
		})
	}
}

// TestLongTensorSumsOnGPU has sums in many slices, in few, and in one, which is longer than a tensor core may
// add up.
func TestLongTensorSumsOnGPU(t *testing.T) {
	cases := []cudaCase{
		gemmCase(36, 44, 6000, kernels.Transp, kernels.NoTrans, 0), gemmCase(36, 44, 4100, kernels.NoTrans, kernels.Transp, 0),
		convShape{"many channels", 10, 4, 4, 160, 96, kernels.Square(4, 2, 1)}.passes(),
	}
	for _, n := range []int{132, 1} {
		t.Run(fmt.Sprintf("%d processors", n), func(t *testing.T) {
			kernels.FewProcessors(t, n)
			tensorEquivalent(t, cases)
		})
	}
}

// manyTaps is a convolution with more taps than tensor cores are given.
var manyTaps = cudaCase{"49 taps", func(t testing.TB, dev device.Device) step {
	random := func(shape device.Shape) *device.Tensor { return tensorOn(t, dev, shape, wave(shape.Len(), 1)...) }
	x, w, y := random(device.Shape{2, 9, 9, 32}), random(device.Shape{32, 7, 7, 32}), random(device.Shape{2, 9, 9, 32})
	return step{func() error { return kernels.Conv2D(y, x, w, kernels.Square(7, 1, 3)) }, []*device.Tensor{y}, []*device.Tensor{x, w}}
}}

// TestSmallProductsStayInFloat32OnGPU has products that are too small, or whose numbers do not lie in fours, and images of
// few channels.
func TestSmallProductsStayInFloat32OnGPU(t *testing.T) {
	for _, c := range []cudaCase{
		convShape{"from colours", 2, 8, 8, 3, 16, kernels.Square(4, 2, 1)}.passes(), fewShapes[0].passes(), manyTaps,
		gemmCase(28, 64, 64, kernels.NoTrans, kernels.Transp, 0), gemmCase(64, 28, 64, kernels.NoTrans, kernels.NoTrans, 0),
		gemmCase(64, 64, 64, kernels.Transp, kernels.Transp, 0), gemmCase(64, 64, 64, kernels.Transp, kernels.NoTrans, 1),
	} {
		t.Run(c.name, func(t *testing.T) {
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				want := resultsOf(t, dev, c)
				for _, p := range tensorPrecisions {
					inPrecision(t, dev, p.Precision)
					for i, have := range resultsOf(t, dev, c) {
						assert.Equal(t, bitsOf(want[i]), bitsOf(have), "%v, result %d", p, i)
					}
				}
			})
		})
	}
}

// TestNoNumbersOnGPUTensorCores has a NaN, all of whose bits are set but for the sign, and an infinity in
// an operand: they come out where they must, and nowhere else.
func TestNoNumbersOnGPUTensorCores(t *testing.T) {
	for _, p := range tensorPrecisions {
		t.Run(p.String(), func(t *testing.T) {
			enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
				inPrecision(t, dev, p.Precision)
				const n = 64
				a, b, c := tensorOn(t, dev, device.Shape{n, n}, 1), tensorOn(t, dev, device.Shape{n, n}, 2), tensorOn(t, dev, device.Shape{n, n})
				numbers := make([]float32, n*n)
				for i := range numbers {
					numbers[i] = 1
				}
				numbers[3*n+5], numbers[7*n+9], numbers[9*n] = math.Float32frombits(0x7fffffff), float32(math.Inf(-1)), math.MaxFloat32/2
				require.NoError(t, a.CopyFrom(numbers))
				require.NoError(t, kernels.Gemm(c, a, b, kernels.NoTrans, kernels.Transp, false))
				for i, v := range valuesOf(c) {
					switch i / n {
					case 3:
						assert.True(t, math.IsNaN(v), i)
					case 7:
						assert.True(t, math.IsInf(v, -1), i)
					case 9:
						assert.Greater(t, v, 3e38, i)
					default:
						assert.Equal(t, 2.0*n, v, i)
					}
				}
			})
		})
	}
}

// TestTensorMutants leaves out each barrier and each wait for copies of the smallest tiles' kernels: the emulator,
// or the results, must show it.
func TestTensorMutants(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	shape := convShape{"", 5, 8, 8, 64, 64, kernels.Square(4, 2, 1)}
	for _, test := range []struct {
		tile    string
		kernels device.Precision
		cudaCase
		device.Precision
		bound float64
	}{
		{"tf32_64x64", device.TF32, shape.passes(), device.TF32, 1e-3},
		{"bf16_copies_64x64", kernels.RoundedBFloat16, shape.ofOperands(), device.BFloat16, 8e-3},
	} {
		t.Run(test.tile, func(t *testing.T) {
			want := resultsOf(t, device.NewCPU64(1), test.cudaCase)
			kernels.OnlyTiling(t, test.tile)
			for _, m := range kernels.ConvolutionMutants(t, test.kernels, "_64x64") {
				if strings.Contains(m.Name, " bra") {
					continue
				}
				t.Run(m.String(), func(t *testing.T) {
					kernels.UseConvolutions(t, test.kernels, m.PTX)
					dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{Threads: 1}), 0)
					require.NoError(t, err)
					defer dev.Close()
					require.NoError(t, dev.SetPrecision(test.Precision))
					mutantFails(t, dev, test.cudaCase, want, test.bound)
				})
			}
		})
	}
}
