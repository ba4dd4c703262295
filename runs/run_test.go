package runs_test

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
)

func TestOpen(t *testing.T) {
	root := t.TempDir()
	made := create(t, root, "train")
	for _, path := range []string{made.Path(), made.Path() + "/", made.Path() + "//.", filepath.Join(root, "x", "..") + "/train0"} {
		r, err := runs.Open(path)
		require.NoError(t, err)
		assert.Equal(t, made.Path(), r.Path(), path)
		assert.Equal(t, "train0", r.Name())
		require.NoError(t, r.Close(), "closing what was never locked")
	}
	t.Chdir(made.Path())
	r, err := runs.Open(".")
	require.NoError(t, err)
	assert.Equal(t, "train0", r.Name())
}

func TestOpenErrors(t *testing.T) {
	root := t.TempDir()
	r := create(t, root, "train")
	file := filepath.Join(root, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	odd := filepath.Join(root, "odd")
	require.NoError(t, os.MkdirAll(filepath.Join(odd, runs.ConfigFile), 0o777))
	cases := map[string]error{
		filepath.Join(root, "missing"):   fs.ErrNotExist,
		"":                               runs.ErrNotRun,
		root:                             runs.ErrNotRun,
		r.Join(runs.ModelFolder):         runs.ErrNotRun,
		file:                             runs.ErrNotRun,
		odd:                              runs.ErrNotRun,
		r.Join(runs.ConfigFile):          runs.ErrNotRun,
		filepath.Join(r.Path(), "train"): fs.ErrNotExist,
	}
	for path, want := range cases {
		_, err := runs.Open(path)
		require.ErrorIs(t, err, want, path)
		assert.ErrorContains(t, err, "runs: open "+filepath.Clean(path))
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	made := create(t, root, "train")
	checkpoint := made.CheckpointPath(5)
	require.NoError(t, os.WriteFile(checkpoint, nil, 0o666))
	for _, path := range []string{made.Path(), made.Path() + "/", made.Join(runs.ModelFolder) + "/", checkpoint,
		made.Join(runs.RealLogs), made.Join(runs.ConfigFile)} {
		r, err := runs.Find(path)
		require.NoError(t, err)
		assert.Equal(t, made.Path(), r.Path(), path)
	}
	t.Chdir(made.Join(runs.ModelFolder))
	r, err := runs.Find(filepath.Base(checkpoint))
	require.NoError(t, err)
	assert.Equal(t, "train0", r.Name())

	_, err = runs.Find(root)
	require.ErrorIs(t, err, runs.ErrNotRun)
	assert.ErrorContains(t, err, root)
	_, err = runs.Find(made.CheckpointPath(6))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestLock(t *testing.T) {
	made := create(t, t.TempDir(), "train")
	require.NoError(t, made.Lock(), "Create has locked it already")
	other, err := runs.Open(made.Path())
	require.NoError(t, err, "reading needs no lock")
	err = other.Lock()
	require.ErrorIs(t, err, runs.ErrLocked)
	assert.ErrorContains(t, err, "runs: lock "+made.Path()+": ")
	require.NoError(t, other.Close())
	require.ErrorIs(t, other.Lock(), runs.ErrLocked, "closing one that has no lock releases nothing")

	require.NoError(t, made.Close())
	require.NoError(t, made.Close(), "twice")
	require.NoError(t, other.Lock())
	require.ErrorIs(t, made.Lock(), runs.ErrLocked)
	require.NoError(t, other.Close())
}

// Another process has the lock until it is killed.
func TestLockDiesWithTheProcess(t *testing.T) {
	const variable = "GANLIB_TEST_LOCK"
	if path := os.Getenv(variable); path != "" { // the other process
		r, err := runs.Open(path)
		require.NoError(t, err)
		require.NoError(t, r.Lock())
		_, _ = os.Stdout.WriteString("locked\n")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until it is killed
		return
	}
	made := create(t, t.TempDir(), "train")
	require.NoError(t, made.Close())
	exe, err := os.Executable()
	require.NoError(t, err)
	other := exec.Command(exe, "-test.run", "^"+t.Name()+"$")
	other.Env = append(os.Environ(), variable+"="+made.Path())
	in, err := other.StdinPipe()
	require.NoError(t, err)
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	t.Cleanup(func() { _ = in.Close(); _ = other.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)

	require.ErrorIs(t, made.Lock(), runs.ErrLocked)
	require.NoError(t, other.Process.Kill())
	_ = other.Wait() // it reports the kill
	require.NoError(t, made.Lock())
}

func TestLockRemovesStaleFiles(t *testing.T) {
	made := create(t, t.TempDir(), "train")
	require.NoError(t, made.Close())
	stale := []string{
		"model/.checkpoint-00000005.safetensors.tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"generated_grid_images/.generated_img0_0.png.tmp-234567ABCDEFGHIJKLMNOPQRST",
	}
	kept := []string{"model/.hidden", "model/x.tmp-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "model/.x.tmp-short", "notes.tmp"}
	for _, name := range append(stale, kept...) {
		require.NoError(t, os.WriteFile(made.Join(name), nil, 0o666))
	}
	other, err := runs.Open(made.Path())
	require.NoError(t, err)
	assert.FileExists(t, made.Join(stale[0]), "who only reads removes nothing")
	require.NoError(t, other.Lock())
	defer func() { _ = other.Close() }()
	for _, name := range stale {
		assert.NoFileExists(t, made.Join(name))
	}
	for _, name := range kept {
		assert.FileExists(t, made.Join(name))
	}
}

func TestLockErrors(t *testing.T) {
	made := create(t, t.TempDir(), "train")
	require.NoError(t, made.Close())
	require.NoError(t, os.Remove(made.Join(".lock")))
	require.NoError(t, os.Mkdir(made.Join(".lock"), 0o777))
	err := made.Lock()
	require.ErrorContains(t, err, "runs: lock "+made.Path())
	require.NotErrorIs(t, err, runs.ErrLocked)
}

func TestPictures(t *testing.T) {
	made := create(t, t.TempDir(), "train")
	assert.Equal(t, runs.Pictures{
		FixedGrid: filepath.Join(made.Path(), "generated_grid_images_fixed", "generated_img3_100.png"),
		Grid:      filepath.Join(made.Path(), "generated_grid_images", "generated_img3_100.png"),
		Single:    filepath.Join(made.Path(), "generated_images_fixed", "generated_img3_100.png"),
	}, made.Pictures(3, 100))
}
