// Package fakecuda puts another driver in the place of NVIDIA's, so that the code which calls libcuda runs in
// tests without a GPU.
//
// [Over] is libcuda over a driver, in Go. With the build tags cuda and emulated the package also exports C's
// functions over the emulator ganlib/device/ptxsim: a program that imports it, and is linked with the libcuda.a
// that scripts/cuda/stub.sh makes, has its driver within itself. The command libcuda below it is a libcuda.so
// of the same, for ganlib/device/dlopen.
package fakecuda

import (
	"errors"
	"sync"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// Over returns the library over a driver. A device has one context there, whose streams are all the same one.
func Over(drv driver.Driver) libcuda.Library { return over(drv) }

func over(drv driver.Driver) *library {
	return &library{drv: drv, primary: map[int]*primary{}, current: map[int]*primary{}}
}

// library implements [libcuda.Library]. Like the real one it may be called from any thread.
type library struct {
	drv driver.Driver

	mu      sync.Mutex
	primary map[int]*primary
	current map[int]*primary // by thread
	things  []any            // what handles stand for
	failure *driver.Error    // the last one
}

// primary is the context of a device, while somebody retains it.
type primary struct {
	driver.Context
	handle   libcuda.Handle
	retained int
}

// Handles stand for a *primary, a stream, a *module, a *function, a recorded graph, the driver.Graph that is made
// of it, or a driver.Event.
type (
	stream   struct{ of *primary }
	recorded struct{ graph driver.Graph }
)

// Handles count from here: they pass for pointers, in cu, and Go is wary of pointers to the first page.
const firstHandle = 1 << 16

// add returns a handle for a thing.
func (l *library) add(thing any) libcuda.Handle {
	l.things = append(l.things, thing)
	return libcuda.Handle(firstHandle + len(l.things) - 1)
}

// get returns what a handle stands for, if it is a T.
func get[T any](l *library, h libcuda.Handle) (thing T, ok bool) {
	if h < firstHandle || int(h-firstHandle) >= len(l.things) {
		return thing, false
	}
	thing, ok = l.things[h-firstHandle].(T)
	return thing, ok
}

// drop makes a handle stand for nothing.
func drop[T any](l *library, h libcuda.Handle) (thing T, ok bool) {
	if thing, ok = get[T](l, h); ok {
		l.things[h-firstHandle] = nil
	}
	return thing, ok
}

// What cuda.h calls CUDA_ERROR_INVALID_HANDLE.
const invalidHandle driver.Result = 400

// result returns the result that an error is.
func (l *library) result(err error) driver.Result {
	var e *driver.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		l.failure = e
		return e.Result
	case errors.Is(err, driver.ErrNoDevice):
		return driver.NoDevice
	default:
		return driver.Unknown
	}
}
