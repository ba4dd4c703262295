package kernels_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// checkOperand compares what products read of an operand with its elements, rounded.
func checkOperand(t testing.TB, name string, x *device.Tensor) {
	t.Helper()
	copies, err := x.Operand()
	require.NoError(t, err)
	elements, err := x.Float32s()
	require.NoError(t, err)
	for i, v := range copies {
		want := rounded(elements[i], device.PrecisionOf(x.Device()))
		if math.Float32bits(v) != math.Float32bits(want) && (v == v || want == want) {
			assert.Failf(t, "not rounded", "%s: element %d of %v is %g, products read %g, want %g", name, i, x.Shape(), elements[i], v, want)
			return
		}
	}
}

// writers are cases of all operations that write tensors, by name.
var writers = []struct {
	names string
	cases []cudaCase
}{
	{"Fill FillAll Copy Clip", slices.Concat(
		over("fill", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y := x(0)
			return step{func() error { return kernels.Fill(y, 0.7) }, []*device.Tensor{y}, nil}
		}),
		over("fill all", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			list := []*device.Tensor{x(0), x(1), x(2), x(3)}
			return step{func() error {
				return kernels.FillAll(kernels.Filling{T: list[0], V: 0.7}, kernels.Filling{T: list[1], V: 1.1}, kernels.Filling{T: list[2], V: 2.1}, kernels.Filling{T: list[3], V: 3.1})
			}, list, nil}
		}),
		over("copy", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y, from := tensorOn(t, dev, shape), x(0)
			return step{func() error { return kernels.Copy(y, from) }, []*device.Tensor{y}, []*device.Tensor{from}}
		}),
		over("clip", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y := x(0)
			return step{func() error { return kernels.Clip(y, 0.7) }, []*device.Tensor{y}, nil}
		}),
	)},
	{"LeakyReLU LeakyReLUMask LeakyReLUMaskBias AddBias AddBiasLeakyReLU BiasGrad", slices.Concat(
		over("leaky", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
			y, from, same, masked := tensorOn(t, dev, shape), x(0), x(1), x(3)
			return step{func() error {
				return errors.Join(kernels.LeakyReLU(y, from, 0.2), kernels.LeakyReLU(same, same, 0.2), kernels.LeakyReLUMask(masked, from, masked, 0.3))
			}, []*device.Tensor{y, same, masked}, []*device.Tensor{from}}
		}),
		maskedBiasCase(7, 5), maskedBiasCase(67, 12), maskedBiasCase(1001, 68),
	)},
	{"HeadBackward", []cudaCase{{"head", func(t testing.TB, dev device.Device) step {
		shape := device.Shape{5, 3, 4, 12}
		c := shape.RowLen()
		x, dy, w := tensorOn(t, dev, shape, wave(5*c, 1)...), tensorOn(t, dev, device.Shape{5, 1}, wave(5, 2)...), tensorOn(t, dev, device.Shape{c}, wave(c, 3)...)
		dx, dw, db := tensorOn(t, dev, device.Shape{2, 3, 4, 12}), tensorOn(t, dev, device.Shape{c}), tensorOn(t, dev, device.Shape{1})
		return step{func() error {
			return kernels.HeadBackward(dx, dw, db, x, dy, w, kernels.HeadRows{Lo: 0, Hi: 5, InputLo: 2, InputHi: 4})
		}, []*device.Tensor{dx, dw, db}, []*device.Tensor{x, dy, w}}
	}}}},
	{"Tanh TanhSlope TanhSecond Sigmoid SigmoidSlope SigmoidSecond", over("curves", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		from, y, v, dot, delta := x(0), x(1), x(2), x(3), x(4)
		var out [7]*device.Tensor
		for i := range out {
			out[i] = tensorOn(t, dev, shape)
		}
		return step{func() error {
			return errors.Join(kernels.Tanh(out[0], from), kernels.TanhSlope(out[1], y, v), kernels.TanhSecond(out[2], y, v, dot, delta), kernels.TanhSecond(out[3], y, nil, dot, delta),
				kernels.Sigmoid(out[4], from), kernels.SigmoidSlope(out[5], y, v), kernels.SigmoidSecond(out[6], y, v, dot, delta))
		}, out[:], []*device.Tensor{from, y, v, dot, delta}}
	})},
	{"Adam RMSProp SGD", over("optimisers", func(t testing.TB, dev device.Device, shape device.Shape, x func(int) *device.Tensor) step {
		p, q, r, u, g, m, b := x(0), x(1), x(2), x(3), x(4), x(5), x(6)
		v, s := tensorOn(t, dev, shape, 0.1, 2, 0), tensorOn(t, dev, shape, 0.1, 2, 0)
		return step{func() error {
			return errors.Join(kernels.Adam(p, g, m, v, kernels.AdamStep{Rate: 0.01, Beta1: 0.5, Beta2: 0.9, Root: 0.3, Eps: 1e-8}),
				kernels.RMSProp(q, g, s, kernels.RMSPropStep{Rate: 0.01, Rho: 0.9, Eps: 1e-7}),
				kernels.SGD(r, g, nil, kernels.SGDStep{Rate: 0.03}), kernels.SGD(u, g, b, kernels.SGDStep{Rate: 0.03, Momentum: 0.9}))
		}, []*device.Tensor{p, q, r, u, m, v, s, b}, []*device.Tensor{g}}
	})},
	{"Uniform Normal Interpolate InterpolateCopy GatherRows GatherImages ToPlanar FromPlanar", []cudaCase{
		{"moves", func(t testing.TB, dev device.Device) step {
			shape := device.Shape{3, 5, 7, 12}
			from := tensorOn(t, dev, shape, wave(shape.Len(), 2)...)
			var out [9]*device.Tensor
			for i := range out {
				out[i] = tensorOn(t, dev, shape)
			}
			bytes := make([]byte, 4*shape.RowLen())
			for i := range bytes {
				bytes[i] = byte(i * i)
			}
			images, err := dev.NewBytes(bytes)
			require.NoError(t, err)
			alpha, order := tensorOn(t, dev, device.Shape{3}, 0.3, 0.6), device.Permutation{Random: device.Random{Seed: 1}, N: 3}
			flat := func(x *device.Tensor) *device.Tensor { return x.Slice(0, device.Shape{3, shape.RowLen()}) }
			return step{func() error {
				return errors.Join(kernels.Uniform(out[0], -1, 1, device.Random{Seed: 1}), kernels.Normal(out[1], 0, 1, device.Random{Seed: 2}),
					kernels.Interpolate(out[2], from, out[1], alpha), kernels.InterpolateCopy(out[7], out[8], from, out[1], alpha), kernels.GatherRows(flat(out[3]), flat(from), order, 0), kernels.GatherImages(out[4], images, order, 0, -1, 1, nil),
					kernels.ToPlanar(flat(out[5]), from), kernels.FromPlanar(out[6], flat(from)))
			}, out[:], []*device.Tensor{from, alpha}}
		}},
		{"planar of one channel", func(t testing.TB, dev device.Device) step {
			from, to, back := tensorOn(t, dev, device.Shape{3, 5, 7, 1}, wave(105, 1)...), tensorOn(t, dev, device.Shape{3, 35}), tensorOn(t, dev, device.Shape{3, 5, 7, 1})
			return step{func() error { return errors.Join(kernels.ToPlanar(to, from), kernels.FromPlanar(back, to)) }, []*device.Tensor{to, back}, []*device.Tensor{from}}
		}},
	}},
	{"BCECritic BCEGenerator HingeCritic LeastSquaresCritic LeastSquaresGenerator SigmoidBCECritic SigmoidBCEGenerator WassersteinCritic WassersteinGenerator PenaltyDirection Compute", []cudaCase{
		{"losses", func(t testing.TB, dev device.Device) step {
			shape := device.Shape{5, 1}
			real, fake := tensorOn(t, dev, shape, wave(5, 1)...), tensorOn(t, dev, shape, wave(5, 2)...)
			var results []*device.Tensor
			out := func() *device.Tensor {
				results = append(results, tensorOn(t, dev, shape))
				return results[len(results)-1]
			}
			loss := func() *device.Tensor {
				results = append(results, tensorOn(t, dev, device.Shape{1}))
				return results[len(results)-1]
			}
			g := tensorOn(t, dev, device.Shape{5, 33}, wave(165, 1)...)
			v, norms := tensorOn(t, dev, g.Shape()), tensorOn(t, dev, device.Shape{5})
			results = append(results, v, norms)
			lengths, err := kernels.NewL2Norms(real, fake)
			require.NoError(t, err)
			all := tensorOn(t, dev, device.Shape{2})
			results = append(results, all)
			run := []func() error{}
			for _, f := range []func(loss, dReal, dFake, real, fake *device.Tensor) error{
				kernels.BCECritic, kernels.HingeCritic, kernels.SigmoidBCECritic, kernels.WassersteinCritic,
				func(loss, dReal, dFake, real, fake *device.Tensor) error {
					return kernels.LeastSquaresCritic(loss, dReal, dFake, real, fake, 0.1, 0.9, 0.5)
				},
			} {
				l, a, b := loss(), out(), out()
				run = append(run, func() error { return f(l, a, b, real, fake) })
			}
			for _, f := range []func(loss, dFake, fake *device.Tensor) error{
				kernels.SigmoidBCEGenerator, kernels.WassersteinGenerator,
				func(loss, dFake, fake *device.Tensor) error { return kernels.BCEGenerator(loss, dFake, fake, true) },
				func(loss, dFake, fake *device.Tensor) error {
					return kernels.LeastSquaresGenerator(loss, dFake, fake, 0.9, 0.5)
				},
			} {
				l, a := loss(), out()
				run = append(run, func() error { return f(l, a, fake) })
			}
			penalty := loss()
			return step{func() error {
				for _, f := range run {
					if err := f(); err != nil {
						return err
					}
				}
				return errors.Join(kernels.PenaltyDirection(v, norms, penalty, g, kernels.PenaltyOptions{Lambda: 10, Target: 1}), lengths.Compute(all))
			}, results, []*device.Tensor{real, fake, g}}
		}},
	}},
	{"NormForward NormForwardRunning NormApply NormRoot NormBackward NormTangent NormSecond", normWriters()},
	{"Gemm GemmBias", slices.Concat(
		eachTrans(3, 5, 7, 0), eachTrans(8, 12, 20, 1), eachTrans(68, 132, 36, 0), eachTrans(132, 3, 300, 0), eachTrans(33, 36, 700, 0),
		[]cudaCase{gemmBiasCase(65, 67, 257), gemmBiasCase(64, 64, 16)},
	)},
	{"Conv2D Conv2DBias Conv2DInput Conv2DInputBias Conv2DWeight", []cudaCase{
		fewShapes[0].passes(), fewShapes[4].passes(), fewShapes[5].passes(), halfFewShapes[0].passes(),
		convShape{"a window of the whole image", 5, 3, 4, 12, 7, kernels.Window{KernelH: 3, KernelW: 4, StrideH: 1, StrideW: 1}}.passes(),
		convShape{"64", 3, 8, 6, 64, 64, kernels.Square(4, 2, 1)}.passes(),
		convShape{"in slices", 1, 3, 3, 264, 140, kernels.Square(3, 1, 1)}.passes(),
		convShape{"in slices, odd", 1, 3, 3, 131, 101, kernels.Square(3, 1, 1)}.passes(),
		convShape{"longer than a flush", 40, 4, 4, 260, 132, kernels.Square(2, 2, 0)}.passes(),
	}},
}

