package kernels_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/device/driver/clockdriver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// clockGPU returns a GPU whose launches only take time.
func clockGPU(t testing.TB, memory int64, rule clockdriver.Rule) *device.CUDA {
	t.Helper()
	drv := clockdriver.New(ptxsim.New(ptxsim.Options{Memory: memory}), rule)
	drv.Idle = true
	dev, err := device.OpenCUDA(drv, 0)
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	return dev
}

// fakeGPU returns a GPU whose launches do nothing but tell of themselves.
func fakeGPU(t testing.TB, told func(kernel string, l *driver.Launch)) *device.CUDA {
	return clockGPU(t, 0, func(kernel string, l *driver.Launch) time.Duration {
		if told != nil {
			told(kernel, l)
		}
		return time.Microsecond
	})
}

func newTensor(t testing.TB, dev device.Device, dims ...int) *device.Tensor {
	t.Helper()
	var s device.Shape
	copy(s[:], dims)
	x, err := dev.New(s)
	require.NoError(t, err)
	return x
}

// tuneProduct measures a product of (64,4096) and (4096,128), whose estimate is nn_64x64 in 32 slices.
func tuneProduct(t *testing.T, ctx context.Context, dev *device.CUDA, tuning *kernels.Tuning, told func(kernels.Choice)) error {
	a, b, c := newTensor(t, dev, 64, 4096), newTensor(t, dev, 4096, 128), newTensor(t, dev, 64, 128)
	return tuning.Tune(ctx, dev, func() error { return kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false) }, told)
}

// taking is a rule by which entries take so many microseconds, and others usual. Sums of slices take none.
func taking(usual int, others map[string]func() int) clockdriver.Rule {
	return func(kernel string, _ *driver.Launch) time.Duration {
		took := usual
		if of, ok := others[kernel]; ok {
			took = of()
		} else if strings.HasPrefix(kernel, "gemm_sum") {
			took = 0
		}
		return time.Duration(took) * time.Microsecond
	}
}

func TestTuneTakesWhatIsClearlyFaster(t *testing.T) {
	always := func(n int) func() int { return func() int { return n } }
	calls := 0
	for name, test := range map[string]struct {
		rule clockdriver.Rule
		tile string
	}{
		"faster":          {taking(100, map[string]func() int{"gemm_any": always(50)}), "any"},
		"a little faster": {taking(100, map[string]func() int{"gemm_any": always(98)}), "nn_64x64"},
		"slower":          {taking(11, map[string]func() int{"gemm_nn_64x64": always(10)}), "nn_64x64"},
		"faster once": {taking(100, map[string]func() int{"gemm_any": func() int {
			if calls++; calls == 2 { // the first was not timed
				return 20
			}
			return 100
		}}), "nn_64x64"},
		"faster in three rounds of five": {taking(100, map[string]func() int{"gemm_any": func() int {
			if calls++; calls <= 4+3*14+3*7 { // to screen two ways, and seven in each round of them and of the best
				return 40
			}
			return 400
		}}), "nn_64x64"},
	} {
		t.Run(name, func(t *testing.T) {
			calls = 0
			var tuning kernels.Tuning
			var told []kernels.Choice
			require.NoError(t, tuneProduct(t, t.Context(), clockGPU(t, 0, test.rule), &tuning, func(c kernels.Choice) { told = append(told, c) }))
			require.Equal(t, tuning.Choices(), told)
			require.Len(t, told, 1)
			c := told[0]
			assert.Equal(t, kernels.Product{Kernel: "gemm_nn", Count: 1, M: 64, N: 128, K: 4096, Aligned: "abc", Precision: "float32"}, c.Product)
			assert.Equal(t, test.tile, c.Tile)
			assert.Equal(t, "nn_64x64", c.Default.Tile)
			assert.LessOrEqual(t, c.Seconds, c.Default.Seconds)
			assert.Positive(t, c.Seconds)
			assert.Len(t, c.Ways, 6)
		})
	}
}

