package libcuda

import (
	"fmt"
	"sync"

	"ganlib/device/driver"
)

// New returns the driver of that name. open gets the library, when it is first needed; its errors say
// driver.ErrNoDriver or driver.ErrOldDriver.
func New(name string, open func() (Library, error)) driver.Driver {
	d := &cuda{name: name}
	d.library = sync.OnceValues(func() (Library, error) { return start(open) })
	return d
}

type cuda struct {
	name    string
	library func() (Library, error)
}

// oldest is the first CUDA with cuGraphInstantiateWithFlags.
const oldest = 11040

// TooOld returns the error for a driver that speaks a version of CUDA, 0 if it does not say which, and
// lacks a function, "" if it is not that.
func TooOld(version int, lacks string) error {
	speaks := "of unknown version"
	if version > 0 {
		speaks = fmt.Sprintf("for CUDA %d.%d", version/1000, version%1000/10)
	}
	if lacks != "" {
		speaks += " and lacks " + lacks
	}
	return fmt.Errorf("%w: it is %s; want CUDA %d.%d or later", driver.ErrOldDriver, speaks, oldest/1000, oldest%1000/10)
}

// stubLibrary is the result of the library that a toolkit has for linking.
const stubLibrary driver.Result = 34

// start gets the library ready.
func start(open func() (Library, error)) (Library, error) {
	lib, err := open()
	if err != nil {
		return nil, err
	}
	version, r := lib.DriverGetVersion()
	switch {
	case r == stubLibrary:
		return nil, fmt.Errorf("%w: %w", driver.ErrNoDriver, failure(lib, "cuDriverGetVersion", r))
	case r != 0:
		return nil, failure(lib, "cuDriverGetVersion", r)
	case version < oldest:
		return nil, TooOld(version, "")
	}
	switch r := lib.Init(); r {
	case 0:
		return lib, nil
	case stubLibrary:
		return nil, fmt.Errorf("%w: %w", driver.ErrNoDriver, failure(lib, "cuInit", r))
	default:
		return nil, failure(lib, "cuInit", r)
	}
}

// Name implements [driver.Driver].
func (d *cuda) Name() string { return d.name }

// Devices implements [driver.Driver].
func (d *cuda) Devices() ([]driver.Properties, error) {
	lib, count, err := d.count()
	if err != nil {
		return nil, err
	}
	list := make([]driver.Properties, count)
	for n := range list {
		if _, list[n], err = properties(lib, n); err != nil {
			return nil, fmt.Errorf("device %d: %w", n, err)
		}
	}
	return list, nil
}

// count returns the library and how many devices there are: one at least.
func (d *cuda) count() (Library, int, error) {
	lib, err := d.library()
	if err != nil {
		return nil, 0, err
	}
	count, r := lib.DeviceGetCount()
	switch {
	case r != 0:
		return nil, 0, failure(lib, "cuDeviceGetCount", r)
	case count == 0:
		return nil, 0, driver.ErrNoDevice
	}
	return lib, count, nil
}

// properties returns the library's number for device n, and what there is to know about it.
func properties(lib Library, n int) (device int, p driver.Properties, err error) {
	var r driver.Result
	check := func(call string) {
		if err == nil && r != 0 {
			err = failure(lib, call, r)
		}
	}
	device, r = lib.DeviceGet(n)
	if check("cuDeviceGet"); err != nil {
		return 0, p, err
	}
	p.Name, r = lib.DeviceGetName(device)
	check("cuDeviceGetName")
	p.Memory, r = lib.DeviceTotalMem(device)
	check("cuDeviceTotalMem")
	p.Version, r = lib.DriverGetVersion()
	check("cuDriverGetVersion")
	for _, a := range []struct {
		attribute int
		to        *int
	}{
		{AttributeMajor, &p.Major},
		{AttributeMinor, &p.Minor},
		{AttributeMultiprocessors, &p.Multiprocessors},
		{AttributeShared, &p.Shared},
	} {
		*a.to, r = lib.DeviceGetAttribute(a.attribute, device)
		check("cuDeviceGetAttribute")
	}
	return device, p, err
}

// Open implements [driver.Driver]. Contexts of a device share its primary context, as CUDA's own libraries
// do: one that is lost takes the others with it.
func (d *cuda) Open(n int) (driver.Context, error) {
	lib, count, err := d.count()
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= count {
		return nil, fmt.Errorf("device %d: %w of this number: there are %d, from 0", n, driver.ErrNoDevice, count)
	}
	device, p, err := properties(lib, n)
	if err != nil {
		return nil, fmt.Errorf("device %d: %w", n, err)
	}
	c, err := open(lib, device, p)
	if err != nil {
		return nil, fmt.Errorf("device %d: %w", n, err)
	}
	return c, nil
}
