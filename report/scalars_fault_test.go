package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
	"ganlib/vfs"
	"ganlib/vfs/faultfs"
)

// openFaulty opens tables on a disk that fails on demand.
func openFaulty(t *testing.T) (*faultfs.FS, *report.ScalarWriter, string) {
	t.Helper()
	dir := t.TempDir()
	disk, err := faultfs.New(dir)
	require.NoError(t, err)
	w, err := report.OpenScalarsFS(disk, dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return disk, w, dir
}

// wantRows requires both tables to have the rows of steps 0 to n-1.
func wantRows(t *testing.T, dir string, n int64) {
	t.Helper()
	whole := t.TempDir()
	appendRows(t, open(t, whole), 0, n)
	wantJSON, wantCSV := content(t, whole)
	gotJSON, gotCSV := content(t, dir)
	require.Equal(t, wantJSON, gotJSON)
	require.Equal(t, wantCSV, gotCSV)
}

// TestFullDiskLosesNoRows writes what could not be written as soon as it can.
func TestFullDiskLosesNoRows(t *testing.T) {
	for _, rule := range []faultfs.Rule{
		faultfs.From(1, syscall.ENOSPC).Changing(), faultfs.From(1, faultfs.Short{Err: syscall.ENOSPC}).Changing(),
		faultfs.From(1, syscall.EIO).Only(faultfs.Sync), faultfs.From(1, syscall.EIO).Only(faultfs.Write),
	} {
		disk, w, dir := openFaulty(t)
		failed := 0
		for step := range int64(12) {
			disk.Inject(nil)
			if step%4 > 0 {
				disk.Inject(rule)
			}
			require.NoError(t, w.Append(row(step)))
			for _, err := range []error{w.Flush(), w.Sync()} {
				if err != nil {
					require.Regexp(t, "scalars.(csv|jsonl)", err.Error())
					failed++
				}
			}
		}
		assert.GreaterOrEqual(t, failed, 9)
		disk.Inject(nil)
		require.NoError(t, w.Sync())
		wantRows(t, dir, 12)
	}
}

// TestFailedSyncWritesAgain what the system may have dropped: after an error, a second sync says nothing of it.
func TestFailedSyncWritesAgain(t *testing.T) {
	disk, w, dir := openFaulty(t)
	require.NoError(t, w.Append(row(0)))
	require.NoError(t, w.Sync())
	require.NoError(t, w.Append(row(1)))
	disk.Inject(faultfs.From(1, syscall.EIO).Only(faultfs.Sync))
	require.ErrorIs(t, w.Sync(), syscall.EIO)
	disk.Inject(nil)
	zeroLast(t, dir, "scalars.csv", "scalars.jsonl")
	require.NoError(t, w.Append(row(2)))
	require.NoError(t, w.Sync())
	wantRows(t, dir, 3)
}

// zeroLast makes zeros of the last row of tables, which is what dropped writes read as.
func zeroLast(t *testing.T, dir string, tables ...string) {
	t.Helper()
	for _, name := range tables {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
		kept := len(strings.Join(lines[:len(lines)-1], ""))
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteAt(make([]byte, len(data)-kept), int64(kept))
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
}

// TestRowsThatComeDuringASync are not taken for durable: the sync was not of them.
func TestRowsThatComeDuringASync(t *testing.T) {
	dir := t.TempDir()
	disk, err := faultfs.New(dir)
	require.NoError(t, err)
	busy := &busyFS{FS: disk}
	w, err := report.OpenScalarsFS(busy, dir)
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Append(row(0)))
	busy.during = func() {
		busy.during = nil
		require.NoError(t, w.Append(row(1)))
		require.NoError(t, w.Flush())
	}
	require.NoError(t, w.Sync())
	disk.Inject(faultfs.From(1, syscall.EIO).Only(faultfs.Sync))
	require.Error(t, w.Sync())
	zeroLast(t, dir, "scalars.jsonl") // the other's sync came later
	disk.Inject(nil)
	require.NoError(t, w.Sync())
	wantRows(t, dir, 2)
}

// busyFS calls during when a file has been synced, before that returns.
type busyFS struct {
	vfs.FS
	during func()
}

func (b *busyFS) OpenFile(name string, flag int, perm os.FileMode) (vfs.File, error) {
	f, err := b.FS.OpenFile(name, flag, perm)
	return busyFile{f, b}, err
}

type busyFile struct {
	vfs.File
	fs *busyFS
}

func (f busyFile) Sync() error {
	err := f.File.Sync()
	if f.fs.during != nil {
		f.fs.during()
	}
	return err
}

// TestRowsWaitUpToALimit and are left out from there on, which is told.
func TestRowsWaitUpToALimit(t *testing.T) {
	disk, w, dir := openFaulty(t)
	disk.Inject(faultfs.From(1, syscall.ENOSPC).Changing())
	const most = 400_000
	lost := int64(0)
	for step := int64(0); lost == 0 && step < most; step++ {
		if err := w.Append(row(step)); err != nil {
			require.ErrorContains(t, err, "a row is left out")
			lost = step
		}
		if step%1000 == 0 {
			require.ErrorIs(t, w.Flush(), syscall.ENOSPC)
		}
	}
	require.Positive(t, lost)
	require.Less(t, lost, int64(most))
	require.ErrorIs(t, w.Append(row(lost)), syscall.ENOSPC)
	disk.Inject(nil)
	require.NoError(t, w.Flush())
	require.NoError(t, w.Append(row(lost+5)))
	require.NoError(t, w.Sync())
	jsonl, csv := content(t, dir)
	assert.Equal(t, int(lost)+1, strings.Count(jsonl, "\n"), "whose rows are the longer ones")
	assert.Greater(t, strings.Count(csv, "\n"), int(lost)+1)
	require.NoError(t, w.Truncate(1), "it can be read")
}

// TestRowsAreSyncedNowAndThen so that a loss of power cannot leave more than can be dropped.
func TestRowsAreSyncedNowAndThen(t *testing.T) {
	disk, w, _ := openFaulty(t)
	syncs := func() (n int) {
		for _, op := range disk.Ops() {
			if op.Kind == faultfs.Sync {
				n++
			}
		}
		return n
	}
	for step := range int64(20_000) { // about 1.3 MB of CSV
		require.NoError(t, w.Append(row(step)))
		if step%100 == 0 {
			require.NoError(t, w.Flush())
		}
	}
	assert.GreaterOrEqual(t, syncs(), 2)
	assert.LessOrEqual(t, syncs(), 20)
}

// TestSyncBesideAppend syncs from another goroutine, as a checkpoint that is written beside a training does.
func TestSyncBesideAppend(t *testing.T) {
	_, w, dir := openFaulty(t)
	done := make(chan error)
	go func() {
		for range 50 {
			if err := w.Sync(); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	const rows = 3000
	for step := range int64(rows) {
		require.NoError(t, w.Append(row(step)))
		require.NoError(t, w.Flush())
	}
	require.NoError(t, <-done)
	require.NoError(t, w.Sync())
	wantRows(t, dir, rows)
}
