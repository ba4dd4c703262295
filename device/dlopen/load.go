//go:build linux && (amd64 || arm64) && !nocuda

package dlopen

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// places are where the library is: where the loader looks, and where containers, WSL and NixOS put it without
// telling the loader.
var places = []string{
	"libcuda.so.1",
	"/usr/local/nvidia/lib64/libcuda.so.1",
	"/usr/lib/wsl/lib/libcuda.so.1",
	"/run/opengl-driver/lib/libcuda.so.1",
}

// load finds the library and its functions.
func load() (libcuda.Library, error) {
	handle, err := open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrNoDriver, err)
	}
	lib := new(library)
	if missing := lib.bind(handle); missing != "" {
		version := 0
		if lib.cuDriverGetVersion != 0 {
			version, _ = lib.DriverGetVersion()
		}
		return nil, libcuda.TooOld(version, missing)
	}
	return lib, nil
}

// open opens the library in the first place where it is. If it is nowhere, the error is that of the first place.
func open() (handle uintptr, first error) {
	names := places
	if name := os.Getenv(Variable); name != "" {
		names = []string{name}
	}
	// The loader keeps what went wrong for the thread that asked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, name := range names {
		handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
		if err == nil {
			return handle, nil
		}
		first = cmp.Or(first, err)
	}
	return 0, first
}

// bind looks each function up by the name of its field, and returns the name of one that is missing.
func (l *library) bind(handle uintptr) (missing string) {
	fields := reflect.ValueOf(l).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		address, err := purego.Dlsym(handle, name)
		if err != nil {
			missing = cmp.Or(missing, name)
			continue
		}
		*(*function)(fields.Field(i).Addr().UnsafePointer()) = function(address)
	}
	return missing
}

// function is the address of a C function that returns a CUresult, an int.
type function uintptr

// call calls the function with whole numbers and pointers. What a uintptr(unsafe.Pointer(p)) among its
// arguments points to lies still meanwhile.
//
//go:uintptrescapes
func (f function) call(args ...uintptr) driver.Result {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return driver.Result(int32(r))
}

// frame is room for the arguments of a call, which call itself would take from the heap each time.
type frame struct {
	args     [11]uintptr // as many as cuLaunchKernel has
	words    [libcuda.MaxArgs]uint64
	pointers [libcuda.MaxArgs]unsafe.Pointer // to the words
}

var frames = sync.Pool{New: func() any {
	room := new(frame)
	for i := range room.words {
		room.pointers[i] = unsafe.Pointer(&room.words[i])
	}
	return room
}}

// quick is call without an allocation, for arguments without pointers to Go's memory.
func (f function) quick(args ...uintptr) driver.Result {
	room := frames.Get().(*frame)
	defer frames.Put(room)
	return room.call(f, copy(room.args[:], args))
}

// call calls f with the first n arguments.
func (room *frame) call(f function, n int) driver.Result {
	r, _, _ := purego.SyscallN(uintptr(f), room.args[:n]...)
	return driver.Result(int32(r))
}
