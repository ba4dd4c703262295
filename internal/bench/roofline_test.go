package bench

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
)

// onEmulator are options for one round of one iteration on the emulated GPU.
func onEmulator(t *testing.T, preset string, sets ...string) Options {
	enginetest.Emulated(t) // which has the test skipped where that is too slow
	o := quick(t, preset, sets...)
	o.Device, o.Rounds = "ptxsim", 1
	return o
}

// checkRoofline checks that kernels and rest are the iteration, that all are known, and that products are those that
// operations count.
func checkRoofline(t *testing.T, r *Report) {
	t.Helper()
	require.NotNil(t, r.Roofline)
	ms, launches, flops, products := r.Rest, 0.0, 0.0, map[string]float64{}
	for _, k := range r.Kernels {
		ms, launches = ms+k.Milliseconds, launches+k.Calls
		assert.GreaterOrEqual(t, k.Milliseconds, 0.0)
		assert.Positive(t, k.Bytes, k.Name)
		assert.NotEmpty(t, k.Bound, k.Name)
	}
	assert.InEpsilon(t, r.PerIteration, ms, 1e-9)
	assert.InEpsilon(t, r.Launches, launches, 1e-9)
	for _, p := range r.Products {
		flops += p.Flops
		products[p.Kernel] += p.Calls
		assert.InEpsilon(t, 2*p.Calls*float64(p.Count*p.M*p.N*p.K), p.Flops, 1e-9)
	}
	assert.InEpsilon(t, r.GFLOP, flops/1e9, 1e-9)
	for _, k := range r.Kernels {
		if calls, ok := products[k.Name]; ok {
			assert.InEpsilon(t, k.Calls, calls, 1e-9, k.Name)
		}
	}
}

func TestRunOnGPU(t *testing.T) {
	for name, o := range map[string]Options{
		"points": onEmulator(t, "toy-8gaussians", "BATCH_SIZE=4"),
		"images": onEmulator(t, "catfaces", "IMAGE_SIZE=16", "FEATURES_GEN=8", "FEATURES_CRITIC=8", "BATCH_SIZE=2", "CRITIC_ITERATIONS=1"),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Run(t.Context(), o)
			require.NoError(t, err)
			checkRoofline(t, r)
			text, err := json.Marshal(r)
			require.NoError(t, err)
			var fields map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(text, &fields))
			for _, key := range []string{"peaks", "launches", "rest_ms", "kernels", "products"} {
				assert.Contains(t, fields, key)
			}
		})
	}
}

// Two iterations of a kernel at two costs and one that is shorter than the events around it.
func TestRoofline(t *testing.T) {
	peaks := kernels.Peaks{Memory: 1000, Float32: 50, TF32: 200, BFloat16: 400, Launch: 2, Events: 3}
	product := device.Cost{Bytes: 6e6, Flops: 2 * 100 * 1000 * 1000, Precision: device.TF32, Count: 1, M: 100, N: 1000, K: 1000}
	small := device.Cost{Bytes: 1e6, Precision: device.TF32}
	times := []device.KernelTime{
		{Program: "p", Kernel: "long", Cost: product, Calls: 4, Time: 52 * time.Microsecond},
		{Program: "p", Kernel: "long", Cost: small, Calls: 2, Time: 16 * time.Microsecond},
		{Program: "q", Kernel: "short", Calls: 2, Time: 8 * time.Microsecond},
	}
	r := newRoofline(times, 2, 0.1, peaks)
	require.Len(t, r.Kernels, 2)
	long, short := r.Kernels[0], r.Kernels[1]
	assert.Equal(t, "long", long.Name)
	assert.InDelta(t, 3, long.Calls, 1e-12)
	assert.InDelta(t, 2*0.010+1*0.005, long.Milliseconds, 1e-12, "without 3 µs each")
	assert.InDelta(t, 0.034, long.Profiled, 1e-12)
	assert.InDelta(t, 13e6, long.Bytes, 1e-3)
	assert.InDelta(t, 13e6/25e-6/1e9, long.GBs, 1e-6)
	assert.Equal(t, "memory", long.Bound, "13 µs, and 2 of operations")
	assert.InDelta(t, 13.0/25, long.Share, 1e-9)
	assert.InDelta(t, 0.002, short.Milliseconds, 1e-12, "no less than a launch")
	assert.Equal(t, Load{}, short.Load, "its cost is not known")
	assert.InDelta(t, 0.1-0.027, r.Rest, 1e-12)
	assert.InDelta(t, 4, r.Launches, 1e-12)

	require.Len(t, r.Products, 1)
	p := r.Products[0]
	assert.Equal(t, [5]int{1, 100, 1000, 1000, 2}, [5]int{p.Count, p.M, p.N, p.K, int(p.Calls)})
	assert.Equal(t, "tf32", p.Precision)
	assert.InDelta(t, 20, p.TFLOPS, 1e-9)
	assert.Equal(t, "memory", p.Bound)
	peaks.Memory = 1e6
	assert.Equal(t, "tf32", newRoofline(times, 2, 0.1, peaks).Products[0].Bound)
	assert.InDelta(t, 0.1, newRoofline(times, 2, 0.1, peaks).Products[0].Share, 1e-9)
}

// TestModel compares a plan's launches with those that are made, in bfloat16 with copies of operands.
func TestModel(t *testing.T) {
	for precision, features := range map[device.Precision]string{device.Float32: "8", device.BFloat16: "64"} {
		t.Run(precision.String(), func(t *testing.T) {
			gpu := enginetest.Emulated(t)
			require.NoError(t, gpu.SetPrecision(precision))
			testModel(t, gpu, quick(t, "catfaces", "IMAGE_SIZE=16", "FEATURES_GEN="+features, "FEATURES_CRITIC="+features, "BATCH_SIZE=2", "CRITIC_ITERATIONS=1"))
		})
	}
}

func testModel(t *testing.T, gpu *device.CUDA, o Options) {
	planned, err := Model(gpu, o.Config)
	require.NoError(t, err)
	trainer, err := Trainer(gpu, o.Config)
	require.NoError(t, err)
	made, err := gpu.Profile(trainer.Step)
	require.NoError(t, err)
	for i := range made {
		made[i].Time = 0
	}
	assert.ElementsMatch(t, made, planned)
}
