package vfs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/vfs"
)

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o666))
	data, err := vfs.ReadFile(vfs.OS, path)
	require.NoError(t, err)
	assert.Equal(t, "content", string(data))
	_, err = vfs.ReadFile(vfs.OS, path+"x")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = vfs.ReadFile(vfs.OS, filepath.Dir(path))
	assert.Error(t, err, "a folder")
}

func TestRenameReplaces(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	require.NoError(t, os.WriteFile(from, []byte("new"), 0o666))
	require.NoError(t, os.WriteFile(to, []byte("old"), 0o666))
	require.NoError(t, vfs.OS.Rename(from, to))
	data, err := os.ReadFile(to)
	require.NoError(t, err)
	assert.Equal(t, "new", string(data))
	assert.NoFileExists(t, from)
	assert.ErrorIs(t, vfs.OS.Rename(from, to), fs.ErrNotExist)
}

func TestSyncDir(t *testing.T) {
	require.NoError(t, vfs.OS.SyncDir(t.TempDir()))
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := vfs.OS.Lock(path)
	require.NoError(t, err)
	_, err = vfs.OS.Lock(path)
	require.ErrorIs(t, err, vfs.ErrLocked)
	assert.ErrorContains(t, err, path)
	require.NoError(t, first.Close())
	second, err := vfs.OS.Lock(path)
	require.NoError(t, err)
	require.NoError(t, second.Close())
	_, err = vfs.OS.Lock(filepath.Join(path, "below a file"))
	require.Error(t, err)
	assert.NotErrorIs(t, err, vfs.ErrLocked)
}
