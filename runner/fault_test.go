package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
	"ganlib/vfs/faultfs"
)

// everyFault is the environment variable that makes TestFaults try every fault at every operation, which
// takes minutes, instead of a part of them.
const everyFault = "GANLIB_TEST_EVERY_FAULT"

// sampled is of how many operations each kind of fault is tried without that.
const sampled = 12

// fault is a kind of trouble with a disk, which begins at operation n.
type fault struct {
	name string
	rule func(n int) faultfs.Rule
	cut  func(f *faultfs.FS, n int) error // what happens to the disk then, if anything
	// goesOn says that a training must survive it, if it comes neither at its beginning nor at its end.
	goesOn bool
}

func faults() []fault {
	at := func(err error) func(int) faultfs.Rule {
		return func(n int) faultfs.Rule { return faultfs.At(n, err) }
	}
	killed := func(n int) faultfs.Rule { return faultfs.At(n, faultfs.Short{Err: faultfs.ErrKilled}) }
	return []fault{
		{name: "full disk, for a moment", rule: func(n int) faultfs.Rule { return faultfs.At(n, syscall.ENOSPC).Changing() }, goesOn: true},
		{name: "full disk, for good", rule: func(n int) faultfs.Rule { return faultfs.From(n, syscall.ENOSPC).Changing() }, goesOn: true},
		{name: "read-only disk", rule: func(n int) faultfs.Rule { return faultfs.From(n, syscall.EROFS).Changing() }, goesOn: true},
		{name: "short write", rule: func(n int) faultfs.Rule { return faultfs.At(n, faultfs.Short{Err: syscall.ENOSPC}).Only(faultfs.Write) }, goesOn: true},
		{name: "failing sync", rule: func(n int) faultfs.Rule { return faultfs.At(n, syscall.EIO).Only(faultfs.Sync, faultfs.SyncDir) }, goesOn: true},
		{name: "failing rename", rule: func(n int) faultfs.Rule { return faultfs.At(n, syscall.EIO).Only(faultfs.Rename) }, goesOn: true},
		{name: "failing disk, for a moment", rule: at(syscall.EIO), goesOn: true},
		{name: "vanished folder", rule: func(n int) faultfs.Rule { return faultfs.From(n, syscall.ENOENT) }, goesOn: true},
		{name: "kill -9", rule: killed},
		{name: "power cut", rule: killed, cut: func(f *faultfs.FS, _ int) error { return f.PowerCut(nil) }},
		{name: "power cut, with remains", rule: killed, cut: func(f *faultfs.FS, n int) error {
			return f.PowerCut(rand.New(rand.NewPCG(uint64(n), 1)))
		}},
	}
}

// faultRun is a training of six steps, in two epochs, with a checkpoint at every second one, and everything
// else that a run writes.
func faultRun(t *testing.T) config.Config {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "CatFaces")
	require.NoError(t, os.Mkdir(folder, 0o777))
	for i := range 10 {
		img := image.NewGray(image.Rect(0, 0, 16, 16))
		for p := range img.Pix {
			img.Pix[p] = uint8(p*(i+1) + 7*i)
		}
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, img))
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.png", i)), b.Bytes(), 0o666))
	}
	c, err := config.Resolve(config.Sources{Preset: "dcgan16", Sets: []string{
		"BATCH_SIZE=4", "FEATURES_CRITIC=4", "FEATURES_GEN=4", "NUM_EPOCHS=2", "Z_DIM=4", "GRID_IMAGES=4", "DATA_ROOT=" + root,
		"CHECKPOINT_EVERY=2", "SAMPLE_EVERY=2", "LOG_EVERY=1", "EXPORT_EVERY=epoch", "DEVICE=cpu",
	}})
	require.NoError(t, err)
	return c
}

// quickDir returns a folder for a test, in memory where there is such a place: what matters is what is
// written, not whether it lasts.
func quickDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ganlib-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// patient waits after each step until its checkpoint is written.
func patient(r **Runner) variants.Hook {
	return variants.Hook{Name: "wait", Step: func(*variants.Trainer) error { return (*r).saver.wait() }}
}

// attempt makes a run, or opens one that is there already, and trains it to its end. What is written beside the
// training is written at once, so that operations come in the same order each time; free leaves it as it is. It
// returns the steps that were done, -1 if the training did not begin, and the step of the newest checkpoint that
// was said to be saved, -1 if there was none.
func attempt(t *testing.T, fsys vfs.FS, c config.Config, root string, keep int, free bool) (done, saved int64, err error) {
	t.Helper()
	var r *Runner
	o := Options{Config: c, Root: root, Threads: 1, Keep: keep, fs: fsys}
	if !free {
		o.Hooks = []variants.Hook{patient(&r)}
	}
	if run := filepath.Join(root, "train0"); isRun(run) {
		o.Resume = run
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // if it is not the run that it was
	defer cancel()
	if r, err = Open(ctx, o); err != nil {
		return -1, -1, err
	}
	r.beside.patient = !free
	err = r.Run(ctx)
	saved = r.saved
	if r.trainer != nil { // it was not finished before
		done = r.trainer.Progress().GeneratorSteps
	}
	return done, saved, errors.Join(err, r.Close())
}

func isRun(path string) bool {
	_, err := runs.Open(path)
	return err == nil
}

// eventSteps is the name in an outcome of the steps whose pictures are in the event files.
const eventSteps = "events"

// outcome is what a run that is finished must have: its last checkpoint, its tables without times, its pictures
// and the steps of the events that have them.
func outcome(t *testing.T, root string) map[string]string {
	t.Helper()
	name, data := newest(t, filepath.Join(root, "train0"))
	all := map[string]string{name: string(data)}
	for _, table := range []string{"scalars.csv", "scalars.jsonl"} {
		text, err := os.ReadFile(filepath.Join(root, "train0", "logs", table))
		require.NoError(t, err)
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			fields := strings.Split(line, ",")
			lines[i] = strings.Join(fields[:max(len(fields)-2, 0)], ",")
		}
		all[table] = strings.Join(lines, "\n")
	}
	files, steps := shown(t, filepath.Join(root, "train0"))
	maps.Copy(all, files)
	all[eventSteps] = fmt.Sprint(steps)
	return all
}

