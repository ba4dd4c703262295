package runner

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/kernels"
	"ganlib/manifest"
	"ganlib/runs"
	"ganlib/tuning"
)

// tabled writes a table in which every product of a configuration is computed in a way other than is estimated, where
// there is one, in a folder of its own, and returns the table's file.
func tabled(t *testing.T, c config.Config) (file string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv(tuning.Variable, folder)
	p, err := prepare(Options{Config: c}.withDefaults(), c)
	require.NoError(t, err)
	defer p.dev.Close()
	require.NotEmpty(t, p.products)
	var choices []kernels.Choice
	for _, of := range p.products {
		choices = append(choices, other(t, of))
	}
	choices = append(choices, foreignProduct)
	card := tuning.CardOf(p.dev.(*device.CUDA))
	require.NoError(t, tuning.Save(folder, card, choices))
	return filepath.Join(folder, card.File())
}

// foreignProduct is in the tables and in no run.
var foreignProduct = kernels.Choice{
	Product: kernels.Product{Kernel: "gemm_nn", Count: 1, M: 640, N: 640, K: 640, Aligned: "abc", Precision: "float32"},
	Way:     kernels.Way{Tile: "any", Slices: 1},
}

// other returns the choice of most slices for a product that is not the estimate, or if there is none the estimate.
func other(t *testing.T, p kernels.Product) kernels.Choice {
	t.Helper()
	operands := ""
	if strings.HasPrefix(p.Kernel, "gemm_") {
		operands = strings.TrimPrefix(p.Kernel, "gemm_") + "_"
	}
	var found kernels.Choice
	other := false
	for _, tile := range []string{"any", "tall", operands + "64x64", operands + "128x128"} {
		for slices := range 64 {
			var one kernels.Tuning
			c := kernels.Choice{Product: p, Way: kernels.Way{Tile: tile, Slices: slices, Seconds: 1}}
			if one.Add(c) != nil {
				continue
			}
			if deviates := len(one.Deviations()) > 0; found.Slices == 0 || deviates && (!other || slices > found.Slices) {
				found, other = c, deviates
			}
		}
	}
	require.NotEmpty(t, found)
	return found
}

// trained trains a run to a step and returns its folder and its first lines.
func trained(t *testing.T, o Options, steps int64) (folder, start string) {
	t.Helper()
	o.Steps = steps
	r, err := Open(t.Context(), o)
	require.NoError(t, err)
	start = strings.Join(r.Start(), "\n")
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	return r.Folder(), start
}

func stretches(t *testing.T, folder string) []manifest.Stretch {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, runs.ManifestFile))
	require.NoError(t, err)
	m, err := manifest.Decode(text)
	require.NoError(t, err)
	return m.Stretches
}

// TestTuned trains with a table, which the manifest then tells of, and goes on from a checkpoint as if it had not
// stopped, though the table is another by then.
func TestTuned(t *testing.T) {
	enginetest.Emulated(t)
	c := gpuRun(t)
	file := tabled(t, c)
	plain, start := trained(t, Options{Config: c, Root: t.TempDir()}, 4)
	assert.NotContains(t, start, "Tuning")
	assert.Empty(t, stretches(t, plain)[0].Machine.Tuning, "off unless it is asked for")

	tuned := Options{Config: c, Root: t.TempDir(), Tuned: true}
	whole, start := trained(t, tuned, 4)
	assert.Regexp(t, `Tuning: \d+ of \d+ kinds of products are computed in another way than is estimated \([0-9a-f]{12}\)\n`, start)
	used := stretches(t, whole)[0].Machine.Tuning
	require.NotEmpty(t, used)
	assert.Zero(t, used[0].Seconds, "only what matters to results")
	assert.NotContains(t, used, foreignProduct)
	_, without := newest(t, plain)
	name, want := newest(t, whole)
	assert.False(t, bytes.Equal(without, want), "other ways round otherwise")

	half := stopped(t, tuned, 2)
	require.NoError(t, os.Remove(file))
	_, start = trained(t, Options{Resume: half, Tuned: true}, 4)
	assert.NotContains(t, start, "Warning")
	assert.Regexp(t, `Tuning: \d+ of`, start)
	have, again := newest(t, half)
	assert.Equal(t, name, have)
	assert.True(t, bytes.Equal(want, again), "bit for bit")
	assert.Len(t, stretches(t, half), 1, "nothing has changed")
}

