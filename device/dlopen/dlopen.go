// Package dlopen reaches NVIDIA's GPUs without cgo and without a CUDA toolkit: it finds the driver's library,
// libcuda.so.1, at run time. That is how it works on Linux on amd64 and arm64; elsewhere, and with the build
// tag nocuda, there is never a driver.
//
// A program that imports it is linked dynamically, with the C library, even if it is built with CGO_ENABLED=0.
// The tag nocuda makes it static again.
//
// The environment variable GANLIB_LIBCUDA names another library to load in the place of libcuda.so.1: one that
// the loader does not find by itself, or a fake one, for tests.
package dlopen

import (
	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// Variable is the environment variable that names the library.
const Variable = "GANLIB_LIBCUDA"

// New returns the driver "dlopen". It looks for the library when it is first asked for devices, and then says
// driver.ErrNoDriver if there is none, driver.ErrOldDriver if it is older than CUDA 11.4, and
// driver.ErrNoDevice if it has no GPU.
func New() driver.Driver { return libcuda.New("dlopen", load) }