// TestTuneEnds ends with its context and keeps what was measured before.
func TestTuneEnds(t *testing.T) {
	dev := fakeGPU(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var tuning kernels.Tuning
	a, b := newTensor(t, dev, 64, 64), newTensor(t, dev, 64, 64)
	err := tuning.Tune(ctx, dev, func() error {
		for _, tb := range []kernels.Trans{kernels.NoTrans, kernels.Transp} {
			if err := kernels.Gemm(newTensor(t, dev, 64, 64), a, b, kernels.NoTrans, tb, false); err != nil {
				return err
			}
		}
		return nil
	}, func(kernels.Choice) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "kernels: tuning: gemm_nt of 1×(64,64,64) in float32: context canceled")
	assert.Len(t, tuning.Choices(), 1)

	// It is over: nothing more is measured, and it can begin again.
	require.NoError(t, kernels.Gemm(newTensor(t, dev, 64, 64), a, b, kernels.NoTrans, kernels.Transp, false))
	assert.Len(t, tuning.Choices(), 1)
	require.NoError(t, tuning.Tune(t.Context(), dev, func() error {
		assert.ErrorContains(t, tuning.Tune(t.Context(), dev, nil, nil), "being tuned")
		return kernels.Gemm(newTensor(t, dev, 64, 64), a, b, kernels.NoTrans, kernels.Transp, false)
	}, nil))
	assert.Len(t, tuning.Choices(), 2)
}

// TestTuneMeasuresOnlyItsGPU leaves another GPU's products alone.
func TestTuneMeasuresOnlyItsGPU(t *testing.T) {
	dev, other := fakeGPU(t, nil), fakeGPU(t, nil)
	var tuning kernels.Tuning
	other.SetTuning(&tuning)
	a, b, c := newTensor(t, other, 64, 64), newTensor(t, other, 64, 64), newTensor(t, other, 64, 64)
	require.NoError(t, tuning.Tune(t.Context(), dev, func() error {
		return kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false)
	}, nil))
	assert.Empty(t, tuning.Choices())
}

// TestTuneWithoutMemory leaves ways out that there is no memory for.
func TestTuneWithoutMemory(t *testing.T) {
	kernels.FewProcessors(t, 1)
	ways := func(memory int64) int {
		dev := clockGPU(t, memory, taking(1, nil))
		a, b, c := newTensor(t, dev, 256, 1024), newTensor(t, dev, 1024, 128), newTensor(t, dev, 256, 128)
		var tuning kernels.Tuning
		require.NoError(t, tuning.Tune(t.Context(), dev, func() error { return kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, false) }, nil))
		require.Equal(t, 1, tuning.Choices()[0].Default.Slices)
		return len(tuning.Choices()[0].Ways)
	}
	assert.Equal(t, 4, ways(0))
	assert.Equal(t, 3, ways(2<<20), "those without slices")
}

// TestTuneComputes has a product that is measured come out as one that is not, also if it is added.
func TestTuneComputes(t *testing.T) {
	kernels.FewProcessors(t, 4)
	enginetest.EachGPU(t, func(t *testing.T, dev *device.CUDA) {
		t.Cleanup(func() { dev.SetTuning(nil) })
		a, b := newTensor(t, dev, 32, 300), newTensor(t, dev, 300, 36)
		for i, x := range []*device.Tensor{a, b} {
			values := make([]float32, x.Len())
			for j := range values {
				values[j] = float32((7*j+i)%13) - 6 // sums of whole numbers are the same in any order
			}
			require.NoError(t, x.CopyFrom(values))
		}
		for _, add := range []bool{false, true} {
			c := newTensor(t, dev, 32, 36)
			product := func() error { return kernels.Gemm(c, a, b, kernels.NoTrans, kernels.NoTrans, add) }
			results := func() []float32 {
				require.NoError(t, kernels.Fill(c, 3))
				require.NoError(t, product())
				values := make([]float32, c.Len())
				require.NoError(t, c.CopyTo(values))
				return values
			}
			dev.SetTuning(nil)
			want := results()
			var tuning kernels.Tuning
			var have []float32
			require.NoError(t, tuning.Tune(t.Context(), dev, func() error { have = results(); return nil }, nil))
			assert.Equal(t, want, have, "add %v", add)
			require.Len(t, tuning.Choices(), 1)
			assert.Equal(t, want, results(), "as it was chosen")
		}
	})
}

// TestTuneRepeatsNothing measures launch by launch, and leaves graphs on.
func TestTuneRepeatsNothing(t *testing.T) {
	var launches atomic.Int64
	dev := fakeGPU(t, func(kernel string, _ *driver.Launch) {
		if strings.HasPrefix(kernel, "gemm") {
			launches.Add(1)
		}
	})
	var tuning kernels.Tuning
	require.NoError(t, tuning.Tune(t.Context(), dev, func() error {
		assert.False(t, dev.SetGraphs(false))
		return nil
	}, nil))
	assert.True(t, dev.SetGraphs(true))
	assert.Same(t, &tuning, dev.Tuning())
}
