//go:build !noasm

package device

import (
	"runtime"
	"syscall"
	"unsafe"

	"ganlib/internal/simd"
)

// seat keeps a worker's thread off the processor of the goroutine that it works for. Some schedulers,
// those of virtual machines above all, put a thread that is woken on its waker's processor and leave it
// there: two threads then take turns, and each waits for the other most of the time.
type seat struct{ allowed cpuMask }

// cpuMask is a set of processors as the operating system takes it.
type cpuMask [16]uint64

// processor returns the number of the processor that the caller runs on.
func processor() int { return simd.Processor() }

// settle ties the calling goroutine to its thread and notes where that may run.
func (s *seat) settle() {
	runtime.LockOSThread()
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(s.allowed), uintptr(unsafe.Pointer(&s.allowed)))
	if errno != 0 {
		s.allowed = cpuMask{}
	}
}

// leave moves the thread if it runs on a processor that is another's and may run elsewhere.
func (s *seat) leave(other int) {
	if other < 0 || other >= 64*len(s.allowed) || processor() != other {
		return
	}
	elsewhere := s.allowed
	elsewhere[other/64] &^= 1 << (other % 64)
	if elsewhere != (cpuMask{}) {
		// Where it fails the thread stays, as it would without.
		_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(elsewhere), uintptr(unsafe.Pointer(&elsewhere)))
	}
}
