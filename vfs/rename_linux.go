package vfs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames a folder; if the new name exists, whatever it is, nothing changes and the error
// is [fs.ErrExist].
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	// Some file systems do not have the flag.
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return renameOverEmpty(from, to)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
