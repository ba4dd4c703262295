package runner

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
)

// slowDisk holds the syncs of files in one of a run's folders until it is told to go on with one.
type slowDisk struct {
	vfs.FS
	folder string
	next   chan error // what the next sync returns

	mu               sync.Mutex
	now, most, total int // syncs of such files
}

func newSlowDisk(folder string) *slowDisk {
	return &slowDisk{FS: vfs.OS, folder: folder, next: make(chan error, 100)}
}

func (d *slowDisk) OpenFile(name string, flag int, perm os.FileMode) (vfs.File, error) {
	f, err := d.FS.OpenFile(name, flag, perm)
	if err == nil && flag&os.O_CREATE != 0 && filepath.Base(filepath.Dir(name)) == d.folder {
		return &slowFile{f, d}, nil
	}
	return f, err
}

// count adds to the syncs that go on.
func (d *slowDisk) count(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now += n
	d.most = max(d.most, d.now)
	d.total += max(n, 0)
}

type slowFile struct {
	vfs.File
	disk *slowDisk
}

func (f *slowFile) Sync() error {
	f.disk.count(1)
	defer f.disk.count(-1)
	select {
	case err := <-f.disk.next:
		return err
	case <-time.After(20 * time.Second):
		return errors.New("the training waits for a disk that waits for the training")
	}
}

// each returns a hook that calls f with the number of steps done, after each of them.
func each(f func(step int64) error) []variants.Hook {
	return []variants.Hook{{Name: "test", Step: func(t *variants.Trainer) error { return f(t.Progress().GeneratorSteps) }}}
}

// TestTrainingGoesOnWhileSaving holds the disk: steps are made meanwhile, the next checkpoint waits for the one
// before it, and what is written is the state of the step that it is named after.
func TestTrainingGoesOnWhileSaving(t *testing.T) {
	c := faultRun(t)
	want := map[string]string{}
	for _, steps := range []int64{2, 4} {
		r, err := Open(t.Context(), Options{Config: c, Root: t.TempDir(), Threads: 1, Steps: steps})
		require.NoError(t, err)
		require.NoError(t, r.Run(t.Context()))
		require.NoError(t, r.Close())
		name, data := newest(t, r.Folder())
		want[name] = string(data)
	}

	disk := newSlowDisk(runs.ModelFolder)
	root := t.TempDir()
	path := filepath.Join(root, "train0", "model", "checkpoint-00000002.safetensors")
	r, err := Open(t.Context(), Options{Config: c, Root: root, Threads: 1, fs: disk, Hooks: each(func(step int64) error {
		switch step {
		case 3:
			assert.NoFileExists(t, path, "it is being written")
			for range 3 {
				disk.next <- nil
			}
		case 4:
			assert.FileExists(t, path, "the one of step 4 waited for it")
		}
		return nil
	})})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, 1, disk.most, "one at a time")
	assert.Equal(t, 3, disk.total)
	assert.Equal(t, int64(6), r.saved)
	for name, content := range want {
		data, err := os.ReadFile(filepath.Join(root, "train0", "model", name))
		require.NoError(t, err)
		assert.True(t, content == string(data), name)
	}
}

// TestCheckpointsByTime are left out while another is being written, instead of waiting for it.
func TestCheckpointsByTime(t *testing.T) {
	c := faultRun(t)
	c.CheckpointEvery = config.EveryTime(time.Second)
	disk := newSlowDisk(runs.ModelFolder)
	now := time.Unix(1e9, 0)
	var r *Runner
	r, err := Open(t.Context(), Options{
		Config: c, Root: t.TempDir(), Threads: 1, Keep: 9, fs: disk, clock: func() time.Time { return now },
		Hooks: each(func(step int64) error {
			now = now.Add(time.Second)
			if step == 4 {
				disk.next <- nil
				disk.next <- nil
				disk.next <- nil
				require.Eventually(t, func() bool { return len(r.saver.done) == 1 }, time.Minute, time.Millisecond)
			}
			return nil
		}),
	})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{2, 5, 6}, checkpointSteps(t, r.Folder()))
	assert.Equal(t, 1, disk.most)
}

// TestStopWaitsForTheCheckpoint that is being written, and saves the state at hand.
func TestStopWaitsForTheCheckpoint(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	disk := newSlowDisk(runs.ModelFolder)
	r, err := Open(ctx, Options{Config: faultRun(t), Root: t.TempDir(), Threads: 1, fs: disk, Hooks: each(func(step int64) error {
		if step == 3 {
			cancel()
			time.AfterFunc(20*time.Millisecond, func() { disk.next <- nil; disk.next <- nil })
		}
		return nil
	})})
	require.NoError(t, err)
	require.ErrorIs(t, r.Run(ctx), context.Canceled)
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{2, 3}, checkpointSteps(t, r.Folder()))
	assert.Equal(t, 1, disk.most)
}

