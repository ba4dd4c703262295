package cli

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBench(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"bench", "--preset", "dcgan16", "--set", "BATCH_SIZE=4", "--set", "FEATURES_GEN=8", "--threads", "2", "--rounds", "1", "--engine", "reference"}
	o := succeed(t, args...)
	for _, want := range []string{
		`(?m)^preset +dcgan16 BATCH_SIZE=4 FEATURES_GEN=8$`, `(?m)^device +cpu \(reference engine, 2 threads\), `,
		`(?m)^iteration +\S+ ms \(\S+ ms to \S+ ms, 1 round of \d+\), \S+ images/s$`, `(?m)^sampling by 64 `, `(?m)^memory +\S+ MB planned`,
		`(?m)^conv2d weight +\S+ +\S+ +\S+ % +\S+$`, `(?m)^other `, `(?m)^critic +\S+ +Conv2D.* conv2d +`,
	} {
		assert.Regexp(t, want, o.out)
	}

	o = succeed(t, append(args, "--json")...)
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(o.out), &r))
	for _, key := range []string{
		"preset", "sets", "engine", "cpu", "threads", "rounds", "iterations_per_round", "batch", "peak", "ms",
		"images_per_s", "gflop", "parts", "layers", "sampling", "memory",
	} {
		assert.Contains(t, r, key)
	}
	assert.Equal(t, "reference", r["engine"])
	for _, key := range []string{"median", "min", "max", "all"} {
		assert.Contains(t, r["ms"], key)
	}
	assert.Equal(t, r["ms"].(map[string]any)["median"], r["ms_per_iteration"])
	assert.IsType(t, 0.0, r["peak_gflops"])
}

func TestBenchErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--rounds", "0"}, exitUsage, "--rounds 0: want at least 1"},
		{[]string{"--threads", "-1"}, exitUsage, "--threads -1"},
		{[]string{"--engine", "sse"}, exitUsage, "--engine sse: want auto, avx512, avx2 or reference"},
		{[]string{"--preset", "catface"}, exitFailure, "did you mean catfaces?"},
		{[]string{"--preset", "keras-wgan", "--set", "BATCH_SIZE=1"}, exitFailure, "want at least 2"},
	} {
		o := run(t, append([]string{"bench"}, c.args...)...)
		assert.Equal(t, c.code, o.code, c.args)
		assert.Contains(t, o.errout, c.want)
		assert.Empty(t, o.out)
	}
	// Tests have nothing on standard input.
	assert.Contains(t, succeed(t, "bench", "--preset", "toy-8gaussians", "--on-demand").out, `{"program":"ganlib","engine":`)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.Equal(t, exitInterrupted, runContext(t, ctx, "bench", "--preset", "toy-8gaussians").code)
}
