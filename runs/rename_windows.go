package runs

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// renameNew renames a folder; if the new name exists, whatever it is, nothing changes and the error
// is [fs.ErrExist].
func renameNew(from, to string) error {
	return patiently(func() error { return moveFile(from, to) })
}

// replaceFile renames a file, replacing one that exists.
func replaceFile(from, to string) error {
	return patiently(func() error { return os.Rename(from, to) })
}

// moveFile is MoveFileEx without the flag to replace, which os.Rename sets.
func moveFile(from, to string) error {
	oldName, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	newName, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(oldName, newName, 0); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// patiently repeats a rename that fails because a file is in use: virus scanners and indexers open
// what is new for a moment.
func patiently(rename func() error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := rename()
		busy := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !busy || wait > time.Second {
			return err
		}
		time.Sleep(wait)
	}
}

// syncFolder does nothing: Windows does not flush folders.
func syncFolder(string) error { return nil }
