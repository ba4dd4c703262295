//go:build unix

package vfs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameOverEmpty renames a folder to a name that it first claims with an exclusive mkdir; rename(2)
// replaces an empty folder, and nobody else takes this one. For a moment the new name is an empty
// folder.
func renameOverEmpty(from, to string) error {
	if err := os.Mkdir(to, 0o777); err != nil {
		return err
	}
	// os.Rename refuses any existing folder.
	if err := unix.Rename(from, to); err != nil {
		err = &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
		return errors.Join(err, os.Remove(to))
	}
	return nil
}
