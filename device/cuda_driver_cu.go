//go:build cuda

package device

import (
	"ganlib/device/cudrv"
	"ganlib/device/driver"
)

// CUDADriver returns the driver of NVIDIA's GPUs: gorgonia.org/cu.
func CUDADriver() driver.Driver { return cudrv.New() }