func maskedBiasCase(rows, c int) []cudaCase {
	return []cudaCase{{fmt.Sprint("bias of ", rows, c), func(t testing.TB, dev device.Device) step {
		shape := device.Shape{rows, c}
		x, v, b := tensorOn(t, dev, shape, wave(rows*c, 1)...), tensorOn(t, dev, shape, wave(rows*c, 2)...), tensorOn(t, dev, device.Shape{c}, wave(c, 1)...)
		y, z, u, masked := tensorOn(t, dev, shape, wave(rows*c, 3)...), tensorOn(t, dev, shape, wave(rows*c, 4)...), tensorOn(t, dev, shape, wave(rows*c, 5)...), tensorOn(t, dev, shape)
		db, dc := tensorOn(t, dev, device.Shape{c}), tensorOn(t, dev, device.Shape{c})
		return step{func() error {
			return errors.Join(kernels.AddBias(y, b), kernels.AddBiasLeakyReLU(z, b, 0.2), kernels.AddBiasLeakyReLU(u, nil, 0.2),
				kernels.BiasGrad(db, v), kernels.LeakyReLUMaskBias(masked, x, v, 0.2, dc, masked.Slice(c, device.Shape{rows - 1, c})))
		}, []*device.Tensor{y, z, u, db, dc, masked}, []*device.Tensor{x, v, b}}
	}}}
}

