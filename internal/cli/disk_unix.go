//go:build linux || darwin || freebsd || dragonfly

package cli

import (
	"errors"

	"golang.org/x/sys/unix"
)

// isDiskFull reports whether a file could not be written because there is no room, or no more of it for
// this user.
func isDiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// diskSpace returns the bytes that this user can write to the file system of a folder, and all of its bytes.
func diskSpace(folder string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	size := int64(s.Bsize)
	return int64(s.Bavail) * size, int64(s.Blocks) * size, nil
}
