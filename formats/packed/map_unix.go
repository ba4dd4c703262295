//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package packed

import (
	"os"
	"syscall"
)

// mapFile maps a file's first size bytes, at least 1. The mapping is private and writable: who writes
// to it gets a copy of the page, not a fault.
func mapFile(f *os.File, size int) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
}

func unmapFile(data []byte) error { return syscall.Munmap(data) }
