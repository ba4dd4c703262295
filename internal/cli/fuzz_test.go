package cli

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/tuning"
)

// FuzzArguments parses command lines, with a zero byte between arguments, up to the point where a command would
// begin: they are understood or refused, in words that a terminal may show, without much memory.
func FuzzArguments(f *testing.F) {
	for _, args := range [][]string{
		{}, {"--help"}, {"train", "--steps", "3", "--set", "SEED=1"}, {"train", "--max-memory=4GiB"}, {"--max-memory", "1e9"}, {"sample", "--path", "x", "--n", "-1"},
		{"help", "configuration"}, {"help", "\x1b[0m"}, {"train", "--http", ":0"}, {"--set", "\u202e=1"}, {"walk", "--truncate", "NaN"}, {"data", "info", "x"},
		{"bench", "--rounds", "99999999999999999999"}, {"__complete", "train", "--device", ""}, {"completion", "bash"}, {"--", "train"}, {"-"}, {""}, {"train", "--steps="},
		{"timelapse", "run", "--hold", "1h"}, {"run", "--figsize", "3"}, {"version", "--json=maybe"}, {"trian"},
	} {
		f.Add(strings.Join(args, "\x00"))
	}
	parsed := errors.New("parsed")
	f.Fuzz(func(t *testing.T, line string) {
		var out, errout bytes.Buffer
		var err error
		enginetest.AllocatesAtMost(t, 16<<20+1024*len(line), func() {
			root := catfaces.command(&app{program: catfaces, out: &out, console: newConsole(&errout, false)})
			root.PersistentPreRunE = func(*cobra.Command, []string) error { return parsed }
			root.SetArgs(strings.Split(line, "\x00"))
			root.SetOut(&out)
			root.SetErr(&errout)
			err = root.Execute()
		})
		if err == nil {
			return // help, or the version
		}
		for _, r := range printableLines(err.Error()) {
			assert.True(t, unicode.IsGraphic(r) || r == '\n' || r == '\t', "%q", r)
		}
	})
}

// FuzzMaxMemory reads sizes of memory: what is accepted is a limit, or none, that is written and read as the same.
func FuzzMaxMemory(f *testing.F) {
	for _, text := range []string{"4GiB", "500MB", "0", "1.5 kb", "1B", "-1", "1e9", "NaN", "Inf", "0x10", "1152921504606846976", "999999TiB", ".", "", "B", "1_000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m, again maxMemory
		if m.Set(text) != nil {
			return
		}
		assert.True(t, m == -1 || m > 0 && m < 1<<60, "%d", m)
		assert.NoError(t, again.Set(m.String()))
		assert.Equal(t, m, again)
	})
}

// FuzzEnvironment sets a variable GANLIB_… and does what depends on such: each value is understood or refused, in words
// that name the variable, and doctor tells of variables that nothing reads. Libraries are not loaded.
func FuzzEnvironment(f *testing.F) {
	for _, pair := range [][2]string{
		{"CPU", "reference"}, {"CPU", "auto"}, {"CPU", ""}, {"CPU", "avx2 "}, {"CPU", "AVX512"}, {"CPU", "\x1b[0m"}, {"CPU", "\u202e\n"}, {"CPU", "\xff"},
		{"TUNING", "."}, {"TUNING", "/dev/null"}, {"TUNING", "../\n"}, {"TUNING", strings.Repeat("a/", 5000)}, {"LIBCUDA", "/nowhere/lib.so"},
		{"ENGINE", "avx2"}, {"", "x"}, {"\x1b[0m", "x"}, {"\u202e", "1"}, {"TEST_", ""}, {"cpu", "reference"}, {"CPU\n", "reference"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, suffix, value string) {
		name := "GANLIB_" + suffix
		if strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return // no system has such
		}
		t.Setenv(name, value)
		var errs []error
		var found check
		enginetest.AllocatesAtMost(t, 8<<20+1024*(len(name)+len(value)), func() {
			engine, err := device.DefaultEngine()
			errs = append(errs, err)
			if name == device.EngineVariable {
				wanted := value == "" || value == "auto" || value == engine.String()
				assert.Equal(t, wanted, err == nil, "%q: %v", value, engine)
			}
			if err != nil {
				assert.Equal(t, device.EngineReference, engine)
				assert.ErrorContains(t, err, device.EngineVariable)
			}
			dev, err := device.Open(device.Options{Name: "cpu", Threads: 1})
			if errs = append(errs, err); err == nil {
				assert.NoError(t, dev.Close())
			}
			folder, err := tuning.Folder()
			if errs = append(errs, err); err == nil {
				_, err = tuning.Load(folder, tuning.Card{Name: "none"})
				errs = append(errs, err)
			}
			found = checkEnvironment(machine{program: "catfaces"})
		})
		known := slices.ContainsFunc(variables, func(v variable) bool { return v.name == name })
		tests := strings.HasPrefix(name, "GANLIB_TEST_") || slices.Contains(testVariables, name)
		unknown, _ := found.Facts["unknown"].([]string)
		assert.Equal(t, !known && !tests, slices.Contains(unknown, name))
		var shown bytes.Buffer
		assert.NoError(t, writeChecks(&shown, []check{found}, false))
		for _, err := range errs {
			if err != nil {
				shown.WriteString(printableLines(err.Error()))
			}
		}
		for _, r := range shown.String() {
			assert.True(t, unicode.IsGraphic(r) || r == '\n' || r == '\t', "%q", r)
		}
	})
}
