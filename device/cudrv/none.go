//go:build !cuda

package cudrv

import (
	"fmt"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// New returns the driver "cu", which this build is without.
func New() driver.Driver {
	return libcuda.New("cu", func() (libcuda.Library, error) {
		return nil, fmt.Errorf("%w: gorgonia.org/cu needs the build tag cuda", driver.ErrNoDriver)
	})
}
