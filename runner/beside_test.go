package runner

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/report/events"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
)

// picturesEach is faultRun with pictures at each step, and no exports, which would wait for some of them.
func picturesEach(t *testing.T) config.Config {
	t.Helper()
	c := faultRun(t)
	c.SampleEvery, c.ExportEvery = config.EverySteps(1), config.Every{}
	return c
}

// computed returns a hook that calls f with the number of steps done as soon as the step is, before its pictures
// are drawn.
func computed(f func(step int64)) variants.Hook {
	return variants.Hook{Name: "computed", Stats: func(t *variants.Trainer, _ []variants.Stats) error {
		f(t.Progress().GeneratorSteps)
		return nil
	}}
}

// shown returns the pictures of a run, by their paths in it, and the steps of those in its event files, by folder.
func shown(t *testing.T, run string) (files map[string]string, steps map[string][]int64) {
	t.Helper()
	files, steps = map[string]string{}, map[string][]int64{}
	for _, folder := range []string{runs.FixedGridFolder, runs.GridFolder, runs.SingleFolder} {
		names, err := filepath.Glob(filepath.Join(run, folder, "*"))
		require.NoError(t, err)
		for _, name := range names {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			files[filepath.Join(folder, filepath.Base(name))] = string(data)
		}
	}
	for _, folder := range []string{runs.RealLogs, runs.FakeFixedLogs, runs.FakeDifferentLogs, runs.FakeSingularLogs} {
		require.NoError(t, events.ReadFolder(filepath.Join(run, filepath.FromSlash(folder)), func(e *events.Event) error {
			for range e.Values {
				steps[folder] = append(steps[folder], e.Step)
			}
			return nil
		}))
	}
	return files, steps
}

// TestTrainingGoesOnWhilePicturesAreWritten holds the disk at the pictures of the first step. Two more steps are
// made meanwhile: the second step's pictures wait, and with the third's the training does. In the end everything is
// as if the disk had been fast.
func TestTrainingGoesOnWhilePicturesAreWritten(t *testing.T) {
	c := picturesEach(t)
	c.CheckpointEvery = config.Every{} // which would wait
	sound, err := Open(t.Context(), Options{Config: c, Root: t.TempDir(), Threads: 1})
	require.NoError(t, err)
	require.NoError(t, sound.Run(t.Context()))
	require.NoError(t, sound.Close())
	files, steps := shown(t, sound.Folder())
	require.Len(t, files, 3*6+1)

	disk := newSlowDisk(runs.FixedGridFolder)
	root := t.TempDir()
	first := filepath.Join(root, "train0", runs.FixedGridFolder, "generated_img0_0.png")
	reached := int64(0)
	var r *Runner
	hooks := append(each(func(step int64) error {
		if step == 3 {
			assert.FileExists(t, first, "the third step waited for it")
			for range 5 {
				disk.next <- nil
			}
		}
		assert.LessOrEqual(t, len(r.beside.list), 2, "one is written and one waits, at most")
		return nil
	}), computed(func(step int64) {
		reached = step
		if step == 3 {
			assert.NoFileExists(t, first, "it is being written")
			time.AfterFunc(50*time.Millisecond, func() { disk.next <- nil })
		}
	}))
	r, err = Open(t.Context(), Options{Config: c, Root: root, Threads: 1, fs: disk, Hooks: hooks})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, int64(6), reached)
	assert.Equal(t, 1, disk.most, "one after the other")
	assert.Equal(t, 6, disk.total)
	haveFiles, haveSteps := shown(t, r.Folder())
	for name := range files {
		assert.True(t, files[name] == haveFiles[name], name)
	}
	assert.Len(t, haveFiles, len(files))
	assert.Equal(t, []int64{0, 1, 2, 3, 4, 5}, haveSteps[runs.FakeFixedLogs])
	assert.Equal(t, steps, haveSteps)
}

