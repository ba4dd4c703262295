package runs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// onlyFile requires that the folder of path holds nothing but path, with the given content.
func onlyFile(t *testing.T, path, want string) {
	t.Helper()
	require.Equal(t, []string{filepath.Base(path)}, tree(t, filepath.Dir(path)))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	require.NoError(t, runs.WriteFile(path, text("one")))
	onlyFile(t, path, "one")
	require.NoError(t, runs.WriteFile(path, text("")))
	onlyFile(t, path, "")
	big := bytes.Repeat([]byte("0123456789"), 100_000)
	require.NoError(t, runs.WriteFile(path, text(string(big))))
	onlyFile(t, path, string(big))
	info, err := os.Stat(path)
	require.NoError(t, err)
	plain := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o666))
	want, err := os.Stat(plain)
	require.NoError(t, err)
	assert.Equal(t, want.Mode(), info.Mode(), "readable to whom any new file is")

	t.Chdir(t.TempDir())
	require.NoError(t, runs.WriteFile("here.txt", text("x")))
	onlyFile(t, "here.txt", "x")
}

// At every moment while the new content is written the old one is in place.
func TestWriteFileKeepsTheOldUntilTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	require.NoError(t, runs.WriteFile(path, text("old")))
	require.NoError(t, runs.WriteFile(path, func(w io.Writer) error {
		for range 3 {
			if _, err := w.Write(make([]byte, 100_000)); err != nil {
				return err
			}
			got, err := os.ReadFile(path)
			assert.NoError(t, err)
			assert.Equal(t, "old", string(got))
		}
		return nil
	}))
	onlyFile(t, path, string(make([]byte, 300_000)))
}

func TestWriteFileFailsMidway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	broken := errors.New("broken off")
	midway := func(w io.Writer) error {
		_, err := w.Write(make([]byte, 200_000)) // more than the buffer
		return errors.Join(err, broken)
	}
	err := runs.WriteFile(path, midway)
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "runs: write "+path)
	assert.Empty(t, tree(t, filepath.Dir(path)))

	require.NoError(t, runs.WriteFile(path, text("old")))
	require.ErrorIs(t, runs.WriteFile(path, midway), broken)
	onlyFile(t, path, "old")

	assert.PanicsWithValue(t, "no", func() {
		_ = runs.WriteFile(path, func(io.Writer) error { panic("no") })
	})
	onlyFile(t, path, "old")
}

func TestWriteFileErrors(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "file")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o666))
	folder := filepath.Join(root, "folder")
	require.NoError(t, os.Mkdir(folder, 0o777))
	for name, path := range map[string]string{
		"no such folder":      filepath.Join(root, "missing", "a"),
		"folder is a file":    filepath.Join(file, "a"),
		"target is a folder":  folder,
		"ends in a separator": folder + string(filepath.Separator) + "." + string(filepath.Separator),
		"empty":               "",
	} {
		t.Run(name, func(t *testing.T) {
			err := runs.WriteFile(path, text("new"))
			require.ErrorContains(t, err, "runs: write ")
			assert.Equal(t, []string{"file", "folder"}, tree(t, root), "nothing is left")
		})
	}
}