// TestFaults lets every kind of fault happen at every operation of a training with the file system, lets the
// run go on afterwards, and compares how it ends with a run that nothing happened to. Only one checkpoint is
// kept, so that none can stand in for one that is lost.
func TestFaults(t *testing.T) {
	c := faultRun(t)
	root := quickDir(t)
	disk, err := faultfs.New(root)
	require.NoError(t, err)
	_, _, err = attempt(t, disk, c, root, 1, false)
	require.NoError(t, err)
	everywhere(t, c, "", disk.Ops(), outcome(t, root), 1, false)
}

// TestFaultsBeside does it with a training that does not wait for what is written beside it: an operation's number
// says no longer which one it is, but what is promised stays the same.
func TestFaultsBeside(t *testing.T) {
	c := faultRun(t)
	c.SampleEvery = config.EverySteps(1)
	root := quickDir(t)
	disk, err := faultfs.New(root)
	require.NoError(t, err)
	_, _, err = attempt(t, disk, c, root, 1, true)
	require.NoError(t, err)
	everywhere(t, c, "", disk.Ops(), outcome(t, root), 1, true)
}

// TestFaultsWhileResuming does the same with a run that was stopped after three steps. It has two
// checkpoints, since one that cannot be read is set aside.
func TestFaultsWhileResuming(t *testing.T) {
	c := faultRun(t)
	whole := quickDir(t)
	_, _, err := attempt(t, vfs.OS, c, whole, 2, false)
	require.NoError(t, err)
	stopped := quickDir(t)
	r, err := Open(t.Context(), Options{Config: c, Root: stopped, Threads: 1, Steps: 3})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	require.Equal(t, []int64{2, 3}, checkpointSteps(t, r.Folder()))

	root := quickDir(t)
	require.NoError(t, os.CopyFS(root, os.DirFS(stopped)))
	disk, err := faultfs.New(root)
	require.NoError(t, err)
	_, _, err = attempt(t, disk, c, root, 2, false)
	require.NoError(t, err)
	everywhere(t, c, stopped, disk.Ops(), outcome(t, whole), 2, false)
}

// everywhere tries all faults at the operations of a training that begins with the files in from, if it is not
// empty.
func everywhere(t *testing.T, c config.Config, from string, ops []faultfs.Op, want map[string]string, keep int, free bool) {
	t.Logf("%d operations", len(ops))
	_, whole := os.LookupEnv(everyFault)
	for i, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			hit := slices.DeleteFunc(slices.Clone(ops), func(op faultfs.Op) bool { return f.rule(op.N)(op) == nil })
			stride := max(len(hit)/sampled, 1)
			if whole {
				stride = 1
			}
			tried := 0
			for n := i % stride; n < len(hit); n += stride {
				root := quickDir(t)
				if from != "" {
					require.NoError(t, os.CopyFS(root, os.DirFS(from)))
				}
				try(t, f, c, root, hit[n], want, keep, free)
				tried++
			}
			t.Logf("%d of %d operations tried", tried, len(hit))
		})
	}
}

// try lets one fault happen at one operation.
func try(t *testing.T, f fault, c config.Config, root string, op faultfs.Op, want map[string]string, keep int, free bool) {
	t.Helper()
	where := fmt.Sprintf("operation %d, %s of %s", op.N, op.Kind, filepath.Base(op.Path))
	disk, err := faultfs.New(root)
	require.NoError(t, err)
	disk.Inject(f.rule(op.N))
	done, saved, err := attempt(t, disk, c, root, keep, free)
	if f.goesOn && done >= 0 {
		require.Equal(t, int64(6), done, "%s: the training must go on: %v", where, err)
	}
	if f.cut != nil {
		require.NoError(t, f.cut(disk, op.N), where)
	}
	if saved >= 0 {
		require.Contains(t, checkpointSteps(t, filepath.Join(root, "train0")), saved, "%s: a checkpoint is lost", where)
	}
	sound, err := faultfs.New(root) // which is faster than one that syncs
	require.NoError(t, err)
	_, _, err = attempt(t, sound, c, root, keep, free)
	require.NoError(t, err, where)
	got := outcome(t, root)
	for name := range want {
		if f.goesOn && filepath.Ext(name) == ".png" || (f.goesOn || f.cut != nil) && name == eventSteps {
			continue // a disk that failed did not take them all, and event files are not synced
		}
		require.True(t, want[name] == got[name], "%s: %s differs", where, name)
	}
	assert.Empty(t, leftovers(t, root), where)
}

// checkpointSteps returns the steps of a run's checkpoints.
func checkpointSteps(t *testing.T, folder string) (steps []int64) {
	t.Helper()
	run, err := runs.Open(folder)
	require.NoError(t, err)
	list, err := run.Checkpoints()
	require.NoError(t, err)
	for _, c := range list {
		steps = append(steps, c.Step)
	}
	return steps
}

// leftovers returns temporary files in a run.
func leftovers(t *testing.T, root string) (list []string) {
	t.Helper()
	for _, pattern := range []string{"*", "*/*", "*/*/*"} {
		names, err := filepath.Glob(filepath.Join(root, "train0", pattern))
		require.NoError(t, err)
		list = append(list, slices.DeleteFunc(names, func(name string) bool { return !strings.Contains(name, ".tmp-") })...)
	}
	return list
}