// TestCheckpointWaitsForItsPictures: a run that goes on from it does not draw them again.
func TestCheckpointWaitsForItsPictures(t *testing.T) {
	c := faultRun(t)
	c.ExportEvery = config.Every{}
	disk := newSlowDisk(runs.FixedGridFolder)
	root := t.TempDir()
	begun := func() bool { // or written already
		files, err := os.ReadDir(filepath.Join(root, "train0", runs.ModelFolder))
		return err == nil && len(files) > 0
	}
	var r *Runner
	r, err := Open(t.Context(), Options{Config: c, Root: root, Threads: 1, fs: disk, Hooks: each(func(step int64) error {
		if step != 3 {
			return nil
		}
		assert.Never(t, begun, 300*time.Millisecond, 10*time.Millisecond, "pictures of step 1 are being written")
		disk.next <- nil
		assert.Eventually(t, begun, time.Minute, time.Millisecond)
		time.AfterFunc(50*time.Millisecond, func() {
			for range 3 {
				disk.next <- nil
			}
		})
		require.NoError(t, r.Save())
		assert.FileExists(t, filepath.Join(root, "train0", runs.FixedGridFolder, "generated_img0_2.png"), "of step 3, which is saved")
		return nil
	})})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{3, 4, 6}, checkpointSteps(t, r.Folder()))
}

// TestStopWaitsForPictures that are being written or wait.
func TestStopWaitsForPictures(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	disk := newSlowDisk(runs.FixedGridFolder)
	r, err := Open(ctx, Options{Config: picturesEach(t), Root: t.TempDir(), Threads: 1, fs: disk, Hooks: each(func(step int64) error {
		if step == 2 {
			cancel()
			time.AfterFunc(50*time.Millisecond, func() { disk.next <- nil; disk.next <- nil })
		}
		return nil
	})})
	require.NoError(t, err)
	require.ErrorIs(t, r.Run(ctx), context.Canceled)
	files, steps := shown(t, r.Folder())
	assert.Len(t, files, 3*2)
	assert.Equal(t, []int64{0, 1}, steps[runs.RealLogs])
	require.NoError(t, r.Close())
	assert.Equal(t, []int64{2}, checkpointSteps(t, r.Folder()))
}

// TestPicturesThatFail are a warning if it is the disk's fault, told once until some are written again, and the end
// of the training if it is not; what was trained is saved.
func TestPicturesThatFail(t *testing.T) {
	full := &os.PathError{Op: "sync", Path: "disk", Err: syscall.ENOSPC}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		results []error
		want    error
		told    int
	}{
		"full disk":                {[]error{full, full, nil, full, nil, nil}, nil, 2},
		"full disk at the end":     {[]error{nil, nil, nil, nil, nil, full}, syscall.ENOSPC, 0},
		"another error":            {[]error{nil, broken, nil, nil, nil, nil}, broken, 0},
		"another error, at a stop": {[]error{nil, nil, nil, nil, broken, nil}, broken, 0},
	} {
		t.Run(name, func(t *testing.T) {
			disk := newSlowDisk(runs.FixedGridFolder)
			for _, err := range c.results {
				disk.next <- err
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out bytes.Buffer
			r, err := Open(ctx, Options{Config: picturesEach(t), Root: t.TempDir(), Threads: 1, fs: disk, Console: &out, Hooks: each(func(step int64) error {
				if step == 5 && strings.HasSuffix(name, "a stop") {
					cancel()
				}
				return nil
			})})
			require.NoError(t, err)
			require.ErrorIs(t, r.Run(ctx), c.want)
			assert.Equal(t, c.want == nil, r.Finished())
			require.NoError(t, r.Close())
			assert.Equal(t, c.told, strings.Count(out.String(), "Warning: the samples could not be written, and the training goes on: "), out.String())
			steps := checkpointSteps(t, r.Folder())
			require.NotEmpty(t, steps)
			assert.Equal(t, r.trainer.Progress().GeneratorSteps, steps[len(steps)-1])
		})
	}
}

