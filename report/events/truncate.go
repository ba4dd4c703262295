package events

import (
	"errors"
	"fmt"
	"io"
	"os"

	"ganlib/vfs"
)

// Truncate drops the first event of dir that keep does not want, and all later ones, so that a training
// which goes on from an older state writes no step twice. Half a record at the end of a file is removed
// as well; a file with nothing left is deleted. A folder that does not exist is empty. Nobody may write
// to the folder meanwhile.
//
// keep is called for the events in order, but not for those that only name the format.
func Truncate(dir string, keep func(*Event) bool) error { return TruncateFS(vfs.OS, dir, keep) }

// TruncateFS is [Truncate] on a given file system.
func TruncateFS(fsys vfs.FS, dir string, keep func(*Event) bool) error {
	files, err := list(fsys, dir)
	if err != nil {
		return fmt.Errorf("events: truncate %s: %w", dir, err)
	}
	for i, file := range files {
		dropping, err := cut(fsys, file, keep)
		if err != nil {
			return fmt.Errorf("events: truncate: %w", err)
		}
		if !dropping {
			continue
		}
		var failed []error
		for _, later := range files[i+1:] {
			failed = append(failed, fsys.Remove(later))
		}
		if err := errors.Join(failed...); err != nil {
			return fmt.Errorf("events: truncate: %w", err)
		}
		return nil
	}
	return nil
}

// cut shortens a file to the events before the first that is not kept, and reports whether there is one.
func cut(fsys vfs.FS, path string, keep func(*Event) bool) (dropping bool, err error) {
	f, err := fsys.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	size, kept, dropping, err := measure(f, keep)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, errors.Join(err, f.Close()))
	}
	if kept == 0 {
		return dropping, errors.Join(f.Close(), fsys.Remove(path)) // closed first, for Windows
	}
	if info, err := f.Stat(); err != nil || info.Size() != size {
		return dropping, errors.Join(err, f.Truncate(size), f.Close())
	}
	return dropping, f.Close()
}

// measure returns how long the part of a file to be kept is, and how many events it has.
func measure(f io.Reader, keep func(*Event) bool) (size int64, kept int, dropping bool, err error) {
	for r := NewReader(f); ; size = r.Offset() {
		e, err := r.Next()
		switch {
		case ended(err):
			return size, kept, false, nil
		case err != nil:
			return size, kept, false, err
		case e.Version != "":
		case !keep(e):
			return size, kept, true, nil
		default:
			kept++
		}
	}
}
