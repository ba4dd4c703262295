package runner_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runner"
)

// TestLint begins runs with mistakes in their configuration.
func TestLint(t *testing.T) {
	data := dataRoot(t)
	with := func(change func(*config.Config)) config.Config {
		c := small(t, "catfaces_1", data)
		change(&c)
		return c
	}
	wrong := with(func(c *config.Config) { c.DataRange = config.RangeUnit })
	poor := with(func(c *config.Config) { c.Beta1 = 0.9 })

	root := t.TempDir()
	for _, mode := range []runner.LintMode{"", runner.RefuseMistakes} {
		_, err := runner.Open(t.Context(), runner.Options{Config: wrong, Root: root, Lint: mode})
		var refused *runner.MistakeError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, "data-range", refused.Findings[0].Rule)
		assert.ErrorContains(t, err, "error: data-range (DATA_RANGE 0..1): ")
		_, err = runner.MakePlan(t.Context(), runner.Options{Config: wrong, Root: root, Lint: mode})
		assert.ErrorAs(t, err, &refused)
	}
	assert.Empty(t, files(t, root), "nothing is written")

	start := func(c config.Config, mode runner.LintMode) (lines []string, folder string) {
		r, err := runner.Open(t.Context(), runner.Options{Config: c, Root: t.TempDir(), Lint: mode})
		require.NoError(t, err)
		require.NoError(t, r.Close())
		for _, line := range r.Start() {
			if strings.HasPrefix(line, "Lint: ") {
				lines = append(lines, line)
			}
		}
		return lines, r.Folder()
	}
	lines, folder := start(wrong, runner.WarnOfMistakes)
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], "error: data-range")
	assert.Contains(t, files(t, folder)["logs/console.log"], lines[0])
	lines, _ = start(poor, runner.RefuseMistakes)
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], "warning: penalty-momentum")
	lines, _ = start(wrong, runner.IgnoreMistakes)
	assert.Empty(t, lines)
	lines, _ = start(with(func(*config.Config) {}), "")
	assert.Empty(t, lines)
	lines, _ = start(with(func(c *config.Config) { c.BatchSize = images + 1 }), "")
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0], "data-below-batch")

	// A tutorial's errors are reproduced on purpose.
	lines, _ = start(compat(t, small(t, "mnist-mlp-wgangp", data)), "")
	assert.Len(t, lines, 5)
	for _, line := range lines {
		assert.Contains(t, line, "Lint: warning: ")
		assert.Contains(t, line, "asks for it")
	}

	p, err := runner.MakePlan(t.Context(), runner.Options{Config: poor})
	require.NoError(t, err)
	assert.Len(t, p.Mistakes, 1)

	// A run that goes on is not asked again.
	r, err := runner.Open(t.Context(), runner.Options{Resume: folder})
	require.NoError(t, err)
	require.NoError(t, r.Close())

	_, err = runner.Open(t.Context(), runner.Options{Config: poor, Root: root, Lint: "sometimes"})
	assert.ErrorContains(t, err, `lint "sometimes": want refuse, warn or off`)
}