// exporting is a training of three steps that exports its networks after the first and the last, and no more.
func exporting(t *testing.T, preset string) config.Config {
	t.Helper()
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: []string{
		"IMAGE_SIZE=16", "BATCH_SIZE=4", "FEATURES_CRITIC=4", "FEATURES_GEN=4", "NUM_EPOCHS=1", "Z_DIM=4", "CRITIC_ITERATIONS=1",
		"DATA_ROOT=" + faultRun(t).DataRoot, "DEVICE=cpu", "LOG_EVERY=1", "SAMPLE_EVERY=never", "CHECKPOINT_EVERY=never", "EXPORT_EVERY=2",
	}})
	require.NoError(t, err)
	return c
}

// TestTrainingGoesOnWhileExporting holds the disk at the networks of the first step. What is written is their state
// then, and the last step's at the end.
func TestTrainingGoesOnWhileExporting(t *testing.T) {
	for preset, file := range map[string]string{"dcgan16": "exports/generator.safetensors", "catfaces": runs.TorchFile} {
		t.Run(preset, func(t *testing.T) {
			c := exporting(t, preset)
			// exported trains and returns the file as it is in the end.
			exported := func(steps int64, disk vfs.FS, look func(path string)) string {
				root := t.TempDir()
				path := filepath.Join(root, "train0", filepath.FromSlash(file))
				r, err := Open(t.Context(), Options{Config: c, Root: root, Threads: 1, Steps: steps, fs: disk, Hooks: each(func(step int64) error {
					if step == 2 {
						look(path)
					}
					return nil
				})})
				require.NoError(t, err)
				require.NoError(t, r.Run(t.Context()))
				require.NoError(t, r.Close())
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				return string(data)
			}
			first, last := exported(1, vfs.OS, nil), exported(3, vfs.OS, func(string) {})
			require.NotEqual(t, first, last)
			disk := newSlowDisk(filepath.Base(filepath.Dir(file)))
			got := exported(3, disk, func(path string) {
				assert.NoFileExists(t, path, "it is being written")
				for range cap(disk.next) {
					disk.next <- nil
				}
				written := func() bool { data, _ := os.ReadFile(path); return string(data) == first }
				assert.Eventually(t, written, time.Minute, time.Millisecond)
			})
			assert.True(t, last == got)
		})
	}
}

// TestLastExportComesLast, even if an earlier one is still being written when the training ends.
func TestLastExportComesLast(t *testing.T) {
	disk := newSlowDisk(runs.ModelFolder)
	r, err := Open(t.Context(), Options{Config: exporting(t, "catfaces"), Root: t.TempDir(), Threads: 1, fs: disk, Hooks: []variants.Hook{
		computed(func(step int64) {
			if step == 3 {
				time.AfterFunc(50*time.Millisecond, func() {
					for range 3 {
						disk.next <- nil
					}
				})
			}
		}),
	}})
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context()))
	assert.Equal(t, float32(3), r.torchSteps(t))
	require.NoError(t, r.Close())
	assert.Equal(t, 1, disk.most, "one after the other")
}

// TestWhatWaitsIsCounted: the memory of a run holds two steps' samples and what the pictures of one take, or two
// steps' networks.
func TestWhatWaitsIsCounted(t *testing.T) {
	c := faultRun(t)
	with, err := measure(device.NewMeta(), c, 4)
	require.NoError(t, err)
	c.ExportEvery = config.Every{}
	without, err := measure(device.NewMeta(), c, 4)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, with.passing-without.passing, 2*with.params)

	c.GridImages, c.BatchSize = 16, 32
	sample := device.Shape{16, 16, 3}
	batch := int64(4 * 16 * sample.Len())   // two grids of them a step
	pixels := 3 * int64(4*16*(16+2)*(16+2)) // with the real ones
	assert.GreaterOrEqual(t, pictureBytes(c, sample), 2*2*batch+pixels)
	c.Compat, err = config.NewCompat(config.SwitchGridTrainMode)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, pictureBytes(c, sample), 2*2*2*batch+pixels, "that draws whole batches")
}
