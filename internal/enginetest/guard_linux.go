package enginetest

import (
	"syscall"
	"testing"
	"unsafe"
)

// Guarded returns slices of n numbers that end and that begin at a page which faults when touched.
func Guarded(t testing.TB, n int) (atEnd, atStart []float32) {
	t.Helper()
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	must(t, err)
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	must(t, syscall.Mprotect(memory[:page], syscall.PROT_NONE))
	must(t, syscall.Mprotect(memory[page+size:], syscall.PROT_NONE))
	if n == 0 {
		return nil, nil
	}
	first, last := &memory[page], &memory[page+size-4*n]
	return unsafe.Slice((*float32)(unsafe.Pointer(last)), n), unsafe.Slice((*float32)(unsafe.Pointer(first)), n)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
