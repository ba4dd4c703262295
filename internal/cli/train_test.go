package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/config"
	memory "ganlib/internal/process"
	"ganlib/runs"
)

// asProgram makes this test binary catfaces itself, for tests that need a process of their own.
const asProgram = "GANLIB_TEST_RUN_CATFACES"

// peakFile names a file for the most memory that such a process has taken, in bytes. What the system counts for
// a child process begins with its parent's memory, which is not the program's.
const peakFile = "GANLIB_TEST_PEAK"

func writePeak() {
	if name := os.Getenv(peakFile); name != "" {
		peak, _ := memory.Peak()
		_ = os.WriteFile(name, fmt.Append(nil, peak), 0o666) // whoever reads it misses it
	}
}

// scratch is a folder for what several tests share.
var scratch string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		code := catfaces.Main()
		writePeak()
		os.Exit(code)
	}
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "ganlib-cli-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		scratch = folder
		return m.Run()
	}())
}

// tiny are the flags of a training that takes milliseconds, on the images that are drawn for it.
func tiny(more ...string) []string {
	args := []string{"train", "--data", filepath.Join(scratch, "faces"), "--device", "cpu", "--threads", "2", "--epochs", "100000"}
	for _, set := range []string{
		"IMAGE_SIZE=16", "FEATURES_GEN=4", "FEATURES_CRITIC=4", "BATCH_SIZE=4", "Z_DIM=8", "CRITIC_ITERATIONS=2", "LOG_EVERY=1",
		"CHECKPOINT_EVERY=never", "SAMPLE_EVERY=never", "EXPORT_EVERY=never",
	} {
		args = append(args, "--set", set)
	}
	return append(args, more...)
}

var drawOnce sync.Once

// drawFaces makes the images of tiny.
func drawFaces(t testing.TB) {
	t.Helper()
	drawOnce.Do(func() { writeImages(t, filepath.Join(scratch, "faces"), 10) })
}

// trained returns the folder of a run of three steps, which tests may only read.
var trained = sync.OnceValues(func() (outcome, string) {
	root := filepath.Join(scratch, "shared")
	t := new(quietTB)
	drawFaces(t)
	return runContext(t, context.Background(), tiny("--runs", root, "--steps", "3", "--seed", "7")...), filepath.Join(root, "train0")
})

// quietTB lets helpers run outside of a test; their failures show in what they made.
type quietTB struct{ testing.TB }

func (*quietTB) Helper()               {}
func (*quietTB) Errorf(string, ...any) {}
func (*quietTB) FailNow()              {}

func trainedRun(t testing.TB) string {
	t.Helper()
	o, folder := trained()
	require.Equal(t, exitOK, o.code, o.errout)
	return folder
}

// newest returns the last checkpoint of a run and its content.
func newest(t testing.TB, run string) (path string, data []byte) {
	t.Helper()
	path, err := runs.CheckpointAt(run)
	require.NoError(t, err)
	data, err = os.ReadFile(path)
	require.NoError(t, err)
	return path, data
}

// differences says what differs between two checkpoints.
func differences(t testing.TB, one, two string) (lines []string) {
	t.Helper()
	a, err := checkpoint.Open(one)
	require.NoError(t, err)
	defer a.Close()
	b, err := checkpoint.Open(two)
	require.NoError(t, err)
	defer b.Close()
	list, err := a.CompareTo(b)
	require.NoError(t, err)
	for _, d := range list {
		lines = append(lines, d.String())
	}
	return lines
}