// TestFailedCheckpointIsToldAtTheNextStep and does no harm to the ones before it.
func TestFailedCheckpointIsToldAtTheNextStep(t *testing.T) {
	full := &os.PathError{Op: "sync", Path: "disk", Err: syscall.ENOSPC}
	disk := newSlowDisk(runs.ModelFolder)
	for _, err := range []error{nil, full, nil} {
		disk.next <- err
	}
	var out bytes.Buffer
	var r *Runner
	r, err := Open(t.Context(), Options{Config: faultRun(t), Root: t.TempDir(), Threads: 1, Keep: 1, fs: disk, Console: &out, Hooks: each(func(step int64) error {
		switch step {
		case 4:
			require.Eventually(t, func() bool { return len(r.saver.done) == 1 }, time.Minute, time.Millisecond)
		case 5:
			assert.Contains(t, out.String(), "Warning: the checkpoint of step 4 could not be saved, and the training goes on; the newest is that of step 2: ")
			assert.Equal(t, []int64{2}, checkpointSteps(t, r.Folder()))
		}
		return nil
	})})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{6}, checkpointSteps(t, r.Folder()))
}

// TestLastCheckpointFails is an error, and so is one that a stop or a user asks for; the older ones stay.
func TestLastCheckpointFails(t *testing.T) {
	full := &os.PathError{Op: "sync", Path: "disk", Err: syscall.ENOSPC}
	disk := newSlowDisk(runs.ModelFolder)
	for _, err := range []error{nil, full, nil, full} {
		disk.next <- err
	}
	var asked error
	var r *Runner
	r, err := Open(t.Context(), Options{Config: faultRun(t), Root: t.TempDir(), Threads: 1, Keep: 1, fs: disk, Hooks: each(func(step int64) error {
		if step == 3 {
			asked = r.Save()
		}
		return nil
	})})
	require.NoError(t, err)
	err = r.Run(t.Context())
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.Equal(t, 1, strings.Count(err.Error(), "no space left"), "told once: %v", err)
	assert.ErrorIs(t, asked, syscall.ENOSPC)
	assert.False(t, r.Finished())
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{4}, checkpointSteps(t, r.Folder()))
	assert.Equal(t, 4, disk.total)
}

// TestPruneFails is a warning: the checkpoint itself is there.
func TestPruneFails(t *testing.T) {
	var out bytes.Buffer
	r, err := Open(t.Context(), Options{Config: faultRun(t), Root: t.TempDir(), Threads: 1, Keep: 1, fs: sticky{vfs.OS}, Console: &out})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{2, 4, 6}, checkpointSteps(t, r.Folder()))
	assert.Contains(t, out.String(), "Warning: beside the checkpoint of step 6: runs: prune")
}

// sticky is a disk whose files cannot be removed.
type sticky struct{ vfs.FS }

func (sticky) Remove(name string) error {
	return &os.PathError{Op: "remove", Path: name, Err: syscall.EPERM}
}

// TestOtherErrorsEndTheTraining, such as one that no other disk would help against.
func TestOtherErrorsEndTheTraining(t *testing.T) {
	broken := errors.New("broken")
	disk := newSlowDisk(runs.ModelFolder)
	for _, err := range []error{broken, nil} {
		disk.next <- err
	}
	r, err := Open(t.Context(), Options{Config: faultRun(t), Root: t.TempDir(), Threads: 1, fs: disk})
	require.NoError(t, err)
	require.ErrorIs(t, r.Run(t.Context()), broken)
	require.NoError(t, r.Close())
	steps := checkpointSteps(t, r.Folder())
	require.Len(t, steps, 1, "what could be saved is saved")
	assert.Less(t, steps[0], int64(6))
}

// TestNoSnapshotWithoutCheckpoints takes no memory for what is never needed.
func TestNoSnapshotWithoutCheckpoints(t *testing.T) {
	c := faultRun(t)
	p, err := MakePlan(t.Context(), Options{Config: c})
	require.NoError(t, err)
	c.CheckpointEvery = config.Every{}
	q, err := MakePlan(t.Context(), Options{Config: c})
	require.NoError(t, err)
	// Two networks, Adam's two moments; running averages and gaps are the rest.
	assert.InEpsilon(t, 3*p.ParameterBytes, p.TensorBytes-q.TensorBytes, 0.3)
	r, err := Open(t.Context(), Options{Config: c, Root: t.TempDir()})
	require.NoError(t, err)
	assert.Nil(t, r.saver.snapshot)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{6}, checkpointSteps(t, r.Folder()))
}

func TestPacer(t *testing.T) {
	hurry := make(chan struct{})
	p := pacer{work: workTime, hurry: hurry, began: time.Now()}
	p.rest()
	assert.Less(t, time.Since(p.began), workTime, "no rest without work")
	worked := 4 * time.Millisecond
	p.began = time.Now().Add(-worked)
	start := time.Now()
	p.rest()
	assert.Greater(t, time.Since(start), restShare*worked*9/10)
	close(hurry)
	p.began = time.Now().Add(-time.Hour)
	start = time.Now()
	p.rest()
	assert.Less(t, time.Since(start), time.Second, "somebody waits")
}

// TestKeep keeps as many as it is told.
func TestKeep(t *testing.T) {
	for keep, want := range map[int][]int64{0: {4, 5, 6}, 1: {6}, 5: {2, 3, 4, 5, 6}} {
		c := faultRun(t)
		c.CheckpointEvery = config.EverySteps(1)
		r, err := Open(t.Context(), Options{Config: c, Root: t.TempDir(), Keep: keep})
		require.NoError(t, err)
		require.NoError(t, r.Run(t.Context()))
		require.NoError(t, r.Close())
		assert.Equal(t, want, checkpointSteps(t, r.Folder()), "keep %d", keep)
	}
	_, err := Open(t.Context(), Options{Config: faultRun(t), Root: t.TempDir(), Keep: -1})
	assert.ErrorContains(t, err, "keep -1")
}
