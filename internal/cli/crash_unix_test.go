//go:build unix

package cli

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/runs"
)

// killsVariable is the environment variable that says how often TestKilled kills; the default is a few times.
const killsVariable = "GANLIB_TEST_KILLS"

func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	if text == "" {
		return 10
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, killsVariable)
	return n
}

// TestKilled kills a training with SIGKILL again and again, at random moments from the start of the process on,
// and lets it go on each time. No checkpoint may be lost, none damaged, and at the end the newest one has the
// bytes of a run that was never disturbed.
func TestKilled(t *testing.T) {
	drawFaces(t)
	root := t.TempDir()
	folder := filepath.Join(root, "train0")
	saving := []string{"--set", "CHECKPOINT_EVERY=1", "--set", "SAMPLE_EVERY=7", "--keep", "1"}

	// How long a start takes, which kills shall hit as well as what follows it.
	began := time.Now()
	p := start(t, tiny(append(saving, "--runs", root)...)...)
	p.await("Saving checkpoint")
	longest := 3 * time.Since(began)
	p.signal(syscall.SIGKILL)
	p.wait()

	r := rand.New(rand.NewPCG(1, 2))
	newestStep, writing, times := int64(-1), map[string]bool{}, kills(t)
	for i := range times {
		p := start(t, "train", "--resume", folder, "--keep", "1")
		time.Sleep(time.Duration(r.Int64N(int64(longest))))
		p.signal(syscall.SIGKILL)
		o := p.wait()
		require.Equal(t, -1, o.code, "it ended by itself: %s", o.errout)
		require.NotContains(t, o.errout, "damaged", "kill %d", i)
		for _, name := range halfWritten(t, folder) {
			writing[name] = true
		}
		step, err := soundStep(folder)
		require.NoError(t, err, "kill %d", i)
		require.GreaterOrEqual(t, step, newestStep, "kill %d: a checkpoint is lost", i)
		newestStep = step
	}
	require.NotZero(t, newestStep)
	t.Logf("killed %d times with SIGKILL, %d of them within the writing of a file, at step %d by then; 0 checkpoints lost", times, len(writing), newestStep)

	more := strconv.FormatInt(newestStep+3, 10)
	succeed(t, "train", "--resume", folder, "--steps", more, "--quiet", "--threads", "2", "--keep", "1")
	succeed(t, tiny(append(saving, "--runs", root, "--steps", more, "--quiet")...)...)
	path, got := newest(t, folder)
	_, want := newest(t, filepath.Join(root, "train1"))
	require.Equal(t, "checkpoint-"+strings.Repeat("0", 8-len(more))+more+".safetensors", filepath.Base(path))
	require.True(t, bytes.Equal(want, got), "the weights differ from those of an undisturbed run")
	assert.Empty(t, halfWritten(t, folder))
	names, err := filepath.Glob(filepath.Join(folder, "model", "*"))
	require.NoError(t, err)
	assert.Len(t, names, 1, "--keep 1")
	assert.Equal(t, rowsOf(t, filepath.Join(root, "train1")), rowsOf(t, folder))
	t.Logf("step %s: %d bytes, the same as those of an undisturbed run", more, len(got))
}

// rowsOf returns a run's table of scalars, without its times.
func rowsOf(t *testing.T, folder string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "logs", "scalars.csv"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(line, ",")
		rows = append(rows, fields[:len(fields)-2])
	}
	return rows
}

// halfWritten lists the temporary files in a run.
func halfWritten(t *testing.T, folder string) (list []string) {
	t.Helper()
	for _, pattern := range []string{"*/.*.tmp-*", "*/*/.*.tmp-*"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		require.NoError(t, err)
		list = append(list, names...)
	}
	return list
}

// soundStep returns the step of a run's newest checkpoint, which must be undamaged; -1 if it has none.
func soundStep(folder string) (int64, error) {
	run, err := runs.Open(folder)
	if err != nil {
		return 0, err
	}
	latest, err := run.Latest()
	if errors.Is(err, runs.ErrNoCheckpoint) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	c, err := checkpoint.Open(latest.Path)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return latest.Step, c.Verify()
}

// TestOneProcessAtATime refuses a second process on a run, until the first one is dead, however it died.
func TestOneProcessAtATime(t *testing.T) {
	drawFaces(t)
	root := t.TempDir()
	folder := filepath.Join(root, "train0")
	first := start(t, tiny("--runs", root, "--set", "CHECKPOINT_EVERY=1")...)
	first.await("Saving checkpoint")
	for range 2 {
		second := start(t, "train", "--resume", folder).wait()
		require.Equal(t, exitFailure, second.code, second.errout)
		assert.Contains(t, second.errout, "the run is in use by another process")
	}
	require.Eventually(t, func() bool {
		_, err := runs.CheckpointAt(folder)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
	first.signal(syscall.SIGKILL)
	first.wait()
	step := strconv.Itoa(stepOf(t, folder) + 1)
	third := start(t, "train", "--resume", folder, "--steps", step).wait()
	assert.Equal(t, exitOK, third.code, third.errout)
}
