package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/replay"
	"ganlib/tuning"
)

// small are the flags of a configuration that an emulated GPU trains in bearable time.
func small(command string, more ...string) []string {
	return append([]string{command, "--preset", "dcgan16", "--device", "ptxsim", "--set", "BATCH_SIZE=4", "--set", "FEATURES_GEN=4", "--set", "FEATURES_CRITIC=4"}, more...)
}

// tables is a new folder for tables.
func tables(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "tables")
	t.Setenv(tuning.Variable, folder)
	return folder
}

func TestTune(t *testing.T) {
	enginetest.Emulated(t)
	t.Chdir(t.TempDir())
	folder := tables(t)
	o := succeed(t, small("tune")...)
	assert.Regexp(t, `(?m)^KERNEL +COUNT +M +N +K +DEFAULT +µS +TUNED +µS +TFLOP/S +GAIN$`, o.out)
	assert.Regexp(t, `(?m)^conv2d_weight +1 +\d+ +\d+ +\d+ +\w+ in \d+ +[0-9.]+ +\w+ in \d+ +[0-9.]+ +[0-9.]+`, o.out)
	assert.Regexp(t, `Measured \d+ products on ptxsim sm_80 with CUDA [0-9.]+ and kernels [0-9a-f]{12}, saved in `+folder, o.errout)
	files, err := filepath.Glob(filepath.Join(folder, "ptxsim-*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	before, err := os.ReadFile(files[0])
	require.NoError(t, err)

	o = succeed(t, small("tune", "--json")...)
	assert.Empty(t, o.errout, "all is known")
	var list []kernels.Choice
	require.NoError(t, json.Unmarshal([]byte(o.out), &list))
	require.NotEmpty(t, list)
	assert.Empty(t, list[0].Ways)
	assert.Positive(t, list[0].Default.Seconds)
	after, err := os.ReadFile(files[0])
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	require.NoError(t, os.WriteFile(files[0], before[:100], 0o666))
	o = succeed(t, small("tune", "--all")...)
	assert.Contains(t, o.errout, "Warning: tuning: "+files[0]+": not a table of tuned products")
	assert.Contains(t, o.errout, "saved in")
	assert.Regexp(t, `(?m)^ {40,}any in 1 +[0-9.]+ +[0-9.]+`, o.out)
}

// TestTuneInterrupted saves nothing where nothing was measured, and says that it was interrupted.
func TestTuneInterrupted(t *testing.T) {
	folder := tables(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, exitInterrupted, runContext(t, ctx, small("tune")...).code)
	assert.NoDirExists(t, folder)
}

// TestTuneInterruptedLater saves and prints what was measured before.
func TestTuneInterruptedLater(t *testing.T) {
	enginetest.Emulated(t)
	folder := tables(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := countdown{ctx, cancel, new(atomic.Int64)}
	c.left.Store(60) // some products' rounds
	o := runContext(t, c, small("tune")...)
	assert.Equal(t, exitInterrupted, o.code)
	assert.Regexp(t, `Measured \d+ products? on ptxsim`, o.errout)
	assert.Regexp(t, `(?m)^\w+ +\d+ +\d+ +\d+ +\d+ `, o.out)
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	assert.Contains(t, succeed(t, small("tune")...).errout, "Measured", "the others")
}

func TestTuneErrors(t *testing.T) {
	enginetest.Emulated(t)
	tables(t)
	o := run(t, "tune", "--device", "cpu", "--preset", "toy-8gaussians")
	assert.Equal(t, exitFailure, o.code)
	assert.Equal(t, "catfaces: tune: the CPU computes a product in one way, so that there is nothing to measure; --device cuda takes a GPU\n", o.errout)
	assert.Equal(t, exitUsage, run(t, small("tune", "--precision", "half")...).code)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	t.Setenv(tuning.Variable, file)
	o = run(t, "tune", "--device", "ptxsim", "--preset", "toy-8gaussians", "--set", "BATCH_SIZE=4")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "tuning: "+file)
	assert.Contains(t, o.out, "gemm_nt", "what was measured is printed all the same")
}

// TestTuned uses a table where there is one, and says where there is none.
func TestTuned(t *testing.T) {
	enginetest.Emulated(t)
	t.Chdir(t.TempDir())
	tables(t)
	train := small("train", "--tuned", "--steps", "2", "--set", "DATA_SIZE=8", "--set", "CHECKPOINT_EVERY=1", "--precision", "tf32")
	o := succeed(t, train...)
	assert.Contains(t, o.errout, "Tuning: nothing has been measured of this configuration's products on this GPU; ganlib tune does it")
	o = succeed(t, small("train", "--tuned", "--dry-run", "--set", "DATA_SIZE=8")...)
	assert.Regexp(t, `(?m)^tuning +nothing has been measured`, o.out)
	sample := []string{"sample", "--path", "trains/train0", "--device", "ptxsim", "--n", "1", "--tuned"}
	assert.Contains(t, succeed(t, sample...).errout, "--tuned: nothing has been measured of ptxsim (")

	o = succeed(t, small("bench", "--tuned", "--rounds", "1")...)
	assert.Regexp(t, `Measured \d+ products`, o.errout)
	assert.NotContains(t, succeed(t, small("bench", "--tuned", "--rounds", "1")...).errout, "Measured")
	assert.NotContains(t, succeed(t, sample...).errout, "nothing has been measured")

	// verify takes the run's precision by itself, but for a CPU, which has float32 only.
	assert.Equal(t, replay.Same, facts[replay.Report](t, "verify", "trains/train0").State)
	o = run(t, "verify", "trains/train0", "--device", "cpu")
	assert.NotContains(t, o.out, "no step can be made again")
	assert.Equal(t, exitUsage, run(t, "verify", "trains/train0", "--precision", "").code)

	for _, args := range [][]string{
		{"sample", "--path", "trains/train0", "--n", "1", "--tuned"}, {"bench", "--preset", "toy-8gaussians", "--rounds", "1", "--tuned"},
	} {
		assert.Contains(t, succeed(t, args...).errout, "--tuned: the CPU computes a product in one way")
	}
}

// TestTuneWarns tells of ways whose results are wrong.
func TestTuneWarns(t *testing.T) {
	way := kernels.Way{Tile: "64x64", Slices: 1, Seconds: 1e-5}
	c := kernels.Choice{
		Product: kernels.Product{Kernel: "gemm_nn", Count: 1, M: 2, N: 3, K: 4, Precision: "bf16"}, Way: way, Default: way,
		Ways: []kernels.Way{way, {Tile: "odd", Slices: 2, Wrong: "its result is nothing"}},
	}
	var out strings.Builder
	require.NoError(t, writeTuning(&out, []kernels.Choice{c}))
	assert.NotRegexp(t, `(?m)^ +odd in 2`, out.String())
	assert.Contains(t, out.String(), "\nWarning: gemm_nn of 1×(2,3,4) in bf16: odd in 2 is left out: its result is nothing\n")
}