func TestTrain(t *testing.T) {
	o, folder := trained()
	require.Equal(t, exitOK, o.code, o.errout)
	assert.Equal(t, fmt.Sprintf("Finished: %s. Draw samples with: catfaces sample --path %s\n", folder, folder), o.out)
	lines := strings.Split(o.errout, "\n")
	assert.Regexp(t, `^Device: cpu \(.*2 threads\)`, lines[0], "the device comes first")
	assert.Contains(t, o.errout, "Data: ")
	assert.Contains(t, o.errout, "Epoch [0/100000] Batch 0/3 Critic Loss: ")
	assert.Contains(t, o.errout, "<=> Saving checkpoint..")
	path, _ := newest(t, folder)
	assert.Equal(t, "checkpoint-00000003.safetensors", filepath.Base(path))
	saved, err := os.ReadFile(filepath.Join(folder, "layout", "train.config.backup.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(saved), "\nSEED: 7\n")
	assert.Contains(t, string(saved), "\nNUM_EPOCHS: 100000\n")
}

// train is what catfaces does without a command, and FILE is what is used and saved.
func TestTrainByDefault(t *testing.T) {
	drawFaces(t)
	t.Chdir(t.TempDir())
	write(t, "mine.yaml", "IMAGE_SIZE: 16\nFEATURES_GEN: 4\nFEATURES_CRITIC: 4\nBATCH_SIZE: 8\nNUM_EPOCHS: 1\nCRITIC_ITERATIONS: 1\n")
	write(t, defaultFile, "BATCH_SIZE: 2\n")
	o := succeed(t, "--hyp", "mine.yaml", "--data", filepath.Join(scratch, "faces"), "--name", "my run", "--set", "LEARNING_RATE=2e-4", "--quiet")
	assert.Empty(t, o.errout, "--quiet")
	assert.Equal(t, "Finished: trains/my run0. Draw samples with: catfaces sample --path 'trains/my run0'\n", o.out)
	saved, err := os.ReadFile("trains/my run0/layout/train.config.backup.yaml")
	require.NoError(t, err)
	for _, want := range []string{"BATCH_SIZE: 8\n", "LEARNING_RATE: 0.0002\n", "PRESET: catfaces\n", "DATA_NAME: faces\n"} {
		assert.Contains(t, string(saved), "\n"+want)
	}
	path, _ := newest(t, "trains/my run0")
	assert.Equal(t, "checkpoint-00000002.safetensors", filepath.Base(path))
}

func TestTrainErrors(t *testing.T) {
	drawFaces(t)
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	write(t, "bad.yaml", "# a comment\nBATCH_SIZ: 4\n")
	write(t, "empty/readme.txt", "nothing")
	writeImages(t, "some", 2)
	write(t, "some/bad.png", "no image")
	faces := filepath.Join(scratch, "faces")
	cases := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"stray argument", []string{"train", "now"}, 2, []string{`unexpected argument "now"`}},
		{"malformed steps", []string{"--steps", "many"}, 2, []string{"--steps"}},
		{"no steps", []string{"--steps", "0"}, 2, []string{"--steps 0: want at least 1"}},
		{"negative threads", []string{"--threads", "-1"}, 2, []string{"--threads -1"}},
		{"no checkpoint", []string{"--keep", "0"}, 2, []string{"--keep 0: want at least 1"}},
		{"name with a slash", []string{"--name", "a/b"}, 2, []string{"--name", "a/b"}},
		{"empty data", []string{"--data", ""}, 2, []string{"--data: want a path"}},
		{"empty runs", []string{"--runs", ""}, 2, []string{"--runs: want a folder"}},
		{"resume nothing", []string{"--resume", ""}, 2, []string{"--resume"}},
		{"resume and begin", []string{"--resume", "x", "--name", "y", "--preset", "catfaces", "--hyp", "f", "--data", "d", "--seed", "1", "--strict", "--runs", "r"}, 2,
			[]string{"--hyp, --preset, --seed, --data, --strict, --name and --runs: not with --resume"}},
		{"epochs out of range", []string{"--epochs", "0"}, 1, []string{"--epochs 0: NUM_EPOCHS", "want an integer from 1"}},
		{"malformed seed", []string{"--seed", "x"}, 1, []string{"--seed x: SEED"}},
		{"unknown device", []string{"--device", "gpu"}, 1, []string{"--device gpu: DEVICE", "auto, cpu, cuda, cuda:N or ptxsim"}},
		{"unknown engine", []string{"--engine", "sse"}, 2, []string{"--engine sse: want auto, avx512, avx2 or reference"}},
		{"GPU demanded", []string{"--device", "cuda:250"}, 1, []string{"cuda"}},
		{"several at once", []string{"--epochs", "0", "--seed", "x", "--set", "BACH_SIZE=1"}, 1, []string{"3 problems"}},
		{"file not there", []string{"--hyp", "none.yaml"}, 1, []string{"none.yaml"}},
		{"unknown key in the file", []string{"--hyp", "bad.yaml"}, 1, []string{"bad.yaml:2:1: BATCH_SIZ: unknown key; did you mean BATCH_SIZE?"}},
		{"unknown preset", []string{"--preset", "toy-8gausian"}, 1, []string{"did you mean toy-8gaussians?"}},
		{"unknown variant", []string{"--set", "VARIANT=wgan-pg"}, 1, []string{"VARIANT", "wgan-gp"}},
		{"MNIST missing", []string{"--preset", "mnist-mlp-wgangp"}, 1, []string{"data/MNIST", "data fetch mnist"}},
		{"data missing", []string{"--data", "nowhere"}, 1, []string{"nowhere"}},
		{"no images", []string{"--data", "empty"}, 1, []string{"no images"}},
		{"strict", []string{"--data", "some", "--strict", "--set", "IMAGE_SIZE=16"}, 1, []string{"bad.png"}},
		{"resume what is missing", []string{"--resume", "nowhere"}, 1, []string{"nowhere"}},
		{"resume what is no run", []string{"--resume", "empty"}, 1, []string{"not the folder of a run"}},
		{"resume with another key", []string{"--resume", folder, "--set", "BATCH_SIZE=8", "--set", "LAMBDA_GP=1"}, 1, []string{"BATCH_SIZE: 4, now 8", "LAMBDA_GP: 10, now 1"}},
		{"resume with an unknown key", []string{"--resume", folder, "--set", "BACH_SIZE=8"}, 1, []string{"--set BACH_SIZE=8", "did you mean BATCH_SIZE?"}},
		{"dry run without data", []string{"--dry-run", "--preset", "celeba"}, 1, []string{"celeba_gan"}},
		{"runs is a file", []string{"--runs", "bad.yaml", "--data", faces, "--set", "IMAGE_SIZE=16"}, 1, []string{"bad.yaml"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := run(t, c.args...)
			assert.Equal(t, c.code, o.code, o.errout)
			assert.Empty(t, o.out)
			assert.True(t, strings.HasPrefix(o.errout, "catfaces: "), "%q", o.errout)
			assert.Equal(t, c.code == exitUsage, strings.Contains(o.errout, "--help"))
			for _, want := range c.want {
				assert.Contains(t, o.errout, want)
			}
			assert.NoFileExists(t, "trains", "nothing is made before everything is accepted")
		})
	}
	_, data := newest(t, folder)
	assert.NotEmpty(t, data)
}

