package libcuda_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
	"ganlib/device/driver/drivertest"
	"ganlib/device/driver/libcuda"
	"ganlib/device/fakecuda"
	"ganlib/device/ptxsim"
)

// library is that of an emulated GPU, but for what a test changes.
type library struct {
	libcuda.Library
	version     int
	versionFail driver.Result
	initFail    driver.Result
	noDevices   bool
	streamFail  driver.Result
	unloadFail  driver.Result
	name        string

	retained int
	freed    int
}

func newLibrary() *library {
	return &library{Library: fakecuda.Over(ptxsim.New(ptxsim.Options{})), version: 12040}
}

func (l *library) DriverGetVersion() (int, driver.Result) { return l.version, l.versionFail }

func (l *library) Init() driver.Result { return l.initFail }

func (l *library) GetErrorName(driver.Result) string { return l.name }

func (l *library) DeviceGetCount() (int, driver.Result) {
	if l.noDevices {
		return 0, 0
	}
	return l.Library.DeviceGetCount()
}

func (l *library) DevicePrimaryCtxRetain(device int) (libcuda.Handle, driver.Result) {
	l.retained++
	return l.Library.DevicePrimaryCtxRetain(device)
}

func (l *library) DevicePrimaryCtxRelease(device int) driver.Result {
	l.retained--
	return l.Library.DevicePrimaryCtxRelease(device)
}

func (l *library) StreamCreate(flags int) (libcuda.Handle, driver.Result) {
	if l.streamFail != 0 {
		return 0, l.streamFail
	}
	return l.Library.StreamCreate(flags)
}

func (l *library) ModuleUnload(m libcuda.Handle) driver.Result {
	if l.unloadFail != 0 {
		return l.unloadFail
	}
	return l.Library.ModuleUnload(m)
}

func (l *library) MemFree(a driver.Address) driver.Result {
	l.freed++
	return l.Library.MemFree(a)
}

func (l *library) driver() driver.Driver {
	return libcuda.New("test", func() (libcuda.Library, error) { return l, nil })
}

func TestSuite(t *testing.T) {
	l := newLibrary()
	drivertest.Run(t, l.driver())
	assert.Zero(t, l.retained, "contexts that were not given back")
}

func TestStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(l *library)
		is     error
		text   string
	}{
		"old":             {func(l *library) { l.version = 11030 }, driver.ErrOldDriver, "the NVIDIA driver is too old: it is for CUDA 11.3; want CUDA 11.4 or later"},
		"oldest":          {func(l *library) { l.version = 11040 }, nil, ""},
		"stub":            {func(l *library) { l.versionFail = 34 }, driver.ErrNoDriver, "no NVIDIA driver: cuDriverGetVersion: CUDA error (34)"},
		"stub in Init":    {func(l *library) { l.initFail = 34 }, driver.ErrNoDriver, "no NVIDIA driver: cuInit: CUDA error (34)"},
		"no version":      {func(l *library) { l.versionFail = 304 }, nil, "cuDriverGetVersion: CUDA error (304)"},
		"no device":       {func(l *library) { l.initFail = driver.NoDevice }, driver.ErrNoDevice, "cuInit: CUDA_ERROR_NO_DEVICE (100)"},
		"no device later": {func(l *library) { l.noDevices = true }, driver.ErrNoDevice, "no CUDA device"},
		"mismatch":        {func(l *library) { l.initFail = driver.SystemDriverMismatch }, driver.ErrOldDriver, "cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)"},
		"a name":          {func(l *library) { l.initFail, l.name = 304, "CUDA_ERROR_OPERATING_SYSTEM" }, nil, "cuInit: CUDA error (304): CUDA_ERROR_OPERATING_SYSTEM"},
		"a known name":    {func(l *library) { l.initFail, l.name = driver.NoDevice, "CUDA_ERROR_NO_DEVICE" }, driver.ErrNoDevice, "cuInit: CUDA_ERROR_NO_DEVICE (100)"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary()
			c.change(l)
			drv := l.driver()
			_, err := drv.Devices()
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			assert.EqualError(t, err, c.text)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
			_, again := drv.Open(0)
			assert.EqualError(t, again, c.text)
		})
	}
}

// The library is looked for once, and only when somebody wants it.
func TestOpensOnce(t *testing.T) {
	tried := 0
	missing := errors.New("missing")
	drv := libcuda.New("test", func() (libcuda.Library, error) { tried++; return nil, missing })
	assert.Equal(t, "test", drv.Name())
	assert.Zero(t, tried)
	for range 3 {
		_, err := drv.Devices()
		assert.ErrorIs(t, err, missing)
		_, err = drv.Open(0)
		assert.ErrorIs(t, err, missing)
	}
	assert.Equal(t, 1, tried)
}

func TestOpenGivesBack(t *testing.T) {
	l := newLibrary()
	l.streamFail = driver.OutOfMemory
	_, err := l.driver().Open(0)
	assert.ErrorIs(t, err, driver.ErrOutOfMemory)
	assert.Zero(t, l.retained)
}

// Close goes on after a failure.
func TestCloseGoesOn(t *testing.T) {
	l := newLibrary()
	c, err := l.driver().Open(0)
	require.NoError(t, err)
	_, err = c.Load(drivertest.Kernels)
	require.NoError(t, err)
	for range 3 {
		_, err := c.Alloc(8)
		require.NoError(t, err)
	}
	l.unloadFail = 400
	assert.EqualError(t, c.Close(), "cuModuleUnload: CUDA error (400)")
	assert.Equal(t, 3, l.freed)
	assert.Zero(t, l.retained)
	assert.NoError(t, c.Close())
}

func TestRefusals(t *testing.T) {
	drv := newLibrary().driver()
	c, err := drv.Open(0)
	require.NoError(t, err)
	defer c.Close()
	other, err := drv.Open(0)
	require.NoError(t, err)
	defer other.Close()
	m, err := c.Load(drivertest.Kernels)
	require.NoError(t, err)
	k, err := m.Kernel("scale")
	require.NoError(t, err)

	one := [3]int{1, 1, 1}
	for want, l := range map[string]driver.Launch{
		"65 arguments: want 64 at most":                {Kernel: k, Grid: one, Block: one, Args: make([]uint64, 65)},
		"grid [1 1 1], block [-7 1 1], 0 bytes shared": {Kernel: k, Grid: one, Block: [3]int{-7, 1, 1}},
		"grid [1 1 1], block [1 1 1], -4 bytes shared": {Kernel: k, Grid: one, Block: one, Shared: -4},
		"the kernel is not of this context":            {Grid: one, Block: one},
	} {
		assert.EqualError(t, c.Launch(&l), "cuLaunchKernel: CUDA_ERROR_INVALID_VALUE (1): "+want)
	}
	assert.ErrorContains(t, other.Launch(&driver.Launch{Kernel: k, Grid: one, Block: one}), "the kernel is not of this context")

	e, err := c.Event()
	require.NoError(t, err)
	foreign, err := other.Event()
	require.NoError(t, err)
	_, err = e.Since(foreign)
	assert.ErrorContains(t, err, "not an open event of this context")
	require.NoError(t, e.Close())
	assert.ErrorContains(t, e.Record(), "the event is closed")
	_, err = e.Since(e)
	assert.Error(t, err)

	require.NoError(t, c.Capture())
	_, err = c.Alloc(8)
	assert.EqualError(t, err, "cuMemAlloc: CUDA error (900): only launches can be captured")
	_, err = c.EndCapture()
	assert.EqualError(t, err, "cuMemAlloc: CUDA error (900): only launches can be captured", "the reason for there being no graph")
}
