package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"

	"ganlib/config"
)

// offered asks as a shell does and returns the words without descriptions, and the directive.
func offered(t testing.TB, args ...string) (words []string, directive string) {
	t.Helper()
	lines := strings.Split(strings.TrimRight(succeed(t, append([]string{"__complete"}, args...)...).out, "\n"), "\n")
	last := len(lines) - 1
	for _, line := range lines[:last] {
		word, _, _ := strings.Cut(line, "\t")
		words = append(words, word)
	}
	return words, lines[last]
}

// What cobra's scripts do after the words: bits of a number.
const (
	thenNothing = ":4"  // no files
	noSpace     = ":6"  // nor a space
	thenFiles   = ":0"  // files, if there are no words
	thenFolders = ":16" // folders
	yamlFiles   = ":8"  // files that end in one of the words
	keepOrder   = ":36" // no files, and not sorted
)

func TestCompleteWords(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	root := filepath.Dir(folder)
	for _, c := range []struct {
		args      []string
		want      []string // among others
		directive string
	}{
		{[]string{"summary", "--preset", ""}, config.Presets(), thenNothing},
		{[]string{"--device", ""}, deviceWords, thenNothing},
		{[]string{"sample", "--device", "cuda:"}, nil, thenNothing},
		{[]string{"train", "--engine", ""}, engineWords, thenNothing},
		{[]string{"--set", "LAMBDA"}, []string{"LAMBDA_GP="}, noSpace},
		{[]string{"train", "--set=OPTIM"}, []string{"OPTIMIZER="}, noSpace},
		{[]string{"--set", "OPTIMIZER="}, []string{"OPTIMIZER=adam", "OPTIMIZER=rmsprop", "OPTIMIZER=sgd"}, thenNothing},
		{[]string{"--set", "SHUFFLE="}, []string{"SHUFFLE=true", "SHUFFLE=false"}, thenNothing},
		{[]string{"--set", "PRESET="}, []string{"PRESET=dcgan16"}, thenNothing},
		{[]string{"--set", "DEVICE="}, []string{"DEVICE=auto", "DEVICE=cuda"}, thenNothing},
		{[]string{"--set", "SAMPLE_EVERY="}, []string{"SAMPLE_EVERY=epoch", "SAMPLE_EVERY=never"}, thenNothing},
		{[]string{"--set", "COMPAT="}, []string{"COMPAT=all", "COMPAT=none", "COMPAT=reuse-batch"}, noSpace},
		{[]string{"--set", "COMPAT=reuse-batch,"}, []string{"COMPAT=reuse-batch,reuse-noise"}, noSpace},
		{[]string{"--set", "BATCH_SIZE="}, []string{"BATCH_SIZE=32"}, thenNothing},
		{[]string{"--preset", "dcgan16", "--set", "BATCH_SIZE="}, []string{"BATCH_SIZE=64"}, thenNothing},
		{[]string{"--set", "NO_SUCH_KEY="}, nil, thenNothing},
		{[]string{"--hyp", ""}, []string{"yaml", "yml"}, yamlFiles},
		{[]string{"--resume", ""}, nil, thenFolders},
		{[]string{"--runs", root, "--resume", ""}, []string{folder}, keepOrder},
		{[]string{"--resume", root + "/"}, []string{folder}, keepOrder},
		{[]string{"sample", "--path", root + "/tr"}, []string{folder}, keepOrder},
		{[]string{"sample", "--path", folder + "/"}, nil, thenFiles},
		{[]string{"inspect", root + "/"}, []string{folder}, keepOrder},
		{[]string{"inspect", ""}, nil, thenFiles},
		{[]string{"inspect", folder, ""}, nil, thenNothing},
		{[]string{"--data", ""}, nil, thenFiles},
		{[]string{"--runs", ""}, nil, thenFolders},
		{[]string{"--steps", ""}, nil, thenNothing},
		{[]string{"sample", "--out", ""}, nil, thenFiles},
		{[]string{"data", ""}, []string{"info", "fetch"}, thenNothing},
		{[]string{"data", "fetch", ""}, []string{"mnist", "oxford-pets"}, thenNothing},
		{[]string{"data", "info", ""}, nil, thenFiles},
		{[]string{"presets", "ca"}, []string{"catfaces", "catfaces_128"}, thenNothing},
		{[]string{"summary", ""}, nil, thenNothing},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish", "powershell"}, thenNothing},
		{[]string{"help", ""}, append([]string{"train", "sample"}, topicNames...), thenNothing},
		{[]string{"help", "data", ""}, []string{"info", "fetch"}, thenNothing},
		{[]string{""}, []string{"train", "sample", "doctor", "help", "completion"}, thenNothing},
	} {
		words, directive := offered(t, c.args...)
		assert.Equal(t, c.directive, directive, "%q offers %v", c.args, words)
		assert.Subset(t, words, c.want, "%q", c.args)
		if c.want == nil {
			assert.Empty(t, words, "%q", c.args)
		}
		assert.NotContains(t, words, "man", "it is hidden")
	}
	words, _ := offered(t, "--set", "COMPAT=reuse-batch,")
	assert.NotContains(t, words, "COMPAT=reuse-batch,reuse-batch")
	assert.NotContains(t, words, "COMPAT=reuse-batch,all")
}

