package cli

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isDiskFull reports whether a file could not be written because there is no room.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// diskSpace returns the bytes that this user can write to the disk of a folder, and all of its bytes.
func diskSpace(folder string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	var available, all, unused uint64
	if err := windows.GetDiskFreeSpaceEx(name, &available, &all, &unused); err != nil {
		return 0, 0, err
	}
	return int64(available), int64(all), nil
}
