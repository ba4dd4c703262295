package faultfs_test

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/vfs"
	"ganlib/vfs/faultfs"
)

func open(t *testing.T, dir string) *faultfs.FS {
	t.Helper()
	f, err := faultfs.New(dir)
	require.NoError(t, err)
	return f
}

// write writes a file, synced or not; its name is never synced.
func write(t *testing.T, fsys vfs.FS, path, content string, sync bool) {
	t.Helper()
	file, err := fsys.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	require.NoError(t, err)
	_, err = file.Write([]byte(content))
	require.NoError(t, err)
	if sync {
		require.NoError(t, file.Sync())
	}
	require.NoError(t, file.Close())
}

// tree returns the contents of all files below dir by slash path; folders end in a slash.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		switch {
		case err != nil || rel == ".":
			return err
		case e.IsDir():
			all[filepath.ToSlash(rel)+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		all[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return all
}

// TestWorksLikeTheSystem does the same with both and compares.
func TestWorksLikeTheSystem(t *testing.T) {
	use := func(fsys vfs.FS, dir string) (all map[string]string, failed []string) {
		path := func(name string) string { return filepath.Join(dir, name) }
		note := func(err error) {
			if err != nil {
				failed = append(failed, strings.ReplaceAll(err.Error(), dir, ""))
			}
		}
		note(fsys.Mkdir(path("folder"), 0o777))
		note(fsys.Mkdir(path("folder"), 0o777))
		note(fsys.Mkdir(path("none/folder"), 0o777))
		write(t, fsys, path("a"), "one", true)
		write(t, fsys, path("b"), "two", false)
		note(fsys.Rename(path("a"), path("b")))
		note(fsys.Rename(path("a"), path("b")))
		note(fsys.RenameNew(path("folder"), path("moved")))
		note(fsys.RenameNew(path("moved"), path("b")))
		write(t, fsys, path("moved/c"), "three", false)
		note(fsys.Remove(path("moved")))
		note(fsys.Remove(path("none")))
		file, err := fsys.OpenFile(path("b"), os.O_RDWR, 0)
		require.NoError(t, err)
		_, err = file.WriteAt([]byte("NE"), 1)
		note(err)
		content := make([]byte, 3)
		_, err = file.ReadAt(content, 0)
		note(err)
		assert.Equal(t, "oNE", string(content))
		note(file.Truncate(2))
		info, err := file.Stat()
		require.NoError(t, err)
		assert.Equal(t, int64(2), info.Size())
		n, err := file.Read(content)
		note(err)
		assert.Equal(t, "oN", string(content[:n]))
		note(file.Close())
		_, err = fsys.OpenFile(path("none"), os.O_RDONLY, 0)
		note(err)
		_, err = fsys.OpenFile(path("b"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		note(err)
		entries, err := fsys.ReadDir(dir)
		require.NoError(t, err)
		assert.Len(t, entries, 2)
		_, err = fsys.Stat(path("none"))
		note(err)
		lock, err := fsys.Lock(path("lock"))
		require.NoError(t, err)
		_, err = fsys.Lock(path("lock"))
		assert.ErrorIs(t, err, vfs.ErrLocked)
		note(lock.Close())
		note(fsys.SyncDir(dir))
		return tree(t, dir), failed
	}
	plain, faulty := t.TempDir(), t.TempDir()
	want, wantFailed := use(vfs.OS, plain)
	f := open(t, faulty)
	got, gotFailed := use(f, faulty)
	assert.Equal(t, want, got)
	assert.Len(t, gotFailed, len(wantFailed), "%v\n%v", wantFailed, gotFailed)
	// Other words, for what the folder's table does not have.
	require.NoError(t, f.PowerCut(nil))
	assert.NotContains(t, tree(t, faulty), "moved/c")
}

func TestOutsideIsAnError(t *testing.T) {
	f := open(t, t.TempDir())
	_, err := f.OpenFile(filepath.Join(t.TempDir(), "a"), os.O_CREATE|os.O_WRONLY, 0o666)
	assert.ErrorContains(t, err, "is outside")
	dir := t.TempDir()
	g := open(t, dir)
	require.NoError(t, g.Mkdir(filepath.Join(dir, "folder"), 0o777))
	write(t, g, filepath.Join(dir, "a"), "", false)
	assert.Error(t, g.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "folder", "a")), "it is not simulated")
}

func TestRules(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	f := open(t, dir)
	stat := func() error { _, err := f.Stat(dir); return err }
	create := func() error { _, err := f.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666); return err }

	f.Inject(faultfs.At(2, syscall.EIO))
	require.NoError(t, stat())
	err := stat()
	require.ErrorIs(t, err, syscall.EIO)
	var named *fs.PathError
	require.ErrorAs(t, err, &named)
	assert.Equal(t, dir, named.Path)
	require.NoError(t, stat())

	f.Inject(faultfs.From(4, syscall.ENOSPC).Changing())
	require.NoError(t, stat())
	require.ErrorIs(t, create(), syscall.ENOSPC)
	assert.NoFileExists(t, path)
	require.ErrorIs(t, create(), syscall.ENOSPC)
	require.NoError(t, stat())

	f.Inject(faultfs.From(1, syscall.EIO).Only(faultfs.Stat))
	require.NoError(t, create())
	require.ErrorIs(t, stat(), syscall.EIO)

	f.Inject(faultfs.At(len(f.Ops())+1, faultfs.ErrKilled))
	require.ErrorIs(t, stat(), faultfs.ErrKilled)
	f.Inject(nil)
	require.ErrorIs(t, stat(), faultfs.ErrKilled, "the dead stay dead")
	ops := f.Ops()
	assert.Equal(t, faultfs.Op{N: 1, Kind: faultfs.Stat, Path: dir}, ops[0])
	assert.Equal(t, faultfs.Op{N: len(ops), Kind: faultfs.Stat, Path: dir}, ops[len(ops)-1])
}

func TestShortWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	f := open(t, dir)
	file, err := f.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666)
	require.NoError(t, err)
	for _, want := range []error{syscall.ENOSPC, faultfs.ErrKilled} {
		f.Inject(faultfs.From(1, faultfs.Short{Err: want}))
		n, err := file.WriteAt([]byte("abcdef"), 0)
		require.ErrorIs(t, err, want)
		assert.Equal(t, 3, n)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "abc", string(data))
		assert.Error(t, file.Sync())
	}
	require.Error(t, file.Close())
	assert.ErrorIs(t, file.Close(), os.ErrClosed, "it was closed although it failed")
}

// TestPowerCut leaves what is durable, and nothing else.
func TestPowerCut(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	require.NoError(t, os.MkdirAll(path("old/deep"), 0o777))
	require.NoError(t, os.WriteFile(path("old/kept"), []byte("kept"), 0o666))
	require.NoError(t, os.WriteFile(path("old/replaced"), []byte("before"), 0o666))
	require.NoError(t, os.WriteFile(path("old/removed"), []byte("removed"), 0o666))
	f := open(t, dir)
	require.NoError(t, f.Mkdir(path("lost"), 0o777))
	require.NoError(t, f.Mkdir(path("old/new"), 0o777))
	write(t, f, path("old/synced"), "all of it", true)
	write(t, f, path("old/named"), "nothing of it", false)
	require.NoError(t, f.SyncDir(path("old")))
	write(t, f, path("old/nameless"), "synced, but not its name", true)
	write(t, f, path("old/kept"), "overwritten", false)
	require.NoError(t, f.Remove(path("old/removed")))
	write(t, f, path("old/new/deep"), "x", true)
	write(t, f, path("old/deep/temp"), "after", true)
	require.NoError(t, f.Rename(path("old/synced"), path("old/replaced")))
	require.NoError(t, f.PowerCut(nil))
	assert.Equal(t, map[string]string{
		"old/": "", "old/deep/": "", "old/new/": "", "old/kept": "kept", "old/replaced": "before", "old/removed": "removed",
		"old/synced": "all of it", "old/named": "",
	}, tree(t, dir))
	_, err := f.Stat(dir)
	assert.ErrorIs(t, err, faultfs.ErrKilled)
	f = open(t, dir)
	require.NoError(t, f.SyncDir(path("old")))
	require.NoError(t, f.PowerCut(nil))
	assert.Equal(t, "kept", tree(t, dir)["old/kept"], "what is left is durable")
}

// TestPowerCutTears leaves any part of what is not durable.
func TestPowerCutTears(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(300) {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		require.NoError(t, os.WriteFile(path, []byte("0123"), 0o666))
		f := open(t, dir)
		write(t, f, path, "01xyz", false)
		write(t, f, filepath.Join(dir, "b"), "b", false)
		require.NoError(t, f.Rename(filepath.Join(dir, "b"), filepath.Join(dir, "c")))
		require.NoError(t, f.PowerCut(rand.New(rand.NewPCG(seed, 0))))
		all := tree(t, dir)
		require.Contains(t, all, "a")
		seen["a:"+all["a"]] = true
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(s string) bool { return s == "a" })
		seen[strings.Join(names, ",")] = true
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(seen)), []string{
		"", "a:01", "a:0123", "a:01\x00\x00\x00", "a:01x", "a:01x3", "a:01x\x00\x00", "a:01xy", "a:01xy\x00", "a:01xyz", "b", "c",
	})
}

func TestNewErrors(t *testing.T) {
	_, err := faultfs.New(filepath.Join(t.TempDir(), "none"))
	assert.True(t, errors.Is(err, fs.ErrNotExist))
}