func TestResume(t *testing.T) {
	drawFaces(t)
	root := t.TempDir()
	succeed(t, tiny("--runs", root, "--steps", "2", "--seed", "7")...)
	run := filepath.Join(root, "train0")
	o := succeed(t, "--resume", run, "--steps", "3", "--set", "LOG_EVERY=2", "--device", "cpu", "--threads", "2")
	assert.Contains(t, o.errout, "step 2 of 3")
	assert.Contains(t, o.out, "Finished: "+run)

	resumed, _ := newest(t, run)
	whole, _ := newest(t, trainedRun(t))
	assert.Equal(t, []string{`config.LOG_EVERY is "1" and "2"`}, differences(t, whole, resumed), "two steps and one are three")

	// A finished run stays as it is.
	before := contents(t, run)
	o = succeed(t, "--resume", run, "--steps", "3")
	assert.Contains(t, o.out, run+" is finished")
	assert.Equal(t, before, contents(t, run))
}

// contents returns every file below a folder with its content.
func contents(t testing.TB, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	}))
	return files
}

// A program's own variant stays what the run trains.
func TestChangeKeepsForeignVariant(t *testing.T) {
	saved, err := config.Preset("catfaces")
	require.NoError(t, err)
	saved.Variant = "my-own"
	o := trainOptions{setup: setup{sets: []string{"LOG_EVERY=7"}}}
	changed, err := o.change(new(cobra.Command), saved)
	require.NoError(t, err)
	saved.LogEvery = config.EverySteps(7)
	assert.Equal(t, saved, changed)
}

func TestDryRun(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	o := succeed(t, "--dry-run")
	for _, want := range []string{
		`(?m)^device +cpu `, `(?m)^data +drawn cat faces`, `(?m)^samples +8,192$`, `(?m)^steps +2,560 \(256 an epoch\)$`,
		`(?m)^work +\S+ operations a step`, `(?m)^memory +\d+\.\d MB: tensors`, `(?m)^Total params: \d+$`, `(?m)^IMAGE_SIZE: 64$`, `(?m)^BATCH_SIZE: 32$`,
	} {
		assert.Regexp(t, want, o.out)
	}
	assert.Contains(t, o.errout, "instead of 64")
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, entries, "nothing is written")

	before := contents(t, folder)
	o = succeed(t, "--resume", folder, "--dry-run", "--steps", "9")
	assert.Regexp(t, `(?m)^steps +9 `, o.out)
	assert.Equal(t, before, contents(t, folder))
}

func TestStopBeforeTraining(t *testing.T) {
	drawFaces(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	root := filepath.Join(t.TempDir(), "runs")
	o := runContext(t, ctx, tiny("--runs", root)...)
	assert.Equal(t, exitOK, o.code, o.errout)
	assert.Equal(t, "Stopped before the training began: there is nothing to save.\n", o.out)
	assert.NoDirExists(t, root)
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	assert.False(t, stopped(ctx, context.Canceled), "not by this context")
	cancel()
	full := errors.New("disk full")
	for _, c := range []struct {
		err  error
		want bool
	}{
		{context.Canceled, true},
		{fmt.Errorf("runner: %w", context.Canceled), true},
		{errors.Join(context.Canceled), true},
		{errors.Join(context.Canceled, full), false},
		{errors.Join(errors.Join(context.Canceled, full)), false},
		{full, false},
	} {
		assert.Equal(t, c.want, stopped(ctx, c.err), "%v", c.err)
	}
}