// stopped trains a run of four steps and stops it after a step.
func stopped(t *testing.T, o Options, after int64) (folder string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	o.Steps = 4
	o.Progress = func(p Progress) {
		if p.Phase == PhaseTrain && p.Done == after {
			cancel()
		}
	}
	r, err := Open(ctx, o)
	require.NoError(t, err)
	require.ErrorIs(t, r.Run(ctx), context.Canceled)
	require.NoError(t, r.Close())
	return r.Folder()
}

// TestResumeOtherwiseTuned is told, and noted in the manifest.
func TestResumeOtherwiseTuned(t *testing.T) {
	enginetest.Emulated(t)
	c := gpuRun(t)
	tabled(t, c)
	tuned := stopped(t, Options{Config: c, Root: t.TempDir(), Tuned: true}, 2)
	_, start := trained(t, Options{Resume: tuned}, 4)
	assert.Regexp(t, `Warning: products were computed by the tuning [0-9a-f]{12} until now, and are as is estimated from here on: .* goes on as it was, with --tuned`, start)
	both := stretches(t, tuned)
	require.Len(t, both, 2)
	assert.NotEmpty(t, both[0].Machine.Tuning)
	assert.Empty(t, both[1].Machine.Tuning)
	same, why := both[0].Machine.SameBytes(both[1].Machine)
	assert.False(t, same)
	assert.Regexp(t, `^tuning "[0-9a-f]{12}", here ""$`, why)

	plain := stopped(t, Options{Config: c, Root: t.TempDir()}, 2)
	_, start = trained(t, Options{Resume: plain, Tuned: true}, 4)
	assert.Regexp(t, `Warning: products were computed as is estimated until now, and are by the tuning [0-9a-f]{12} from here on: .* as it was\n`, start)
	assert.Len(t, stretches(t, plain), 2)
}

// TestTunedPlan plans the scratch memory of the slices in use, and says what is known.
func TestTunedPlan(t *testing.T) {
	enginetest.Emulated(t)
	c := gpuRun(t)
	c.FeaturesGen, c.FeaturesCritic = 256, 256 // slices that are more than the least scratch memory
	t.Setenv(tuning.Variable, t.TempDir())
	plan, err := MakePlan(t.Context(), Options{Config: c, Tuned: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"Tuning: nothing has been measured of this configuration's products on this GPU; ganlib tune does it"}, plan.Tuning)

	file := tabled(t, c)
	plan, err = MakePlan(t.Context(), Options{Config: c, Tuned: true})
	require.NoError(t, err)
	require.Len(t, plan.Tuning, 1)
	assert.Regexp(t, `^Tuning: \d+ of \d+ kinds`, plan.Tuning[0])
	plain, err := MakePlan(t.Context(), Options{Config: c})
	require.NoError(t, err)
	assert.Empty(t, plain.Tuning)
	assert.NotEqual(t, plain.KernelBytes, plan.KernelBytes)

	require.NoError(t, os.WriteFile(file, []byte("{"), 0o666))
	plan, err = MakePlan(t.Context(), Options{Config: c, Tuned: true})
	require.NoError(t, err)
	require.Len(t, plan.Tuning, 2)
	assert.Contains(t, plan.Tuning[0], "Warning: tuning: "+file+": not a table of tuned products that can be used: unexpected end of JSON input; it is left out")
	assert.Equal(t, plain.KernelBytes, plan.KernelBytes)

	c.Device = "cpu"
	plan, err = MakePlan(t.Context(), Options{Config: c, Tuned: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"Tuning: none, since the CPU computes a product in one way"}, plan.Tuning)
}

// TestHostileManifest has a run's manifest ask for slices that no product has.
func TestHostileManifest(t *testing.T) {
	enginetest.Emulated(t)
	c := gpuRun(t)
	p := kernels.Product{Kernel: "gemm_nn", Count: 1, M: 4, N: 64, K: 4, Aligned: "abc", Precision: "float32"}
	plan, err := MakePlan(t.Context(), Options{Config: c, Tuning: []kernels.Choice{{Product: p, Way: kernels.Way{Tile: "any", Slices: 1 << 30}}}})
	require.NoError(t, err)
	assert.Contains(t, strings.Join(plan.Tuning, "\n"), "there is no way to do it with any in 1073741824 slices; it is left out")
}
