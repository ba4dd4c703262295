package events

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/vfs/faultfs"
)

// scalar is an event with one number.
func scalar(step int64) Event {
	return Event{Step: step, Values: []Value{{"loss", Scalar(step)}}}
}

// steps returns the steps in a folder, a start as its negative.
func steps(t testing.TB, dir string) (list []int64) {
	t.Helper()
	require.NoError(t, ReadFolder(dir, func(e *Event) error {
		if e.Start {
			list = append(list, -e.Step)
		} else {
			list = append(list, e.Step)
		}
		return nil
	}))
	return list
}

func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		list = append(list, f.Name())
	}
	return list
}

// put writes a sequence of events.
func put(t testing.TB, dir string, o Options, list ...int64) {
	t.Helper()
	f, err := Open(dir, o)
	require.NoError(t, err)
	for _, step := range list {
		require.NoError(t, f.Write(scalar(step)))
	}
	require.NoError(t, f.Close())
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	clock := func() time.Time { return time.Unix(1_700_000_000, 0) }
	f, err := Open(dir, Options{Clock: clock})
	require.NoError(t, err)
	require.NoError(t, f.Flush())
	assert.NoDirExists(t, dir, "nothing was written")
	require.NoError(t, f.Write(scalar(1)))
	assert.Empty(t, steps(t, dir), "it waits")
	require.NoError(t, f.Flush())
	assert.Equal(t, []int64{1}, steps(t, dir))
	require.NoError(t, f.Close())
	assert.ErrorIs(t, f.Write(scalar(2)), fs.ErrClosed)
	assert.ErrorIs(t, f.Flush(), fs.ErrClosed)
	assert.Equal(t, []string{"events.out.tfevents.1700000000.ganlib.000000"}, names(t, dir))

	// A clock that went back does not change the order; files of others are left alone.
	write := func(name string) { require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o666)) }
	write("events.out.tfevents.9999999999.other.1.0")
	write("scalars.csv")
	put(t, dir, Options{Clock: func() time.Time { return time.Unix(1_600_000_000, 0) }}, 2)
	assert.Contains(t, names(t, dir), "events.out.tfevents.1700000000.ganlib.000001")
	assert.Equal(t, []int64{1, 2}, steps(t, dir))
	require.NoError(t, ReadFolder(dir, func(e *Event) error {
		assert.Contains(t, []int64{1_600_000_000, 1_700_000_000}, e.Time.Unix())
		return nil
	}))

	_, err = Open(dir, Options{MaxBytes: -1})
	assert.ErrorContains(t, err, "-1 bytes")
	bad, err := Open(filepath.Join(dir, "missing", "run"), Options{})
	require.NoError(t, err)
	err = bad.Write(scalar(1))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, err, bad.Write(scalar(1)), "the first error stays")
	assert.Equal(t, err, bad.Close())
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	var list []int64
	for step := range int64(100) {
		list = append(list, step)
	}
	put(t, dir, Options{MaxBytes: 500}, list...)
	assert.Equal(t, list, steps(t, dir))
	files := names(t, dir)
	require.Greater(t, len(files), 5)
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Less(t, len(data), 600)
		events, _, _ := readAll(data)
		assert.Equal(t, version, events[0].Version)
	}
	// An event that is larger than a file has one of its own.
	f, err := Open(dir, Options{MaxBytes: 500})
	require.NoError(t, err)
	for step := range int64(3) {
		require.NoError(t, f.Write(Event{Step: 200 + step, Values: []Value{{"grid", Image{1, 1, 3, make([]byte, 100_000)}}}}))
	}
	require.NoError(t, f.Close())
	assert.Len(t, names(t, dir), len(files)+3)
	assert.Equal(t, append(list, 200, 201, 202), steps(t, dir))
}

// Data that cannot be written change nothing.
func TestBadEvent(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir, Options{})
	require.NoError(t, err)
	require.NoError(t, f.Write(scalar(1)))
	assert.ErrorContains(t, f.Write(Event{Step: 2, Values: []Value{{"x", nil}}}), "no data")
	require.NoError(t, f.Write(scalar(3)))
	require.NoError(t, f.Close())
	assert.Equal(t, []int64{1, 3}, steps(t, dir))
}

// After an error of the file the events until then can be read, and no more come.
func TestFileError(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir, Options{})
	require.NoError(t, err)
	require.NoError(t, f.Write(scalar(1)))
	require.NoError(t, f.Flush())
	require.NoError(t, f.file.Close())
	require.NoError(t, f.Write(scalar(2)), "it is not written yet")
	err = f.Flush()
	assert.ErrorIs(t, err, os.ErrClosed)
	assert.Equal(t, err, f.Write(scalar(3)))
	assert.Equal(t, err, f.Close())
	assert.Equal(t, []int64{1}, steps(t, dir))
}

