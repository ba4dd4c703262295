package runs_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
	"ganlib/vfs"
	"ganlib/vfs/faultfs"
)

// diskOps does f on a disk that is sound, and returns the operations.
func diskOps(t *testing.T, f func(disk *faultfs.FS, dir string) error) []faultfs.Op {
	t.Helper()
	dir := t.TempDir()
	disk, err := faultfs.New(dir)
	require.NoError(t, err)
	require.NoError(t, f(disk, dir))
	return disk.Ops()
}

// TestWriteFileAtEveryFault replaces a file and lets each operation fail, or the machine lose power there: the
// file has its old content or the new, whole, and what succeeded is durable.
func TestWriteFileAtEveryFault(t *testing.T) {
	const name, old, now = "a", "old content", "new content, which is longer"
	replace := func(disk *faultfs.FS, dir string) error {
		return runs.WriteFileFS(disk, filepath.Join(dir, name), text(now))
	}
	begin := func(t *testing.T, rule faultfs.Rule) (disk *faultfs.FS, dir, path string) {
		dir = t.TempDir()
		path = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(old), 0o666))
		disk, err := faultfs.New(dir)
		require.NoError(t, err)
		disk.Inject(rule)
		return disk, dir, path
	}
	for _, op := range diskOps(t, replace) {
		for _, failure := range []error{syscall.ENOSPC, syscall.EIO, faultfs.Short{Err: syscall.ENOSPC}} {
			t.Run(fmt.Sprintf("%d %s %v", op.N, op.Kind, failure), func(t *testing.T) {
				disk, dir, path := begin(t, faultfs.At(op.N, failure))
				err := replace(disk, dir)
				require.ErrorIs(t, err, failure)
				assert.ErrorContains(t, err, "runs: write "+path)
				if op.Kind == faultfs.SyncDir { // which comes after the rename
					onlyFile(t, path, now)
				} else {
					onlyFile(t, path, old)
				}
				require.NoError(t, replace(disk, dir))
				require.NoError(t, disk.PowerCut(nil))
				onlyFile(t, path, now)
			})
		}
		for seed := range uint64(20) {
			disk, dir, path := begin(t, faultfs.At(op.N, faultfs.Short{Err: faultfs.ErrKilled}))
			require.ErrorIs(t, replace(disk, dir), faultfs.ErrKilled)
			require.NoError(t, disk.PowerCut(rand.New(rand.NewPCG(seed, 1))))
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Contains(t, []string{old, now}, string(data), "operation %d, %s", op.N, op.Kind)
		}
	}
}

// TestCreateAtEveryFault makes a run, in a folder that does not exist, and lets each operation fail, or the machine
// lose power there: there is a whole run or none, one that was made is durable, and another can be made.
func TestCreateAtEveryFault(t *testing.T) {
	create := func(disk vfs.FS, dir string) error {
		r, err := runs.CreateFS(disk, filepath.Join(dir, "deep", "trains"), "train", config)
		if err == nil {
			err = r.Close()
		}
		return err
	}
	// count counts the runs, which must be whole, and what else lies beside them.
	count := func(dir string) (whole, others int) {
		names, err := filepath.Glob(filepath.Join(dir, "deep", "trains", "*"))
		require.NoError(t, err)
		for _, name := range names {
			if !strings.HasPrefix(filepath.Base(name), "train") {
				others++
				continue
			}
			whole++
			r, err := runs.Open(name)
			require.NoError(t, err)
			data, err := os.ReadFile(r.Join(runs.ConfigFile))
			require.NoError(t, err)
			assert.Equal(t, string(config[runs.ConfigFile]), string(data))
			for _, folder := range []string{runs.ModelFolder, runs.GridFolder, runs.RealLogs, runs.GeneratorLossLogs} {
				assert.DirExists(t, r.Join(folder))
			}
		}
		return whole, others
	}
	for _, op := range diskOps(t, func(disk *faultfs.FS, dir string) error { return create(disk, dir) }) {
		for _, failure := range []error{syscall.ENOSPC, faultfs.ErrKilled} {
			dir := t.TempDir()
			disk, err := faultfs.New(dir)
			require.NoError(t, err)
			disk.Inject(faultfs.At(op.N, failure))
			err = create(disk, dir)
			where := fmt.Sprintf("operation %d, %s: %v", op.N, op.Kind, failure)
			require.ErrorIs(t, err, failure, where)
			before, others := count(dir)
			if failure == syscall.ENOSPC { // it can tidy up
				assert.Zero(t, before+others, where)
			}
			require.NoError(t, create(vfs.OS, dir), where)
			after, _ := count(dir)
			assert.Equal(t, before+1, after, where)
		}
	}
	dir := t.TempDir()
	disk, err := faultfs.New(dir)
	require.NoError(t, err)
	require.NoError(t, create(disk, dir))
	require.NoError(t, disk.PowerCut(nil))
	whole, _ := count(dir)
	assert.Equal(t, 1, whole, "what was made is durable")
}
