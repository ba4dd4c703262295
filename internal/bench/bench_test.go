package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// quick are options for rounds of a few iterations of a small configuration.
func quick(t testing.TB, preset string, sets ...string) Options {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets})
	require.NoError(t, err)
	return Options{Config: c, Threads: 2, Rounds: 3, round: time.Millisecond}
}

func TestRun(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e device.Engine) {
		o := quick(t, "catfaces", "IMAGE_SIZE=16", "FEATURES_GEN=8", "FEATURES_CRITIC=8", "BATCH_SIZE=4")
		o.Engine = e.String()
		ticks := 0
		o.Progress = func(done, total int) {
			ticks++
			assert.Equal(t, [2]int{ticks, 11}, [2]int{done, total})
		}
		r, err := Run(t.Context(), o)
		require.NoError(t, err)
		assert.Equal(t, 11, ticks)
		assert.Equal(t, "catfaces", r.Preset)
		assert.ElementsMatch(t, []string{"IMAGE_SIZE=16", "FEATURES_GEN=8", "FEATURES_CRITIC=8", "BATCH_SIZE=4"}, r.Sets)
		assert.Equal(t, e.String(), r.Engine)
		assert.NotEmpty(t, r.CPU)
		assert.Equal(t, [3]int{2, 3, 4}, [3]int{r.Threads, r.Rounds, r.Batch})
		assert.Positive(t, r.Iterations)

		assert.Len(t, r.Milliseconds.All, 3)
		assert.Positive(t, r.Milliseconds.Min)
		assert.Equal(t, r.Milliseconds.Median, r.PerIteration)
		assert.Equal(t, (r.Peak.Before+r.Peak.After)/2, r.PeakGFLOPS)
		assert.InEpsilon(t, 1000*4*5/r.Milliseconds.Median, r.ImagesPerSecond, 1e-9)
		if device.Engines()[0] == device.EngineReference {
			assert.Equal(t, Peak{}, r.Peak)
			assert.Zero(t, r.PeakShare)
		} else {
			assert.Positive(t, r.Peak.Before)
			assert.Positive(t, r.Peak.After)
			assert.Positive(t, r.PeakShare)
			assert.Equal(t, peakISA(e).String(), r.Peak.ISA)
		}
		checkParts(t, r)
		checkLayers(t, r)
		require.Len(t, r.Sampling, 2)
		for i, n := range []int{1, 64} {
			s := r.Sampling[i]
			assert.Equal(t, n, s.Batch)
			assert.InEpsilon(t, 1000*float64(n)/s.Milliseconds.Median, s.ImagesPerSecond, 1e-9)
		}
	})
}

// checkParts checks that the parts are the whole.
func checkParts(t *testing.T, r *Report) {
	t.Helper()
	share, ms := 0.0, 0.0
	for i, p := range r.Parts {
		share, ms = share+p.Share, ms+p.Milliseconds
		if p.Op == "other" {
			assert.Equal(t, len(r.Parts)-1, i)
			assert.Less(t, p.Share, 0.5)
		} else if i > 0 {
			assert.LessOrEqual(t, p.Milliseconds, r.Parts[i-1].Milliseconds)
		}
		assert.GreaterOrEqual(t, p.Milliseconds, 0.0, p.Op)
	}
	assert.InDelta(t, 1, share, 1e-9)
	assert.Positive(t, ms)
}

// checkLayers checks that layers' products are the operations' products.
func checkLayers(t *testing.T, r *Report) {
	t.Helper()
	names := map[string]bool{}
	ms, calls, flops := map[string]float64{}, map[string]float64{}, 0.0
	for _, l := range r.Layers {
		names[l.Network+" "+l.Name] = true
		for _, p := range l.Passes {
			ms[p.Op], calls[p.Op] = ms[p.Op]+p.Milliseconds, calls[p.Op]+p.Calls
			flops += p.GFLOPS * p.Milliseconds / 1000
			assert.Equal(t, r.Peak.ISA != "", p.PeakShare > 0)
		}
	}
	assert.True(t, names["generator gen.0.0"] && names["critic disc.0"], "%v", names)
	assert.InEpsilon(t, r.GFLOP, flops, 1e-9)
	for _, p := range r.Parts {
		if product(p.Op) {
			assert.InEpsilon(t, p.Milliseconds, ms[p.Op], 1e-9)
			assert.InDelta(t, p.Calls, calls[p.Op], 1e-9)
		}
	}
}