func gemmBiasCase(m, n, k int) cudaCase {
	return cudaCase{fmt.Sprint("bias ", m, n, k), func(t testing.TB, dev device.Device) step {
		c, a, b := tensorOn(t, dev, device.Shape{m, n}), tensorOn(t, dev, device.Shape{m, k}, wave(m*k, 0.7)...), tensorOn(t, dev, device.Shape{n, k}, wave(n*k, 1)...)
		bias := tensorOn(t, dev, device.Shape{n}, wave(n, 2)...)
		return step{func() error { return kernels.GemmBias(c, a, b, bias, 0.2, kernels.NoTrans, kernels.Transp) }, []*device.Tensor{c}, []*device.Tensor{a, b, bias}}
	}}
}

// normWriters are passes by columns and in pieces, in one launch and in slices.
func normWriters() (cases []cudaCase) {
	batch, leaky := kernels.Norm{Kind: kernels.NormBatch}, kernels.Norm{Kind: kernels.NormInstance, Leaky: true, Slope: 0.3}
	for _, c := range []normCase{
		{"batch", device.Shape{3, 2, 5, 17}, batch, 0, false},
		{"batch in pieces", device.Shape{2, 5, 7, 128}, batch, 0, false},
		{"batch in slices", device.Shape{3, 27, 29, 3}, batch, 0, false},
		{"batch in pieces, in slices", device.Shape{3, 27, 29, 12}, batch, 0, false},
		{"batch in pieces, frozen", device.Shape{3, 9, 7, 16}, kernels.Norm{Kind: kernels.NormBatch, Frozen: true}, 0, false},
		{"instance", device.Shape{2, 3, 5, 18}, leaky, 0, false},
		{"instance in pieces, kept", device.Shape{3, 4, 4, 64}, leaky, 0, true},
		{"layer", device.Shape{3, 4, 4, 8}, kernels.Norm{Kind: kernels.NormLayer}, 128, false},
	} {
		for _, pass := range normPassesOf(c) {
			cases = append(cases, cudaCase{c.name + " " + pass.name, pass.build})
		}
	}
	return append(cases, cudaCase{"running", func(t testing.TB, dev device.Device) step {
		shape, stats := device.Shape{5, 33}, [7]*device.Tensor{}
		x, y := tensorOn(t, dev, shape, wave(shape.Len(), 2)...), tensorOn(t, dev, shape)
		for i := range stats {
			stats[i] = tensorOn(t, dev, device.Shape{33}, 0.3)
		}
		run := kernels.NormRunning{Mean: stats[3], Variance: stats[4], Count: tensorOn(t, dev, device.Shape{1}, 41), Momentum: 0.1, Scale: 1.01}
		return step{func() error {
			return errors.Join(kernels.NormForwardRunning(y, stats[0], stats[1], stats[2], x, nil, nil, 1e-5, run, batch), kernels.NormRoot(stats[5], stats[6], 1e-5))
		}, append(stats[:6], y, run.Count), []*device.Tensor{x, stats[6]}}
	}})
}