// disk has room for some bytes more.
type disk struct {
	*os.File
	room int
}

func (d *disk) Write(p []byte) (int, error) {
	if len(p) <= d.room {
		d.room -= len(p)
		return d.File.Write(p)
	}
	n, _ := d.File.Write(p[:d.room])
	d.room = 0
	return n, io.ErrShortWrite
}

// A disk that becomes full leaves no half record.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir, Options{})
	require.NoError(t, err)
	require.NoError(t, f.Write(scalar(1)))
	require.NoError(t, f.Flush())
	file, ok := f.file.(*os.File)
	require.True(t, ok)
	f.file = &disk{file, 7}
	require.NoError(t, f.Write(scalar(2)))
	err = f.Flush()
	assert.ErrorIs(t, err, io.ErrShortWrite)
	assert.Equal(t, err, f.Close())
	data, err := os.ReadFile(filepath.Join(dir, names(t, dir)[0]))
	require.NoError(t, err)
	_, offset, err := readAll(data)
	assert.EqualError(t, err, "EOF")
	assert.EqualValues(t, len(data), offset)
	assert.Equal(t, []int64{1}, steps(t, dir))
}

func TestTruncate(t *testing.T) {
	for from := int64(0); from <= 40; from++ {
		dir := t.TempDir()
		var all, want []int64
		for step := range int64(40) {
			all = append(all, step)
			if step < from {
				want = append(want, step)
			}
		}
		put(t, dir, Options{MaxBytes: 500}, all...)
		before := len(names(t, dir))
		require.NoError(t, Truncate(dir, func(e *Event) bool { return e.Step < from }))
		assert.Equal(t, want, steps(t, dir))
		if from == 0 {
			assert.Empty(t, names(t, dir))
		}
		if from == 40 {
			assert.Len(t, names(t, dir), before)
		}
		// The training goes on, and TensorBoard is told.
		put(t, dir, Options{Resumed: true, From: from}, from, from+1)
		assert.Equal(t, append(want, -from, from, from+1), steps(t, dir))
	}
	require.NoError(t, Truncate(filepath.Join(t.TempDir(), "none"), nil))
}

// What a kill or a loss of power left at the end of a file is removed, in older files too.
func TestTruncateDamaged(t *testing.T) {
	for name, tail := range map[string]string{"half a record": "\x20\x00\x00", "zeros": string(make([]byte, 100)), "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for i := range int64(3) {
				put(t, dir, Options{}, 10*i, 10*i+1)
				file := filepath.Join(dir, names(t, dir)[i])
				data, err := os.ReadFile(file)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(file, append(data, tail...), 0o666))
			}
			assert.Equal(t, []int64{0, 1, 10, 11, 20, 21}, steps(t, dir))
			require.NoError(t, Truncate(dir, func(e *Event) bool { return e.Step < 21 }))
			assert.Equal(t, []int64{0, 1, 10, 11, 20}, steps(t, dir))
			for _, name := range names(t, dir) {
				data, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				_, offset, err := readAll(data)
				assert.EqualError(t, err, "EOF")
				assert.EqualValues(t, len(data), offset)
			}
		})
	}
}

func TestReadFolderStops(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, Options{MaxBytes: 100}, 1, 2, 3)
	enough := errors.New("enough")
	seen := 0
	assert.Equal(t, enough, ReadFolder(dir, func(*Event) error { seen++; return enough }))
	assert.Equal(t, 1, seen)
	assert.NoError(t, ReadFolder(filepath.Join(dir, "none"), nil))
	assert.ErrorContains(t, ReadFolder(filepath.Join(dir, names(t, dir)[0]), nil), fmt.Sprintf("events: read %s", dir))
}

// TestKeepsTheNewest removes the oldest files when new ones are begun, and no files of others.
func TestKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "events.out.tfevents.0000000001.other"), nil, 0o666))
	var list []int64
	for step := range int64(100) {
		list = append(list, step)
	}
	put(t, dir, Options{MaxBytes: 500, Keep: 3}, list...)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 3+1)
	kept := steps(t, dir)
	assert.Less(t, len(kept), 50)
	assert.Equal(t, list[100-len(kept):], kept)
	_, err = Open(dir, Options{Keep: -1})
	assert.ErrorContains(t, err, "-1 files")
}

// TestNoEmptyFile is left of a disk that is full from the start.
func TestNoEmptyFile(t *testing.T) {
	dir := t.TempDir()
	disk, err := faultfs.New(dir)
	require.NoError(t, err)
	disk.Inject(faultfs.From(1, syscall.ENOSPC).Only(faultfs.Write))
	f, err := Open(dir, Options{FS: disk})
	require.NoError(t, err)
	require.NoError(t, f.Write(scalar(1)), "it waits")
	err = f.Flush()
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.Equal(t, err, f.Close())
	assert.Empty(t, names(t, dir))
}
