package bench

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/device/driver/clockdriver"
	"ganlib/device/ptxsim"
	"ganlib/kernels"
)

// onClock are options for a GPU whose launches take time and do nothing: as much as they have blocks.
func onClock(t *testing.T, preset, precision string, sets ...string) Options {
	t.Helper()
	o := quick(t, preset, sets...)
	o.Precision = precision
	o.open = func(d device.Options) (device.Device, error) {
		drv := clockdriver.New(ptxsim.New(ptxsim.Options{}), func(_ string, l *driver.Launch) time.Duration {
			return time.Duration(l.Grid[0]) * time.Microsecond
		})
		drv.Idle = true
		dev, err := device.OpenCUDA(drv, 0)
		if err != nil {
			return nil, err
		}
		p, err := device.ParsePrecision(d.Precision)
		if err != nil {
			return nil, err
		}
		return dev, dev.SetPrecision(p)
	}
	return o
}

// TestTune measures all that was planned and nothing else, in every system.
func TestTune(t *testing.T) {
	for _, test := range []struct {
		preset, precision string
		sets              []string
	}{
		{"catfaces", "tf32", []string{"FEATURES_GEN=16", "FEATURES_CRITIC=16", "BATCH_SIZE=8"}},
		{"dcgan16", "bf16", []string{"BATCH_SIZE=8"}}, {"mnist-mlp-wgangp", "tf32", nil}, {"keras-wgan", "float32", []string{"BATCH_SIZE=8"}}, {"toy-8gaussians", "tf32", nil},
	} {
		t.Run(test.preset, func(t *testing.T) {
			o := onClock(t, test.preset, test.precision, test.sets...)
			ticks := 0
			tuned, err := Tune(t.Context(), o, false, func(done, total int) {
				ticks++
				assert.Equal(t, ticks, done)
				assert.LessOrEqual(t, done, total)
			})
			require.NoError(t, err)
			assert.Len(t, tuned.Measured, ticks)
			assert.Len(t, tuned.Choices, ticks)
			for _, c := range tuned.Measured {
				assert.Equal(t, test.precision, c.Precision)
				assert.NotEmpty(t, c.Ways)
			}
			var planned []kernels.Product
			known := new(kernels.Tuning)
			require.NoError(t, known.Add(tuned.Choices...))
			o.Tuning = func(gpu *device.CUDA) *kernels.Tuning { return known }
			b, err := o.make(func(b *Bench) error { planned = b.products; return nil })
			require.NoError(t, err)
			assert.Equal(t, len(known.Deviations()), b.deviations())
			require.NoError(t, b.Close())
			assert.Len(t, planned, ticks, "what is measured is what was planned")
			assert.Empty(t, known.Missing(planned))

			again, err := Tune(t.Context(), o, false, nil)
			require.NoError(t, err)
			assert.Empty(t, again.Measured, "all is known")
			assert.Equal(t, known.Choices(), again.Choices)
			again, err = Tune(t.Context(), o, true, nil)
			require.NoError(t, err)
			assert.Len(t, again.Measured, ticks)
		})
	}
}

// TestTuneStops keeps what was measured before.
func TestTuneStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	tuned, err := Tune(ctx, onClock(t, "dcgan16", "tf32", "BATCH_SIZE=8"), false, func(done, _ int) {
		if done == 2 {
			stop()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, tuned.Measured, 2)
	assert.Len(t, tuned.Choices, 2)
}

func TestTuneNeedsGPU(t *testing.T) {
	_, err := Tune(t.Context(), quick(t, "toy-8gaussians"), false, nil)
	require.ErrorIs(t, err, ErrNoGPU)
	assert.ErrorContains(t, err, "bench: cpu (")
}
