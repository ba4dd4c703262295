package events

import (
	"errors"
	"fmt"
	"os"
)

// Truncate drops the first event of dir that keep does not want, and all later ones, so that a training
// which goes on from an older state writes no step twice. Half a record at the end of a file is removed
// as well; a file with nothing left is deleted. A folder that does not exist is empty. Nobody may write
// to the folder meanwhile.
//
// keep is called for the events in order, but not for those that only name the format.
func Truncate(dir string, keep func(*Event) bool) error {
	files, err := list(dir)
	if err != nil {
		return fmt.Errorf("events: truncate %s: %w", dir, err)
	}
	for i, file := range files {
		dropping, err := cut(file, keep)
		if err != nil {
			return fmt.Errorf("events: truncate: %w", err)
		}
		if !dropping {
			continue
		}
		var failed []error
		for _, later := range files[i+1:] {
			failed = append(failed, os.Remove(later))
		}
		if err := errors.Join(failed...); err != nil {
			return fmt.Errorf("events: truncate: %w", err)
		}
		return nil
	}
	return nil
}

// cut shortens a file to the events before the first that is not kept, and reports whether there is one.
func cut(path string, keep func(*Event) bool) (dropping bool, err error) {
	size, kept, dropping, err := measure(path, keep)
	switch {
	case err != nil:
		return false, fmt.Errorf("%s: %w", path, err)
	case kept == 0:
		return dropping, os.Remove(path)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() == size {
		return dropping, err
	}
	return dropping, os.Truncate(path, size)
}

// measure returns how long the part of a file to be kept is, and how many events it has.
func measure(path string, keep func(*Event) bool) (size int64, kept int, dropping bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, false, err
	}
	defer f.Close()
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
