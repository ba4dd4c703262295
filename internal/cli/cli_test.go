package cli

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

var (
	catfaces = Program{Name: "catfaces", Short: "Train GANs on faces of cats", Train: true}
	ganlib   = Program{Name: "ganlib", Short: "Train GANs"}
)

// outcome is what a command printed and returned.
type outcome struct {
	code        int
	out, errout string
}

// run runs catfaces in this process.
func run(t testing.TB, args ...string) outcome {
	t.Helper()
	return runContext(t, context.Background(), args...)
}

func runContext(t testing.TB, ctx context.Context, args ...string) outcome {
	t.Helper()
	var out, errout bytes.Buffer
	code := catfaces.Run(ctx, args, &out, &errout)
	return outcome{code, out.String(), errout.String()}
}

// succeed runs catfaces and requires that it succeeds.
func succeed(t testing.TB, args ...string) outcome {
	t.Helper()
	o := run(t, args...)
	require.Equal(t, exitOK, o.code, "%v\n%s", args, o.errout)
	return o
}

// writeImages makes a folder of n small colour images.
func writeImages(t testing.TB, folder string, n int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(folder, 0o777))
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 16, 16))
		for y := range 16 {
			for x := range 16 {
				img.Set(x, y, color.RGBA{uint8(16 * x), uint8(16 * y), uint8(20 * i), 255})
			}
		}
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, img))
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%02d.png", i)), b.Bytes(), 0o666))
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
}

func decodePNG(t testing.TB, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

func TestHelp(t *testing.T) {
	o := succeed(t, "--help")
	for _, name := range []string{"train", "sample", "summary", "presets", "data", "inspect", "bench", "version", "completion", "--resume", "--dry-run"} {
		assert.Contains(t, o.out, name)
	}
	assert.Empty(t, o.errout)
	var out, errout bytes.Buffer
	assert.Equal(t, exitOK, ganlib.Run(context.Background(), nil, &out, &errout), "without a command ganlib helps")
	assert.Contains(t, out.String(), "Available Commands")
	assert.NotContains(t, out.String(), "--resume")
	for _, command := range []string{"train", "sample", "run", "summary", "presets", "data", "inspect", "bench", "version"} {
		assert.Contains(t, succeed(t, command, "--help").out, "Usage:", command)
	}
}

// Every error is a message that begins with the program's name, on standard error alone.
func TestErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "bad.yaml", "BATCH_SIZE: 0\nLEARNING_RAET: 1e-4\n")
	write(t, "syntax.yaml", "{a: b")
	write(t, "empty/readme.txt", "nothing")
	write(t, "broken/a.png", "no image")
	write(t, "plain.txt", "no checkpoint")
	huge := strings.Repeat("#", maxFile)
	write(t, "huge.yaml", huge)
	cases := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"unknown command", []string{"sumary"}, 2, []string{`unknown command "sumary"; did you mean summary?`, "See 'catfaces --help'."}},
		{"unknown subcommand", []string{"data", "inof"}, 2, []string{"did you mean info?"}},
		{"unknown flag", []string{"summary", "--bach", "3"}, 2, []string{"unknown flag: --bach", "See 'catfaces summary --help'."}},
		{"malformed number", []string{"summary", "--batch", "many"}, 2, []string{`"many"`, "--batch"}},
		{"number out of range", []string{"summary", "--batch", "0"}, 2, []string{"--batch 0: want 1 to 65536"}},
		{"stray argument", []string{"summary", "catfaces"}, 2, []string{`unexpected argument "catfaces"`}},
		{"too many arguments", []string{"presets", "a", "b"}, 2, []string{"2 arguments: want at most 1"}},
		{"missing argument", []string{"inspect"}, 2, []string{"0 arguments: want one"}},
		{"unknown preset", []string{"summary", "--preset", "catface"}, 1, []string{"--preset catface", "did you mean catfaces?"}},
		{"empty preset", []string{"summary", "--preset", ""}, 2, []string{"--preset"}},
		{"unknown preset to print", []string{"presets", "celebs"}, 1, []string{"did you mean celeba?"}},
		{"missing file", []string{"summary", "--hyp", "none.yaml"}, 1, []string{"configuration file: open none.yaml"}},
		{"folder as file", []string{"summary", "--hyp", "empty"}, 1, []string{"configuration file: read empty"}},
		{"bad file", []string{"summary", "--hyp", "bad.yaml"}, 1, []string{
			"config: 2 problems", "bad.yaml:1:13: BATCH_SIZE", "bad.yaml:2:1: LEARNING_RAET: unknown key; did you mean LEARNING_RATE?"}},
		{"no YAML", []string{"summary", "--hyp", "syntax.yaml"}, 1, []string{"syntax.yaml:1:1"}},
		{"large file", []string{"summary", "--hyp", "huge.yaml"}, 1, []string{"huge.yaml: larger than"}},
		{"unknown key", []string{"summary", "--set", "BACH_SIZE=3"}, 1, []string{"--set BACH_SIZE=3: BACH_SIZE: unknown key; did you mean BATCH_SIZE?"}},
		{"no value", []string{"summary", "--set", "BATCH_SIZE"}, 1, []string{"want KEY=VALUE"}},
		{"image size", []string{"summary", "--set", "IMAGE_SIZE=60"}, 1, []string{"IMAGE_SIZE: got 60"}},
		{"data missing", []string{"data", "info", "nowhere"}, 1, []string{"nowhere"}},
		{"no images", []string{"data", "info", "empty"}, 1, []string{"no images", "empty"}},
		{"nothing decodes", []string{"data", "info", "broken"}, 1, []string{"no images"}},
		{"MNIST missing", []string{"data", "info", "--preset", "mnist-mlp-bce"}, 1, []string{"data/MNIST", "ganlib data fetch mnist"}},
		{"CelebA missing", []string{"data", "info", "--preset", "celeba"}, 1, []string{"celeba_gan"}},
		{"unknown set", []string{"data", "fetch", "mnsit"}, 1, []string{"mnist"}},
		{"set by hand", []string{"data", "fetch", "celeba"}, 1, []string{"by hand"}},
		{"sample by no engine", []string{"sample", "--engine", ""}, 2, []string{"--engine"}},
		{"sample of nothing", []string{"sample"}, 2, []string{"--path"}},
		{"sample of what is missing", []string{"sample", "--path", "none"}, 1, []string{"none"}},
		{"sample of a folder", []string{"sample", "--path", "empty"}, 1, []string{"not the folder of a run"}},
		{"sample of a text", []string{"sample", "--path", "plain.txt"}, 1, []string{"plain.txt"}},
		{"no samples", []string{"sample", "--path", "x", "--n", "0"}, 2, []string{"--n 0"}},
		{"no width", []string{"sample", "--path", "x", "--figsize", "0"}, 2, []string{"--size 0"}},
		{"one file for two", []string{"sample", "--path", "x", "--out", "a", "--scores", "a"}, 2, []string{"two different files"}},
		{"inspect what is missing", []string{"inspect", "none"}, 1, []string{"none"}},
		{"inspect a text", []string{"inspect", "plain.txt"}, 1, []string{"inspect plain.txt"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := run(t, c.args...)
			assert.Equal(t, c.code, o.code, o.errout)
			assert.Empty(t, o.out)
			assert.True(t, strings.HasPrefix(o.errout, "catfaces: "), "%q", o.errout)
			assert.Equal(t, 1, strings.Count("\n"+o.errout, "\ncatfaces: "))
			assert.NotContains(t, o.errout, "Usage:")
			assert.Equal(t, c.code == exitUsage, strings.Contains(o.errout, "--help"))
			for _, want := range c.want {
				assert.Contains(t, o.errout, want)
			}
		})
	}
}

func TestInterruptedCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "images", 3)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := runContext(t, ctx, "data", "info", "images", "--set", "IMAGE_SIZE=16")
	assert.Equal(t, outcome{exitInterrupted, "", "catfaces: interrupted\n"}, o)
}

func TestVersion(t *testing.T) {
	o := succeed(t, "version")
	assert.Regexp(t, regexp.MustCompile(`(?m)^ganlib .*\ngo1\.\S+ \w+/\w+\ndevice: cpu \(.*\)\n\z`), o.out)
	line, _, _ := strings.Cut(o.out, "\n")
	assert.Equal(t, line+"\n", succeed(t, "--version").out)
	for _, e := range device.Engines() {
		t.Setenv(device.EngineVariable, e.String())
		assert.Contains(t, succeed(t, "version").out, fmt.Sprintf("\ndevice: cpu (%v engine, ", e))
	}
	t.Setenv(device.EngineVariable, "sse")
	o = run(t, "version")
	assert.Equal(t, exitFailure, o.code)
	assert.Contains(t, o.errout, device.EngineVariable)
}

func TestPresets(t *testing.T) {
	o := succeed(t, "presets")
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	require.Len(t, lines, 15)
	assert.Regexp(t, `^PRESET +VARIANT +IMAGE +GENERATOR +CRITIC`, lines[0])
	assert.Regexp(t, `(?m)^catfaces_128 +wgan-gp +3×128×128 +47,855,363 +11,164,481 `, o.out)
	assert.Regexp(t, `(?m)^mnist-mlp-bce +gan-bce +1×28×28 +1,486,352 +533,505 `, o.out)

	// What is printed for a preset is its configuration file.
	t.Chdir(t.TempDir())
	write(t, "c.yaml", succeed(t, "presets", "dcgan16").out)
	assert.Contains(t, succeed(t, "summary", "--hyp", "c.yaml").out, "Total params: 339523\n")
}

func TestCompletion(t *testing.T) {
	assert.Contains(t, succeed(t, "__complete", "summary", "--preset", "toy-").out, "toy-swissroll\ta spiral\n")
	assert.Contains(t, succeed(t, "__complete", "train", "--set", "LAMBDA").out, "LAMBDA_GP=\tweight of")
	assert.Contains(t, succeed(t, "__complete", "--set", "LAMBDA").out, "LAMBDA_GP=\tweight of")
	assert.Contains(t, succeed(t, "__complete", "data", "fetch", "").out, "mnist\n")
	assert.Contains(t, succeed(t, "completion", "bash").out, "catfaces")
}
