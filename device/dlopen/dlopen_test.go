//go:build linux && (amd64 || arm64) && !nocuda

package dlopen_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/dlopen"
	"ganlib/device/driver"
	"ganlib/device/driver/drivertest"
	"ganlib/internal/enginetest"
)

func TestMissingLibrary(t *testing.T) {
	t.Setenv(dlopen.Variable, filepath.Join(t.TempDir(), "libcuda.so.1"))
	drv := dlopen.New()
	assert.Equal(t, "dlopen", drv.Name())
	for range 2 {
		_, err := drv.Devices()
		require.ErrorIs(t, err, driver.ErrNoDriver)
		assert.Contains(t, err.Error(), "cannot open shared object file", "the loader's words")
		_, err = drv.Open(0)
		require.ErrorIs(t, err, driver.ErrNoDriver)
	}
}

func TestFake(t *testing.T) {
	newFake(t)
	drivertest.Run(t, dlopen.New())
}

func TestOldDriver(t *testing.T) {
	newFake(t, "-DVERSION=11030")
	_, err := dlopen.New().Devices()
	require.ErrorIs(t, err, driver.ErrOldDriver)
	assert.EqualError(t, err, "the NVIDIA driver is too old: it is for CUDA 11.3; want CUDA 11.4 or later")
}

func TestMissingFunction(t *testing.T) {
	newFake(t, "-DWITHOUT_LAUNCH")
	_, err := dlopen.New().Open(0)
	require.ErrorIs(t, err, driver.ErrOldDriver)
	assert.EqualError(t, err, "the NVIDIA driver is too old: it is for CUDA 12.9 and lacks cuGraphLaunch; want CUDA 11.4 or later")
}

// A library that is another altogether has not even a version.
func TestOtherLibrary(t *testing.T) {
	t.Setenv(dlopen.Variable, "libc.so.6")
	_, err := dlopen.New().Devices()
	require.ErrorIs(t, err, driver.ErrOldDriver)
	assert.ErrorContains(t, err, "it is of unknown version and lacks cuInit")
}

func TestNoDevice(t *testing.T) {
	newFake(t, "-DDEVICES=0")
	_, err := dlopen.New().Devices()
	require.ErrorIs(t, err, driver.ErrNoDevice)
}

// Each function hands its result on, under its own name, and a context that could not be opened or closed in
// full is still given back.
func TestFailures(t *testing.T) {
	fake := newFake(t)
	drv := dlopen.New()
	all := func() error {
		if _, err := drv.Devices(); err != nil {
			return err
		}
		c, err := drv.Open(0)
		if err != nil {
			return err
		}
		if err := use(c); err != nil {
			_ = c.Close()
			return err
		}
		return c.Close()
	}
	require.NoError(t, all())
	require.Zero(t, fake.live())
	for _, call := range []string{
		"cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2", "cuDeviceGetAttribute",
		"cuDevicePrimaryCtxRetain", "cuCtxSetCurrent", "cuMemGetInfo_v2", "cuMemAlloc_v2", "cuMemFree_v2", "cuMemsetD8Async",
		"cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuModuleLoadDataEx", "cuModuleGetFunction", "cuFuncSetAttribute", "cuLaunchKernel",
		"cuStreamCreate", "cuStreamSynchronize", "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch",
		"cuGraphExecDestroy", "cuEventCreate", "cuEventDestroy_v2", "cuEventRecord", "cuEventSynchronize", "cuEventElapsedTime",
	} {
		t.Run(call, func(t *testing.T) {
			before := fake.live()
			fake.fail(call, 304, 0)
			err := all()
			fake.fail("", 0, 0)
			if !strings.Contains(call, "Free") && !strings.Contains(call, "Destroy") {
				assert.Equal(t, before, fake.live(), "what was not given back")
			}
			var e *driver.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, driver.Result(304), e.Result)
			assert.Contains(t, call, e.Call)
			assert.Contains(t, e.Detail, "CUDA_ERROR_OPERATING_SYSTEM: words of the fake")
			require.NoError(t, all())
		})
	}
}

// use calls every method of a context.
func use(c driver.Context) error {
	if _, _, err := c.Memory(); err != nil {
		return err
	}
	a, err := c.Alloc(1 << 20)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return c.Clear(a, 1<<20) },
		func() error { return c.Upload(a, make([]byte, 1<<20)) },
		func() error { return c.Download(make([]byte, 100), a) },
	}
	m, err := c.Load(".version 7.0")
	if err != nil {
		return err
	}
	k, err := m.Kernel("add")
	if err != nil {
		return err
	}
	start, err := c.Event()
	if err != nil {
		return err
	}
	end, err := c.Event()
	if err != nil {
		return err
	}
	l := driver.Launch{Kernel: k, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: []uint64{uint64(a), uint64(a), 32}}
	steps = append(steps,
		func() error { return k.MaxShared(64 << 10) },
		start.Record,
		func() error { return c.Launch(&l) },
		c.Capture,
		func() error { return c.Launch(&l) },
	)
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	g, err := c.EndCapture()
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		g.Launch,
		end.Record,
		func() error { _, err := end.Since(start); return err },
		c.Sync,
		g.Close,
		start.Close,
		func() error { return c.Free(a) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// What the translator has to say stands in the error.
func TestTranslatorLog(t *testing.T) {
	newFake(t)
	c, err := dlopen.New().Open(0)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Load("nonsense")
	assert.EqualError(t, err, "cuModuleLoadDataEx: CUDA_ERROR_INVALID_PTX (218): words of the fake\nline 1: no such thing")
}

// launched returns a context of the first device, and a launch in it that touches nothing.
func launched(t testing.TB, drv driver.Driver) (driver.Context, *driver.Launch) {
	c, err := drv.Open(0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	m, err := c.Load(drivertest.Kernels)
	require.NoError(t, err)
	k, err := m.Kernel("scale")
	require.NoError(t, err)
	return c, &driver.Launch{Kernel: k, Grid: [3]int{1, 1, 1}, Block: [3]int{32, 1, 1}, Args: make([]uint64, 4)}
}

// The suite ends with a lost device, so nothing may come after it.
func TestGPU(t *testing.T) {
	needGPU(t)
	t.Run("a launch does not allocate", launchDoesNotAllocate)
	drivertest.Run(t, dlopen.New())
}

func needGPU(t testing.TB) {
	t.Helper()
	_, err := dlopen.New().Devices()
	enginetest.NeedTool(t, "cuda", err)
}

// fake is the library of testdata/libcuda.c.
type fake struct {
	fail     func(function string, with, after int32) // the first function of that name after so many calls
	launches func() int
	live     func() int // what was not given back
}

// newFake builds the library, with options for the compiler, and has it loaded for the time of the test.
func newFake(t testing.TB, options ...string) fake {
	t.Helper()
	gcc := enginetest.Program(t, "gcc")
	name := filepath.Join(t.TempDir(), "libcuda.so.1")
	args := append(options, "-shared", "-fPIC", "-O1", "-o", name, filepath.Join("testdata", "libcuda.c"))
	out, err := exec.Command(gcc, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Setenv(dlopen.Variable, name)

	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
	require.NoError(t, err)
	var f fake
	purego.RegisterLibFunc(&f.fail, handle, "fake_fail")
	purego.RegisterLibFunc(&f.launches, handle, "fake_launches")
	purego.RegisterLibFunc(&f.live, handle, "fake_live")
	return f
}
