//go:build !linux || !(amd64 || arm64) || nocuda

package dlopen

import (
	"fmt"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

func load() (libcuda.Library, error) {
	return nil, fmt.Errorf("%w on this platform", driver.ErrNoDriver)
}
