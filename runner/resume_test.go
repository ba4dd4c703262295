package runner_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runner"
	"ganlib/runs"
)

// TestCheck16Resume trains every preset for two epochs at once, and again with an interruption: in the
// middle of an epoch, by a kill between two checkpoints, and at the end of the first epoch. Every file
// must come out the same, but for times and rates.
func TestCheck16Resume(t *testing.T) {
	root := dataRoot(t)
	cases := map[string]config.Config{}
	for _, preset := range config.Presets() {
		cases[preset] = small(t, preset, root)
	}
	// A kill then leaves rows of steps that come after the newest checkpoint.
	for _, preset := range []string{"dcgan16", "mnist-mlp-bce", "toy-swissroll"} {
		c := cases[preset]
		c.LogEvery = config.EverySteps(1)
		cases[preset] = c
	}
	for _, preset := range []string{"mnist-mlp-wgangp", "mnist-mlp-bce", "dcgan16", "keras-wgan", "catfaces"} {
		cases[preset+" compat"] = compat(t, cases[preset])
	}
	for _, preset := range []string{"catfaces_1", "catfaces_2", "catfaces_3", "celeba"} { // networks as in catfaces
		c := cases[preset]
		c.CriticIterations = 1
		cases[preset] = c
	}
	for name, c := range cases {
		if race && name != "dcgan16" && name != "mnist-mlp-bce" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkResume(t, c)
		})
	}
}

func checkResume(t *testing.T, c config.Config) {
	kill := int64(5) // with LOG_EVERY 1, a row beyond the newest checkpoint has been written
	if c.LogEvery.Steps > 1 {
		kill = 2 // rows of the newest checkpoint's steps have not been asked for
	}
	place := t.TempDir()
	killed := filepath.Join(t.TempDir(), "train0")
	whole := train(t, runner.Options{Config: c, Root: place, Progress: func(p runner.Progress) {
		if p.Phase == runner.PhaseTrain && p.Done == kill {
			// A kill leaves the files as they are; the last complete state is in a checkpoint.
			copyLive(t, killed, filepath.Join(place, "train0"))
		}
	}}, 0)
	want := artefacts(t, whole)
	require.Greater(t, len(want), 8)

	check := func(name, stopped string, changes func(config.Config) (config.Config, error)) {
		assert.Equal(t, stopped, train(t, runner.Options{Resume: stopped, Changes: changes}, 0), name)
		got := artefacts(t, stopped)
		for file, content := range want {
			assert.Truef(t, got[file] == content, "%s: %s differs", name, file)
		}
		assert.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)), name)
	}
	stopped := train(t, runner.Options{Config: c, Root: t.TempDir()}, 2)
	check("stopped in mid-epoch", stopped, nil)
	assert.Equal(t, epochLines(t, whole), epochLines(t, stopped), "console")
	check("killed", killed, nil)
	if c.LRDecay != "none" { // the first epoch's rates depend on the number of epochs
		check("stopped after an epoch", train(t, runner.Options{Config: c, Root: t.TempDir()}, 3), nil)
		return
	}
	one := c
	one.NumEpochs = 1
	check("one epoch, then two", train(t, runner.Options{Config: one, Root: t.TempDir()}, 0), func(saved config.Config) (config.Config, error) {
		saved.NumEpochs = c.NumEpochs
		return saved, nil
	})
}

// artefacts returns what equal runs have in common: all files but the console and older checkpoints,
// tables without the columns of times and rates.
func artefacts(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := files(t, folder)
	run, err := runs.Open(folder)
	require.NoError(t, err)
	latest, err := run.Latest()
	require.NoError(t, err)
	name := "model/" + filepath.Base(latest.Path)
	all["newest checkpoint"] = name + all[name]
	maps.Copy(all, curves(t, folder))
	for file, content := range all {
		switch {
		case strings.HasPrefix(file, "model/"), file == "logs/console.log", file == ".lock", file == runs.ManifestFile, strings.Contains(file, "tfevents"):
			delete(all, file)
		case strings.HasPrefix(file, "logs/scalars"):
			lines := strings.Split(content, "\n")
			for i, line := range lines {
				fields := strings.Split(line, ",")
				lines[i] = strings.Join(fields[:max(len(fields)-2, 0)], ",")
			}
			all[file] = strings.Join(lines, "\n")
		}
	}
	return all
}

// epochLines returns the console's lines about epochs.
func epochLines(t *testing.T, folder string) []string {
	t.Helper()
	lines := strings.Split(files(t, folder)["logs/console.log"], "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "Epoch") })
}
