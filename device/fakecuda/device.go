package fakecuda

import (
	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

func (l *library) Init() driver.Result {
	_, r := l.DeviceGetCount()
	return r
}

func (l *library) DriverGetVersion() (int, driver.Result) {
	p, r := l.properties(0)
	return p.Version, r
}

// GetErrorName knows no names: the driver package does.
func (l *library) GetErrorName(driver.Result) string { return "" }

// GetErrorString has what the driver behind the library said, if that was the last failure.
func (l *library) GetErrorString(of driver.Result) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure != nil && l.failure.Result == of {
		return l.failure.Detail
	}
	return ""
}

func (l *library) DeviceGetCount() (int, driver.Result) {
	list, err := l.drv.Devices()
	return len(list), l.resultLocked(err)
}

func (l *library) DeviceGet(ordinal int) (int, driver.Result) {
	_, r := l.properties(ordinal)
	return ordinal, r
}

func (l *library) DeviceGetName(device int) (string, driver.Result) {
	p, r := l.properties(device)
	return p.Name, r
}

func (l *library) DeviceTotalMem(device int) (uint64, driver.Result) {
	p, r := l.properties(device)
	return p.Memory, r
}

func (l *library) DeviceGetAttribute(attribute, device int) (int, driver.Result) {
	p, r := l.properties(device)
	switch attribute {
	case libcuda.AttributeMajor:
		return p.Major, r
	case libcuda.AttributeMinor:
		return p.Minor, r
	case libcuda.AttributeMultiprocessors:
		return p.Multiprocessors, r
	case libcuda.AttributeShared:
		return p.Shared, r
	default:
		return 0, driver.InvalidValue
	}
}

func (l *library) properties(device int) (driver.Properties, driver.Result) {
	list, err := l.drv.Devices()
	if err == nil && (device < 0 || device >= len(list)) {
		return driver.Properties{}, driver.InvalidDevice
	}
	if err != nil {
		return driver.Properties{}, l.resultLocked(err)
	}
	return list[device], 0
}

func (l *library) resultLocked(err error) driver.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.result(err)
}

func (l *library) DevicePrimaryCtxRetain(device int) (libcuda.Handle, driver.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.primary[device]
	if p == nil {
		ctx, err := l.drv.Open(device)
		if err != nil {
			return 0, l.result(err)
		}
		p = &primary{Context: ctx}
		p.handle = l.add(p)
		l.primary[device] = p
	}
	p.retained++
	return p.handle, 0
}

func (l *library) DevicePrimaryCtxRelease(device int) driver.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.primary[device]
	if p == nil {
		return driver.InvalidContext
	}
	if p.retained--; p.retained > 0 {
		return 0
	}
	delete(l.primary, device)
	drop[*primary](l, p.handle)
	return l.result(p.Close())
}

func (l *library) CtxSetCurrent(ctx libcuda.Handle) driver.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := get[*primary](l, ctx)
	if !ok {
		return driver.InvalidContext
	}
	l.current[thread()] = p
	return 0
}

// within does something with the context that is current in this thread.
func (l *library) within(do func(p *primary) error) driver.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.current[thread()]
	if p == nil || p.retained == 0 {
		return driver.InvalidContext
	}
	return l.result(do(p))
}
