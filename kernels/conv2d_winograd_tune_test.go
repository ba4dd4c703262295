package kernels_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver/clockdriver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// TestWinogradTuned has passes of a convolution measured, computed as was chosen, and planned with the points' memory.
func TestWinogradTuned(t *testing.T) {
	const n, h, c, o = 64, 8, 128, 512
	const x, w, y = n * h * h * c, 16 * c * o, n * h * h / 4 * o
	g := kernels.Square(4, 2, 1)
	for _, test := range []struct {
		product  kernels.Product
		pass     func(x, w, y *device.Tensor) error
		operands int64
		points   kernels.Product // nine of these
		results  int64           // bytes and operations, for each number of the result
	}{
		{
			kernels.Product{Kernel: "conv2d_forward", Count: 1, M: n * h * h / 4, N: o, K: 16 * c, Aligned: "abck", Tiles: n * h * h / 16, Precision: "float32"},
			func(x, w, y *device.Tensor) error { return kernels.Conv2D(y, x, w, g) },
			x + w, kernels.Product{M: n * h * h / 16, N: o, K: 4 * c}, 1,
		},
		{
			kernels.Product{Kernel: "conv2d_weight", Count: 1, M: o, N: 16 * c, K: n * h * h / 4, Aligned: "abc", Tiles: n * h * h / 16, Precision: "float32"},
			func(x, w, y *device.Tensor) error { return kernels.Conv2DWeight(w, x, y, g) },
			x + y, kernels.Product{M: o, N: 4 * c, K: n * h * h / 16}, 2, // it adds them
		},
	} {
		t.Run(test.product.Kernel, func(t *testing.T) {
			points, results := test.product.Kernel+"_"+winograd, test.product.Kernel+"_winograd_results"
			dev := clockGPU(t, 0, taking(100, map[string]func() int{points: func() int { return 40 }, results: func() int { return 10 }}))
			pass := func(dev device.Device) func() error {
				y, x, w := newTensor(t, dev, n, h/2, h/2, o), newTensor(t, dev, n, h, h, c), newTensor(t, dev, o, 4, 4, c)
				return func() error { return test.pass(x, w, y) }
			}
			var tuning kernels.Tuning
			require.NoError(t, tuning.Tune(t.Context(), dev, pass(dev), nil))
			require.Len(t, tuning.Choices(), 1)
			choice := tuning.Choices()[0]
			assert.Equal(t, winograd, choice.Tile)
			assert.NotEqual(t, winograd, choice.Default.Tile)
			assert.Equal(t, test.product, choice.Product)

			dev.SetTuning(&tuning)
			meta := device.NewMetaFor(dev)
			require.NoError(t, pass(meta)())
			p := test.points
			numbers, all := int64(9*p.M*p.N), int64(9*p.M*p.N*choice.Slices)
			assert.GreaterOrEqual(t, kernels.Planned(meta), 4*all)
			times, err := dev.Profile(pass(dev))
			require.NoError(t, err)
			costs := map[string]device.Cost{}
			for _, k := range times {
				costs[k.Kernel] = k.Cost
			}
			result := int64(test.product.M * test.product.N)
			assert.Equal(t, map[string]device.Cost{
				points:  {Bytes: 4 * (test.operands + all), Flops: 2 * numbers * int64(p.K), Count: 9, M: p.M, N: p.N, K: p.K},
				results: {Bytes: 4 * (all + test.results*result), Flops: all + (2+test.results)*result},
			}, costs)
		})
	}
}

// TestTuneChecksWinograd has the tuner take Winograd's algorithm towards the weights where it is fast, but not if its result
// is wrong, and the gradient added once to what was there.
func TestTuneChecksWinograd(t *testing.T) {
	enginetest.Emulated(t) // or this is no place for it
	s := convShape{"", 3, 14, 15, 16, 24, kernels.Square(4, 2, 1)}
	gradient := cudaCase{"", func(t testing.TB, dev device.Device) step {
		oh, ow := s.g.Out(s.h, s.w)
		xs, ys, ws := device.Shape{s.n, s.h, s.w, s.c}, device.Shape{s.n, oh, ow, s.o}, device.Shape{s.o, 4, 4, s.c}
		x, dy, dw := tensorOn(t, dev, xs, wave(xs.Len(), 1)...), tensorOn(t, dev, ys, wave(ys.Len(), 1)...), tensorOn(t, dev, ws, wave(ws.Len(), 3)...)
		return step{func() error { return kernels.Conv2DWeight(dw, x, dy, s.g) }, []*device.Tensor{dw}, []*device.Tensor{x, dy}}
	}}
	want := resultsOf(t, device.NewCPU64(1), gradient)[0]
	for name, wrong := range map[string]bool{"right": false, "wrong": true} {
		t.Run(name, func(t *testing.T) {
			if wrong {
				ptx := kernels.WinogradPTX()
				changed := strings.ReplaceAll(ptx, "sub.f32", "add.f32")
				require.NotEqual(t, ptx, changed)
				kernels.UseWinograd(t, changed)
			}
			drv := clockdriver.New(ptxsim.New(ptxsim.Options{}), taking(100, map[string]func() int{
				"conv2d_weight_" + winograd: func() int { return 10 }, "conv2d_weight_winograd_results": func() int { return 1 },
			}))
			dev, err := device.OpenCUDA(drv, 0)
			require.NoError(t, err)
			defer dev.Close()
			work := gradient.build(t, dev)
			var tuning kernels.Tuning
			require.NoError(t, tuning.Tune(t.Context(), dev, work.run, nil))
			require.Len(t, tuning.Choices(), 1)
			c := tuning.Choices()[0]
			assert.Equal(t, !wrong, c.Tile == winograd, "%+v", c)
			tried := 0
			for _, way := range c.Ways {
				if way.Tile == winograd {
					assert.Equal(t, wrong, way.Wrong != "", "%+v", way)
					tried++
				}
			}
			assert.Positive(t, tried)
			assert.LessOrEqual(t, distance(valuesOf(work.results[0]), want), fromWide)
		})
	}
}