// TestOperandsOnGPU runs every operation on operands: what it has written is rounded, or has the copies that belong to it.
func TestOperandsOnGPU(t *testing.T) {
	for _, w := range writers {
		t.Run(w.names, func(t *testing.T) {
			for _, c := range w.cases {
				t.Run(c.name, func(t *testing.T) { operandsOf(t, c) })
			}
		})
	}
}

// TestOperandsOfTilingsOnGPU does so for every version of the products' kernels in float32; those of tensor cores are
// looked at in their own tests.
func TestOperandsOfTilingsOnGPU(t *testing.T) {
	eachTiling(t, func(t *testing.T, wide, narrow int) {
		for _, c := range append([]cudaCase{
			convShape{"to many channels", 1, 14, 13, narrow, wide, kernels.Square(4, 2, 1)}.passes(),
			convShape{"to few channels", 1, 13, 9, wide, narrow, kernels.Square(3, 2, 1)}.passes(),
		}, eachTrans(132, narrow, 36, 0)...) {
			t.Run(c.name, func(t *testing.T) { operandsOf(t, c) })
		}
	})
}

// TestOperandsOfLongTensorSumsOnGPU has a sum that is longer than a tensor core may add up, in one slice.
func TestOperandsOfLongTensorSumsOnGPU(t *testing.T) {
	kernels.OnlyTiling(t, "bf16_64x64", "tf32_64x64")
	kernels.FewProcessors(t, 1)
	operandsOf(t, gemmCase(132, 132, 2080, kernels.NoTrans, kernels.Transp, 0))
}

