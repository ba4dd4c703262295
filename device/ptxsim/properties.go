package ptxsim

import (
	"fmt"

	"ganlib/device/driver"
)

const (
	driverVersion   = 12090 // of CUDA, as 1000·major + 10·minor
	ptxVersion      = 88    // the newest PTX that CUDA 12.9 reads
	freeShared      = 48 << 10
	maxBlockThreads = 1024
	multiprocessors = 4
)

func (e *emulator) properties() driver.Properties {
	o := e.options
	return driver.Properties{
		Name:            fmt.Sprintf("ptxsim sm_%d", o.capability()),
		Major:           o.Major,
		Minor:           o.Minor,
		Memory:          uint64(o.Memory),
		Multiprocessors: multiprocessors,
		Shared:          sharedLimit(o.capability()),
		Version:         driverVersion,
	}
}
