//go:build !linux && !darwin && !freebsd && !dragonfly && !windows

package cli

import (
	"errors"
	"syscall"
)

// isDiskFull reports whether a file could not be written because there is no room.
func isDiskFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// diskSpace would return the bytes that can be written to the file system of a folder, and all of its bytes.
func diskSpace(string) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }
