package vfs

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// renameNew renames a folder; if the new name exists, whatever it is, nothing changes and the error
// is [fs.ErrExist].
func renameNew(from, to string) error { return moveFile(from, to, windows.MOVEFILE_WRITE_THROUGH) }

// replace renames a file over one that exists.
func replace(from, to string) error {
	return moveFile(from, to, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

// moveFile renames, and waits until that is on the disk. It is patient with a file that is in use: virus
// scanners and indexers open what is new for a moment.
func moveFile(from, to string, flags uint32) error {
	oldName, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	newName, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	for wait := time.Millisecond; ; wait *= 2 {
		err := windows.MoveFileEx(oldName, newName, flags)
		if err == nil {
			return nil
		}
		busy := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !busy || wait > time.Second {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
		}
		time.Sleep(wait)
	}
}

// syncDir does nothing: Windows does not flush folders, and its renames wait for the disk.
func syncDir(string) error { return nil }
