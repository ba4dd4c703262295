package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/work"
	"ganlib/kernels"
)

// memoryCases are operations that take memory beside their tensors: each of the ways in which passes
// are computed, of sizes at which that memory is larger than what tasks take.
var memoryCases = []struct {
	name  string
	build func(t testing.TB, dev device.Device) []func() error
}{
	{"k4 s2, many channels", func(t testing.TB, dev device.Device) []func() error {
		return convolve(t, dev, device.Shape{64, 16, 16, 128}, 256, kernels.Square(4, 2, 1))
	}},
	{"k4 s2, few channels", func(t testing.TB, dev device.Device) []func() error {
		return convolve(t, dev, device.Shape{16, 32, 32, 16}, 32, kernels.Square(4, 2, 1))
	}},
	{"k4 s2, colours", func(t testing.TB, dev device.Device) []func() error {
		return convolve(t, dev, device.Shape{16, 32, 32, 3}, 64, kernels.Square(4, 2, 1))
	}},
	{"k5 s2", func(t testing.TB, dev device.Device) []func() error {
		return convolve(t, dev, device.Shape{16, 14, 14, 64}, 128, kernels.Square(5, 2, 2))
	}},
	{"k5 s2, grey, few outputs", func(t testing.TB, dev device.Device) []func() error {
		return convolve(t, dev, device.Shape{16, 28, 28, 2}, 32, kernels.Square(5, 2, 2))
	}},
	{"whole image", func(t testing.TB, dev device.Device) []func() error {
		return convolve(t, dev, device.Shape{16, 4, 4, 512}, 200, kernels.Square(4, 1, 0))
	}},
}

// convolve returns the three passes of a convolution of x to o channels.
func convolve(t testing.TB, dev device.Device, x device.Shape, o int, g kernels.Window) []func() error {
	oh, ow := g.Out(x[1], x[2])
	images, outputs := tensorOn(t, dev, x), tensorOn(t, dev, device.Shape{x[0], oh, ow, o})
	w := tensorOn(t, dev, device.Shape{o, g.KernelH, g.KernelW, x[3]})
	return []func() error{
		func() error { return kernels.Conv2D(outputs, images, w, g) },
		func() error { return kernels.Conv2DInput(images, outputs, w, g) },
		func() error { return kernels.Conv2DWeight(w, images, outputs, g) },
	}
}

// TestPlanned compares the memory that operations take with the plan, pass by pass.
func TestPlanned(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		cpu := enginetest.CPU(t, e, 1)
		forTasks := device.NewMetaFor(cpu)
		for _, tiny := range convolve(t, forTasks, device.Shape{1, 1, 1, 1}, 1, kernels.Square(1, 1, 0)) {
			require.NoError(t, tiny())
		}
		tasks := kernels.Planned(forTasks)
		for _, c := range memoryCases {
			for i, run := range c.build(t, cpu) {
				meta := device.NewMetaFor(cpu)
				require.NoError(t, c.build(t, meta)[i]())
				planned := kernels.Planned(meta)
				work.Forget()
				before := work.Held()
				require.NoError(t, run())
				taken := work.Held() - before
				// Pieces are up to a quarter larger than what is used of them.
				assert.GreaterOrEqual(t, taken, planned-tasks, "%s, pass %d", c.name, i)
				assert.LessOrEqual(t, taken, (planned-tasks)*5/4+tasks, "%s, pass %d", c.name, i)
			}
		}
	})
	assert.Zero(t, kernels.Planned(device.NewMeta()))
}

// TestPlannedWeights holds weights: each pass keeps its layout of them, once.
func TestPlannedWeights(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		if e == device.EngineReference {
			t.Skip("the reference keeps nothing")
		}
		meta := device.NewMetaFor(enginetest.CPU(t, e, 1))
		a, b, c := tensorOn(t, meta, device.Shape{8, 64}), tensorOn(t, meta, device.Shape{1024, 64}), tensorOn(t, meta, device.Shape{8, 1024})
		linear := func() error { return kernels.Gemm(c, a, b, kernels.NoTrans, kernels.Transp, false) }
		backward := func() error { return kernels.Gemm(a, c, b, kernels.NoTrans, kernels.NoTrans, false) }
		w := tensorOn(t, meta, device.Shape{64, 4, 4, 64})
		x, y := tensorOn(t, meta, device.Shape{16, 16, 16, 64}), tensorOn(t, meta, device.Shape{16, 8, 8, 64})
		convolution := func() error { return kernels.Conv2D(y, x, w, kernels.Square(4, 2, 1)) }
		added := func(run func() error) int64 {
			t.Helper()
			before := kernels.Planned(meta)
			require.NoError(t, run())
			return kernels.Planned(meta) - before
		}
		assert.Positive(t, added(convolution), "weights that nobody holds are scratch memory")
		assert.Zero(t, added(convolution))
		w.Hold()
		assert.GreaterOrEqual(t, added(convolution), 4*int64(w.Len()))
		assert.Zero(t, added(convolution))
		b.Hold()
		assert.Zero(t, added(backward), "only a transposed matrix is kept packed")
		assert.Equal(t, 4*int64(b.Len()), added(linear))
		assert.Zero(t, added(linear))
	})
}
