package device

import (
	"syscall"
	"unsafe"
)

// hugePage is the size of a large page.
const hugePage = 2 << 20

// advise asks for large pages for the memory of s, and so for what else lies in the same pages: Go's heap
// grows by more than one at a time. It is advice only: an error changes nothing.
func advise[T Float](s []T) {
	size := uintptr(len(s)) * unsafe.Sizeof(T(0))
	if size < largeBytes {
		return
	}
	first := uintptr(unsafe.Pointer(&s[0]))
	from, to := first&^(hugePage-1), (first+size+hugePage-1)&^(hugePage-1)
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_HUGEPAGE)
}
