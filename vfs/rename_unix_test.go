//go:build unix

package vfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Both ways to rename a folder, for the file systems that have the flag and those that do not.
func TestRenameNeverReplaces(t *testing.T) {
	for name, rename := range map[string]func(from, to string) error{"flag": renameNew, "mkdir": renameOverEmpty} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			from, to := filepath.Join(root, "from"), filepath.Join(root, "to")
			require.NoError(t, os.Mkdir(from, 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(from, "a"), nil, 0o666))

			require.NoError(t, os.Mkdir(to, 0o777))
			require.ErrorIs(t, rename(from, to), fs.ErrExist, "an empty folder")
			require.NoError(t, os.Remove(to))
			require.NoError(t, os.WriteFile(to, []byte("old"), 0o666))
			require.ErrorIs(t, rename(from, to), fs.ErrExist, "a file")
			data, err := os.ReadFile(to)
			require.NoError(t, err)
			assert.Equal(t, "old", string(data))
			require.NoError(t, os.Remove(to))
			require.NoError(t, os.Symlink("nowhere", to))
			require.ErrorIs(t, rename(from, to), fs.ErrExist, "a dangling link")
			require.NoError(t, os.Remove(to))

			require.NoError(t, rename(from, to))
			assert.FileExists(t, filepath.Join(to, "a"))
			assert.NoDirExists(t, from)
			require.ErrorIs(t, rename(from, filepath.Join(root, "other")), fs.ErrNotExist)
			assert.NoDirExists(t, filepath.Join(root, "other"), "a failed rename leaves nothing")
		})
	}
}