// Points have no pixels, and linear layers no convolutions.
func TestRunOnPoints(t *testing.T) {
	r, err := Run(t.Context(), quick(t, "toy-8gaussians"))
	require.NoError(t, err)
	for _, p := range r.Parts {
		assert.False(t, strings.HasPrefix(p.Op, "conv2d"), p.Op)
	}
	assert.Empty(t, r.Sets)
	assert.Positive(t, r.GFLOP)
}

func TestRunErrors(t *testing.T) {
	o := quick(t, "toy-8gaussians")
	o.Rounds = 0
	_, err := Run(t.Context(), o)
	assert.ErrorContains(t, err, "bench: rounds 0")
	o.Rounds, o.Engine = 1, "sse"
	_, err = Run(t.Context(), o)
	assert.ErrorContains(t, err, `bench: device: engine "sse"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, quick(t, "toy-8gaussians"))
	assert.ErrorIs(t, err, context.Canceled)
	o = quick(t, "toy-8gaussians")
	o.Config.BatchSize = 0
	_, err = Run(t.Context(), o)
	assert.ErrorContains(t, err, "BATCH_SIZE")
}

func TestServe(t *testing.T) {
	b, err := Open(t.Context(), quick(t, "toy-8gaussians"))
	require.NoError(t, err)
	defer b.Close()
	ask, commands := io.Pipe()
	answers, tell := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- b.Serve(t.Context(), ask, tell) }()
	lines := bufio.NewScanner(answers)
	next := func(v any) {
		require.True(t, lines.Scan())
		require.NoError(t, json.Unmarshal(lines.Bytes(), v), lines.Text())
	}
	var ready Ready
	next(&ready)
	assert.Equal(t, Ready{"ganlib", b.cpu.Engine().String(), CPU(), 2, b.iterations}, ready)
	for _, command := range []string{"round", "sample 3", "peak"} {
		_, err := io.WriteString(commands, command+"\n")
		require.NoError(t, err)
		var a answer
		next(&a)
		if command == "peak" {
			assert.Equal(t, peakISA(b.cpu.Engine()) != simd.Go, a.GFLOPS > 0)
		} else {
			assert.Positive(t, a.Milliseconds, command)
		}
	}
	require.NoError(t, commands.Close())
	assert.NoError(t, <-done, "the end of the commands ends it")

	assert.ErrorContains(t, b.Serve(t.Context(), strings.NewReader("sample 0\n"), io.Discard), `command "sample 0": want round, sample N or peak`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, _ := io.Pipe()
	assert.ErrorIs(t, b.Serve(ctx, silent, io.Discard), context.Canceled)
}

func TestSpread(t *testing.T) {
	assert.Equal(t, Spread{Median: 2, Min: 1, Max: 5, All: []float64{5, 1, 2}}, spread([]float64{5, 1, 2}))
	assert.Equal(t, 3.0, spread([]float64{4, 2}).Median)
}

func TestCPU(t *testing.T) {
	assert.Equal(t, "Some CPU (family 6, model 207)", cpuIn("processor : 0\ncpu family\t: 6\nmodel\t: 207\nmodel name\t: Some CPU\n\nmodel name\t: Another\n"))
	assert.Equal(t, "Some CPU", cpuIn("model name : Some CPU"))
	assert.NotEmpty(t, cpuIn("nothing"))
	assert.NotEmpty(t, CPU())
}
