package runs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
)

var config = map[string][]byte{runs.ConfigFile: []byte("SEED: 1\n")}

func create(t testing.TB, root, name string) *runs.Run {
	t.Helper()
	r, err := runs.Create(root, name, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// tree lists everything below folder, with slashes.
func tree(t *testing.T, folder string) []string {
	t.Helper()
	var list []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(folder, path)
		if rel != "." {
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	}))
	return list
}

func TestCreateLayout(t *testing.T) {
	root := filepath.Join(t.TempDir(), "deep", "trains") // made on the way
	r, err := runs.Create(root, "train", map[string][]byte{
		runs.ConfigFile: []byte("SEED: 1\n"), "notes/a.txt": []byte("hello")})
	require.NoError(t, err)
	defer func() { _ = r.Close() }()
	assert.Equal(t, filepath.Join(root, "train0"), r.Path())
	assert.Equal(t, "train0", r.Name())
	assert.Equal(t, []string{
		".lock",
		"generated_grid_images", "generated_grid_images_fixed", "generated_images_fixed",
		"layout", "layout/train.config.backup.yaml",
		"logs", "logs/criticLoss", "logs/criticLoss_GP", "logs/fake_different", "logs/fake_fixed",
		"logs/fake_singular", "logs/genLoss", "logs/real",
		"model", "notes", "notes/a.txt",
	}, tree(t, r.Path()))
	data, err := os.ReadFile(r.Join(runs.ConfigFile))
	require.NoError(t, err)
	assert.Equal(t, "SEED: 1\n", string(data))
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "the temporary folder is gone")
}

func TestCreateIDs(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"train0", "train2", "cat", "catfaces0", "cat1x", "axb7"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o777))
	}
	// A file takes no part in the count, but its name is taken.
	require.NoError(t, os.WriteFile(filepath.Join(root, "file0"), []byte("old"), 0o666))
	for _, c := range [][2]string{
		{"train", "train3"}, {"train", "train4"}, {"cat", "cat0"}, {"a.b", "a.b0"}, {"new", "new0"}, {"file", "file1"},
	} {
		assert.Equal(t, c[1], create(t, root, c[0]).Name())
	}
	old, err := os.ReadFile(filepath.Join(root, "file0"))
	require.NoError(t, err)
	assert.Equal(t, "old", string(old))
}

func TestCreateCountsLinks(t *testing.T) {
	root := t.TempDir()
	if err := os.Symlink(t.TempDir(), filepath.Join(root, "train6")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	assert.Equal(t, "train7", create(t, root, "train").Name())
}

func TestCreateConcurrently(t *testing.T) {
	root := t.TempDir()
	const workers, each = 8, 5
	names := make([][]string, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for range each {
				r, err := runs.Create(root, "train", config)
				if assert.NoError(t, err) {
					names[i] = append(names[i], r.Name())
					assert.NoError(t, r.Close())
				}
			}
		})
	}
	wg.Wait()
	got := slices.Concat(names...)
	slices.Sort(got)
	assert.Len(t, slices.Compact(got), workers*each)
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Len(t, entries, workers*each)
	for i := range workers * each {
		_, err := runs.Open(filepath.Join(root, fmt.Sprintf("train%d", i)))
		assert.NoError(t, err, "ids have no gap")
	}
}

func TestCreateErrors(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	c := []byte("SEED: 1\n")
	cases := []struct {
		name, root, run string
		files           map[string][]byte
		want            string
	}{
		{"name", root, "a/b", config, `runs: name "a/b"`},
		{"no configuration", root, "train", map[string][]byte{"a": nil}, "files: want layout/train.config.backup.yaml"},
		{"path outside", root, "train", map[string][]byte{runs.ConfigFile: c, "../a": nil}, `file "../a": want a path inside the run`},
		{"absolute path", root, "train", map[string][]byte{runs.ConfigFile: c, "/a": nil}, `file "/a"`},
		{"root is a file", file, "train", config, file},
		{"root below a file", filepath.Join(file, "trains"), "train", config, file},
		{"file where a folder is", root, "train", map[string][]byte{runs.ConfigFile: c, "logs": nil}, "logs"},
		{"file below a file", root, "train", map[string][]byte{runs.ConfigFile: c, runs.ConfigFile + "/x": nil}, runs.ConfigFile},
		{"path too long", root, "train", map[string][]byte{runs.ConfigFile: c, strings.Repeat("x", 300): nil}, "xxx"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := runs.Create(c.root, c.run, c.files)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "runs: ")
			assert.Equal(t, []string{"file"}, tree(t, root), "no folder is left")
		})
	}
}
