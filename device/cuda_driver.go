//go:build !cuda

package device

import (
	"ganlib/device/dlopen"
	"ganlib/device/driver"
)

// CUDADriver returns the driver of NVIDIA's GPUs: the driver's library, found at run time.
func CUDADriver() driver.Driver { return dlopen.New() }