// Runs are offered with how far they are, the latest first, if their names can be typed.
func TestCompleteRuns(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	for _, name := range []string{"trains/train0", "trains/train1", "trains/odd\x1b0"} {
		copyRun(t, folder, name)
	}
	assert.NoError(t, os.Remove("trains/train1/model/checkpoint-00000003.safetensors"))
	out := succeed(t, "__complete", "sample", "--path", "").out
	assert.Equal(t, "trains/train1\tno checkpoint\ntrains/train0\tstep 3\n"+keepOrder+"\n", out)
	assert.Contains(t, run(t, "sample", "--path", "trains/train2").errout, "the latest runs here: trains/train1, trains/train0\n")
}

// copyRun copies the parts of a run that make it one.
func copyRun(t *testing.T, from, to string) {
	t.Helper()
	for _, file := range []string{"layout/train.config.backup.yaml", "model/checkpoint-00000003.safetensors"} {
		data, err := os.ReadFile(filepath.Join(from, file))
		assert.NoError(t, err)
		write(t, filepath.Join(to, file), string(data))
	}
}

// Every flag that takes a value, and every command, says to shells what fits.
func TestCompleteAll(t *testing.T) {
	for _, p := range []Program{catfaces, ganlib} {
		root := p.command(&app{program: p, console: newConsole(new(strings.Builder), false)})
		var walk func(cmd *cobra.Command)
		walk = func(cmd *cobra.Command) {
			cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
				_, has := cmd.GetFlagCompletionFunc(f.Name)
				assert.True(t, has || f.NoOptDefVal != "", "%s --%s", cmd.CommandPath(), f.Name)
			})
			assert.True(t, cmd.ValidArgsFunction != nil || cmd.ValidArgs != nil, cmd.CommandPath())
			for _, c := range cmd.Commands() {
				walk(c)
			}
		}
		walk(root)
	}
}

func TestCompletionScripts(t *testing.T) {
	for shell, want := range map[string]string{"bash": "complete -o default", "zsh": "#compdef catfaces", "fish": "complete -c catfaces", "powershell": "Register-ArgumentCompleter"} {
		assert.Contains(t, succeed(t, "completion", shell).out, want)
	}
	bash := succeed(t, "completion", "bash").out
	for _, line := range []string{bashMatches, bashSingle} {
		assert.Equal(t, 1, strings.Count(bash, line), "a line that is corrected is not in cobra's script any more: %s", line)
	}
	assert.Equal(t, 2, strings.Count(bash, `//\\,/,}`))
	o := run(t, "completion", "tcsh")
	assert.Equal(t, exitUsage, o.code)
	assert.Contains(t, o.errout, "completion tcsh: want bash, zsh, fish or powershell")
	assert.Equal(t, exitUsage, run(t, "completion").code)
	assert.Equal(t, exitFailure, catfaces.Run(context.Background(), []string{"completion", "bash"}, brokenPipe{}, new(strings.Builder)))
}