// TestOperandsAreRoundedOnGPU copies numbers in the middle of two, zeros, numbers too small and too large, and NaN.
func TestOperandsAreRoundedOnGPU(t *testing.T) {
	var values []float32
	for _, bits := range []uint32{
		0x3f808000, 0x3f808001, 0x3f818000, 0x3f817fff, 0xbf808000, 0x00000000, 0x80000000, 0x00008000, 0x00008001, 0x007fffff, 0x80018000,
		0x7f7f7fff, 0x7f7f8000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7f800001, 0xffbfffff, 0x7fffffff, 0xffc00000,
	} {
		values = append(values, math.Float32frombits(bits))
	}
	values = append(values, 0x1.001p0, 0x1.0010p0+0x1p-23, -0x1.003p0, 0x1.7fffp1) // and of two in TF32
	eachOperand(t, func(t *testing.T, dev *device.CUDA) {
		x, y := tensorOn(t, dev, device.Shape{len(values)}), tensorOn(t, dev, device.Shape{len(values)})
		require.NoError(t, x.CopyFrom(values))
		checkOperand(t, "uploaded", x)
		require.NoError(t, kernels.Copy(y, x))
		checkOperand(t, "copied", y)
	})
}

// inPlace has tensorOn make operands whose elements are rounded themselves in TF32.
var inPlace bool

// eachOperand runs a test with operands of every kind on every GPU.
func eachOperand(t *testing.T, test func(t *testing.T, dev *device.CUDA)) {
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		for _, kind := range []struct {
			device.Precision
			inPlace bool
		}{{device.BFloat16, false}, {device.TF32, false}, {device.TF32, true}} {
			inPrecision(t, dev, kind.Precision)
			inPlace = kind.inPlace
			test(t, dev)
		}
		inPlace = false
	})
}

// operandsOf runs a case; resultsOf looks at what is rounded of what it writes.
func operandsOf(t *testing.T, c cudaCase) {
	eachOperand(t, func(t *testing.T, dev *device.CUDA) { resultsOf(t, dev, c) })
}

// TestAllWritersAreKnown finds the package's exported operations in its source.
func TestAllWritersAreKnown(t *testing.T) {
	known := map[string]bool{"NewL2Norms": true, "FusesHead": true} // which only prepare and ask
	for _, w := range writers {
		for _, name := range strings.Fields(w.names) {
			known[name] = false
		}
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || !takesTensors(f) {
				continue
			}
			_, ok = known[f.Name.Name]
			assert.True(t, ok, "%s takes tensors: add a case of it to writers", f.Name.Name)
			known[f.Name.Name] = true
		}
	}
	for name, found := range known {
		assert.True(t, found, "there is no operation %s", name)
	}
}

// takesTensors reports whether a function has a tensor, or several, as argument, alone or in a Filling.
func takesTensors(f *ast.FuncDecl) (takes bool) {
	ast.Inspect(f.Type.Params, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		takes = takes || ok && (id.Name == "Tensor" || id.Name == "Filling")
		return true
	})
	return takes
}
