package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/formats/packed"
	"ganlib/runs"
)

// The common failures end with what to do about them.
func TestNextSteps(t *testing.T) {
	drawFaces(t)
	t.Chdir(t.TempDir())
	write(t, "empty/readme.txt", "nothing")
	write(t, "plain.txt", "no checkpoint")
	write(t, "set.pack", packed.Magic+"and so on")
	require.NoError(t, os.CopyFS("faces", os.DirFS(filepath.Join(scratch, "faces"))))
	succeed(t, "train", "--data", "faces", "--device", "cpu", "--steps", "1", "--set", "IMAGE_SIZE=16", "--set", "FEATURES_GEN=4",
		"--set", "FEATURES_CRITIC=4", "--set", "BATCH_SIZE=4", "--set", "CRITIC_ITERATIONS=1")
	here, err := os.Getwd()
	require.NoError(t, err)

	locked, err := runs.Open("trains/train0")
	require.NoError(t, err)
	require.NoError(t, locked.Lock())
	for _, c := range []struct {
		name       string
		args       []string
		says, next string
	}{
		{"no data", []string{"train", "--preset", "mnist-mlp-bce"}, "run `ganlib data fetch mnist`", ""},
		{"no such data", []string{"train", "--data", "nowhere"}, "nowhere", "check the path, which is taken from " + here},
		{"no images", []string{"data", "info", "empty"}, "put .jpg, .png or .gif files into", ""},
		{"wrong preset", []string{"train", "--preset", "catface"}, "did you mean catfaces?", "'catfaces presets' lists them"},
		{"wrong key", []string{"train", "--set", "BACH_SIZE=1"}, "did you mean BATCH_SIZE?", "'catfaces help configuration' describes every key"},
		{"missing file", []string{"train", "--hyp", "mine.yaml"}, "mine.yaml", "check the path"},
		{"no run", []string{"sample", "--path", "trains/train7"}, "train7", "the latest runs here: trains/train0"},
		{"a folder that is no run", []string{"sample", "--path", "empty"}, "not the folder of a run", "the latest runs here: trains/train0"},
		{"no run to resume", []string{"train", "--resume", "trains/train7"}, "train7", "the latest runs here: trains/train0"},
		{"no file of tensors", []string{"inspect", "plain.txt"}, "plain.txt", "'catfaces help formats' lists the files that can be read"},
		{"images", []string{"inspect", "set.pack"}, "a packed set of images", "'catfaces data info FILE' shows what is in it"},
		{"no file to import", []string{"import", "none.pth", "--out", "run"}, "none.pth", "check the path, which is taken from " + here},
		{"no GPU", []string{"train", "--device", "cuda:250"}, "cuda", "--device"},
		{"run locked", []string{"train", "--resume", "trains/train0"}, "in use by another process", "stop that training with Ctrl-C"},
		{"too large", []string{"train", "--data", "faces", "--set", "FEATURES_GEN=4096", "--set", "FEATURES_CRITIC=4096"}, "take smaller FEATURES_GEN", "'catfaces train --dry-run' prints what a configuration takes"},
	} {
		o := run(t, c.args...)
		assert.Equal(t, exitFailure, o.code, "%s: %s", c.name, o.errout)
		assert.Contains(t, o.errout, c.says, c.name)
		if c.next == "" {
			assert.NotContains(t, o.errout, "\nNext: ", "%s: the message says it already", c.name)
		} else {
			assert.Regexp(t, `\nNext: .*`+regexp.QuoteMeta(c.next), o.errout, c.name)
		}
	}
	require.NoError(t, locked.Close())

	// A checkpoint that belongs to something else.
	require.NoError(t, os.Remove("faces/00.png"))
	o := run(t, "train", "--resume", "trains/train0", "--epochs", "99")
	assert.Contains(t, o.errout, "the data are not those that the run was trained on")
	assert.Contains(t, o.errout, "\nNext: 'catfaces inspect FILE' shows what a checkpoint belongs to")
	require.NoError(t, os.Remove("trains/train0/model/checkpoint-00000001.safetensors"))
	assert.Contains(t, run(t, "sample", "--path", "trains/train0").errout, "\nNext: let it train to its first checkpoint")
}

// What cannot be made to happen here.
func TestNextStepOfRareFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(err error) error {
		return fmt.Errorf("runs: write x: %w", errors.Join(&fs.PathError{Op: "write", Path: "x", Err: err}))
	}
	for next, err := range map[string]error{
		"make room":               write(syscall.ENOSPC),
		"read and write":          write(syscall.EACCES),
		"another port":            fmt.Errorf("listen: %w", syscall.EADDRINUSE),
		"a smaller BATCH_SIZE":    fmt.Errorf("device: %w", device.ErrOutOfMemory),
		"tries the GPU":           fmt.Errorf("device: %w", &driver.Error{Call: "cuLaunchKernel", Result: driver.IllegalAddress}),
		"update the NVIDIA":       fmt.Errorf("%w: %w", device.ErrNoCUDA, driver.ErrOldDriver),
		"looks for the reason":    fmt.Errorf("%w: %w", device.ErrNoCUDA, driver.ErrNoDriver),
		"CUDA_VISIBLE_DEVICES":    fmt.Errorf("%w: %w", device.ErrNoCUDA, driver.ErrNoDevice),
		"takes the CPU where":     fmt.Errorf("%w: a card of compute capability 6.1", device.ErrNoCUDA),
		"there are no runs in tr": fmt.Errorf("open: %w", runs.ErrNotRun),
	} {
		assert.Regexp(t, `^\nNext: .*`+next, ganlib.nextStep(new(cobra.Command), err))
	}
	assert.Equal(t, "\nNext: check the path", ganlib.nextStep(new(cobra.Command), &fs.PathError{Op: "open", Path: filepath.Join(t.TempDir(), "x"), Err: fs.ErrNotExist}))
	assert.Empty(t, ganlib.nextStep(new(cobra.Command), errors.New("something else")))
}
