package device

import (
	"syscall"
	"unsafe"
)

// advise asks for large pages for the whole pages inside s. It is advice only: an error changes nothing.
func advise[T Float](s []T) {
	size := len(s) * int(unsafe.Sizeof(T(0)))
	if size < hugeBytes {
		return
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), size)
	page := syscall.Getpagesize()
	skip := -int(uintptr(unsafe.Pointer(&s[0]))) & (page - 1)
	_ = syscall.Madvise(memory[skip:skip+(size-skip)/page*page], syscall.MADV_HUGEPAGE)
}
