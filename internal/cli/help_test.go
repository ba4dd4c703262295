package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/datasets/fetch"
)

func TestTopics(t *testing.T) {
	files, err := fs.Glob(topicFiles, "topics/*.txt")
	require.NoError(t, err)
	assert.Len(t, files, len(topicNames))
	overview := succeed(t, "help").out
	assert.Equal(t, succeed(t, "--help").out, overview)
	for _, topic := range topics() {
		assert.Regexp(t, `(?m)^  `+topic.name+` +`+regexp.QuoteMeta(topic.short)+`$`, overview)
		text := succeed(t, "help", topic.name).out
		assert.True(t, strings.HasPrefix(text, topic.short+"\n\n"), topic.name)
		assert.True(t, strings.HasSuffix(text, "\n"))
		assert.NotRegexp(t, `(?m)^\{\w+\}`, text, "a list that was not filled in")
		assert.NotContains(t, text, "\n\n\n")
		for line := range strings.Lines(text) {
			assert.LessOrEqual(t, len([]rune(line)), 115, "%s: %s", topic.name, line)
			assert.Equal(t, strings.TrimRight(line, " \n")+"\n", line, "%s: spaces at the end", topic.name)
		}
	}
}

// A word that suggests itself.
func TestHelpTopics(t *testing.T) {
	out := succeed(t, "help", "topics").out
	for _, topic := range topics() {
		assert.Contains(t, out, "\n  "+topic.name+" ")
	}
}

// The lists are complete.
func TestTopicLists(t *testing.T) {
	text := succeed(t, "help", "configuration").out
	for _, key := range config.Keys() {
		assert.Regexp(t, `(?m)^  `+key.Name+map[bool]string{true: ` \*`}[key.MayChange]+`$`, text)
	}
	text = succeed(t, "help", "compat").out
	for _, s := range config.AllSwitches() {
		assert.Contains(t, text, "\n  "+string(s)+"\n")
		assert.NotEmpty(t, s.Doc())
	}
	text = succeed(t, "help", "data").out
	for _, s := range fetch.Sets() {
		assert.Contains(t, text, "\n  "+s.Name+" ")
	}
	text = succeed(t, "help", "json").out
	root := ganlib.command(&app{program: ganlib, console: newConsole(new(strings.Builder), false)})
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Flags().Lookup("json") != nil {
			_, words, _ := strings.Cut(cmd.CommandPath(), " ")
			assert.Contains(t, text, "\n  "+words+" ", "what --json prints")
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
	text = succeed(t, "help", "exit-codes").out
	for _, code := range []int{exitOK, exitFailure, exitUsage, exitInterrupted} {
		assert.Regexp(t, fmt.Sprintf(`(?m)^  %d +`, code), text)
	}
}

// Every command and flag that a topic or an advice shows exists.
func TestTopicsShowWhatExists(t *testing.T) {
	root := ganlib.command(&app{program: ganlib, console: newConsole(new(strings.Builder), false)})
	root.InitDefaultHelpCmd()
	shown := regexp.MustCompile(`(?m)(?:^  |')(?:ganlib|PROGRAM) ([^'\n|]+)`)
	var texts []string
	for _, topic := range topics() {
		texts = append(texts, topic.text())
	}
	for _, a := range advices {
		texts = append(texts, a.next)
	}
	for _, text := range fallback {
		texts = append(texts, text)
	}
	n := 0
	for _, text := range texts {
		for _, match := range shown.FindAllStringSubmatch(text, -1) {
			line, _, _ := strings.Cut(match[1], "   ")
			args := strings.Fields(line)
			cmd, rest, err := root.Find(args)
			if assert.NoError(t, err, match[0]) {
				assert.NotEqual(t, root.Name(), cmd.Name(), match[0])
			}
			for _, arg := range rest {
				if name, ok := strings.CutPrefix(arg, "--"); ok {
					cmd.InitDefaultHelpFlag()
					assert.NotNil(t, cmd.Flag(name), "%s: %s", match[0], arg)
				}
			}
			if cmd.Name() == "help" && len(rest) == 1 && rest[0] != "TOPIC" {
				_, ok := topicNamed(rest[0])
				assert.True(t, ok, match[0])
			}
			n++
		}
	}
	assert.Greater(t, n, 20)
}

// The variables in the topic are those that the sources read.
func TestEnvironmentIsComplete(t *testing.T) {
	text := succeed(t, "help", "environment").out
	read := regexp.MustCompile(`(?:Getenv|LookupEnv)\("([A-Z_]+)"\)`)
	require.NoError(t, filepath.WalkDir(filepath.Join("..", ".."), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && (strings.HasPrefix(e.Name(), "_") || e.Name() == "testdata" || e.Name() == "scripts") {
			if e != nil && e.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, match := range read.FindAllStringSubmatch(string(data), -1) {
			assert.Contains(t, text, "\n  "+match[1]+"\n", path)
		}
		return err
	}))
}

func TestHelpOfCommands(t *testing.T) {
	assert.Equal(t, succeed(t, "summary", "--help").out, succeed(t, "help", "summary").out)
	assert.Equal(t, succeed(t, "data", "info", "--help").out, succeed(t, "help", "data", "info").out)
	assert.Contains(t, succeed(t, "help", "data").out, "The command of this name: catfaces data --help\n")
	assert.NotContains(t, succeed(t, "summary", "--help").out, "Help topics")
	for args, want := range map[string]string{
		"sumary": "did you mean summary?", "resum": "did you mean resume?", "enviroment": "did you mean environment?",
		"data inof": "did you mean info?", "zzzzzzzz": "neither a command nor a topic", "summary now": "help summary now",
	} {
		o := run(t, append([]string{"help"}, strings.Fields(args)...)...)
		assert.Equal(t, exitUsage, o.code, args)
		assert.Contains(t, o.errout, want)
		assert.Empty(t, o.out)
	}
	assert.Equal(t, exitFailure, catfaces.Run(t.Context(), []string{"help", "runs"}, brokenPipe{}, new(strings.Builder)))
}
