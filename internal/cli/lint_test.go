package cli

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/lint"
	"ganlib/watchdog"
)

func TestLint(t *testing.T) {
	t.Chdir(t.TempDir())
	assert.Equal(t, "No mistakes were found.\n", succeed(t, "lint").out)
	assert.Equal(t, "No mistakes were found.\n", succeed(t, "lint", "--preset", "keras-wgan").out)

	o := succeed(t, "lint", "--preset", "catfaces", "--set", "GEN_NOISE=reuse-fake")
	assert.Contains(t, o.out, "warning: fake-not-fresh (GEN_NOISE reuse-fake, VARIANT wgan-gp)\n  The generator is judged by")
	assert.Contains(t, o.out, "\n  Instead: GEN_NOISE: fresh\n  Source: Gulrajani")

	// What is not valid is explained, too.
	o = run(t, "lint", "--preset", "catfaces", "--set", "CRITIC_NORM=batch", "--set", "COMPAT=grid-minmax")
	assert.Equal(t, exitFailure, o.code)
	assert.Regexp(t, `^error: batch-norm-penalty \(.*\)\n(?s:.*)\n\nwarning: grid-minmax \(GRID_RANGE minmax\)\n(?s:.*)\n  COMPAT grid-minmax asks for it\.\n$`, o.out)
	assert.Equal(t, "catfaces: lint: 1 error\n", o.errout)
	o = run(t, "lint", "--preset", "mnist-mlp-bce", "--set", "CHANNELS_IMG=3")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.out, "error: not-valid (CHANNELS_IMG 3)\n  Got 3, want 1")

	o = run(t, "lint", "--set", "BACH_SIZE=1")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "did you mean BATCH_SIZE?")
	for _, args := range [][]string{{"lint", "--rules", "--preset", "catfaces"}, {"lint", "trains/train0", "--set", "SEED=1"}, {"lint", "a", "b"}} {
		assert.Equal(t, exitUsage, run(t, args...).code, "%v", args)
	}
	assert.Equal(t, exitFailure, catfaces.Run(t.Context(), []string{"lint"}, brokenPipe{}, new(discarded)))
}

type discarded struct{}

func (discarded) Write(p []byte) (int, error) { return len(p), nil }

func TestLintRules(t *testing.T) {
	text := succeed(t, "lint", "--rules").out
	rules := facts[[]lintRule](t, "lint", "--rules")
	require.Len(t, rules, len(lint.Rules()))
	for i, r := range lint.Rules() {
		assert.Equal(t, r.Name, rules[i].Name)
		assert.Contains(t, text, r.Name+": "+r.Severity.String()+", of ")
	}
}

// A severity is read back as its name.
func TestLintFacts(t *testing.T) {
	t.Chdir(t.TempDir())
	assert.Equal(t, `{"errors":0,"warnings":0,"findings":[]}`+"\n", succeed(t, "lint", "--json").out)
	o := run(t, "lint", "--preset", "dcgan16", "--set", "DATA_RANGE=0..1", "--set", "LEARNING_RATE=1", "--json")
	assert.Equal(t, exitFailure, o.code)
	var got struct {
		Errors, Warnings int
		Findings         []struct {
			Rule, Severity string
			Settings       []lint.Setting
		}
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &got))
	assert.Equal(t, 1, got.Errors)
	assert.Equal(t, 1, got.Warnings)
	assert.Equal(t, "error", got.Findings[0].Severity)
	assert.Equal(t, []lint.Setting{{Key: "LEARNING_RATE", Value: "1"}, {Key: "OPTIMIZER", Value: "adam"}, {Key: "VARIANT", Value: "gan-bce"}}, got.Findings[1].Settings)
}

// A run's own configuration is looked at; whether a training may begin is a flag.
func TestLintOfRuns(t *testing.T) {
	drawFaces(t)
	t.Chdir(t.TempDir())
	args := []string{"train", "--data", scratch + "/faces", "--device", "cpu", "--steps", "1", "--set", "IMAGE_SIZE=16", "--set", "FEATURES_GEN=4",
		"--set", "FEATURES_CRITIC=4", "--set", "BATCH_SIZE=4", "--set", "CRITIC_ITERATIONS=2", "--set", "DATA_RANGE=0..1"}
	o := run(t, args...)
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, "error: data-range (DATA_RANGE 0..1): ")
	assert.Contains(t, o.errout, "\nNext: change what is named, or train all the same with --lint warn; 'catfaces lint --rules' lists")
	assert.NoDirExists(t, "trains")
	o = run(t, append(args, "--dry-run")...)
	assert.Equal(t, exitFailure, o.code)

	o = succeed(t, append(args, "--lint", "warn")...)
	assert.Contains(t, o.errout, "Lint: error: data-range")
	o = succeed(t, append(args, "--lint", "off")...)
	assert.NotContains(t, o.errout, "Lint: ")
	o = succeed(t, append(args, "--lint", "warn", "--dry-run")...)
	assert.Contains(t, o.errout, "Lint: error: data-range")
	o = run(t, "lint", "trains/train0")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.out, "error: data-range (DATA_RANGE 0..1)")
	assert.Equal(t, exitFailure, run(t, "lint", "trains/none").code)
}

func TestWatchFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"--lint", "sometimes"}, {"--on-nan", "pray"}, {"--on-nan-tries", "0"}, {"--resume", "x", "--lint", "warn"},
	} {
		o := run(t, append([]string{"train"}, args...)...)
		assert.Equal(t, exitUsage, o.code, "%v: %s", args, o.errout)
	}
	o := run(t, "train", "--on-nan", "pray")
	assert.Contains(t, o.errout, `--on-nan "pray": want stop, rollback, warn`)
	assert.Regexp(t, `\nNext: go on from the last checkpoint with --resume RUN`, ganlib.nextStep(catfaces.command(&app{}), watchdog.ErrNotFinite))
}
