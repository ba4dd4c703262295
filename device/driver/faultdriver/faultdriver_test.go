package faultdriver_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
	"ganlib/device/driver/drivertest"
	"ganlib/device/driver/faultdriver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
)

// TestWithoutFaults keeps every promise of a driver.
func TestWithoutFaults(t *testing.T) {
	enginetest.Emulated(t)
	drivertest.Run(t, faultdriver.New(ptxsim.New(ptxsim.Options{}), nil))
}

func open(t *testing.T, rule faultdriver.Rule) (*faultdriver.Driver, driver.Context) {
	t.Helper()
	drv := faultdriver.New(ptxsim.New(ptxsim.Options{}), rule)
	c, err := drv.Open(0)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return drv, c
}

// TestOneCallFails and the device works on.
func TestOneCallFails(t *testing.T) {
	drv, c := open(t, faultdriver.At(2, driver.OutOfMemory))
	a, err := c.Alloc(1000)
	require.NoError(t, err)
	_, err = c.Alloc(1000)
	require.ErrorIs(t, err, driver.ErrOutOfMemory)
	assert.ErrorContains(t, err, "Alloc")
	require.NoError(t, c.Upload(a, []byte("abc")))
	got := make([]byte, 3)
	require.NoError(t, c.Download(got, a))
	assert.Equal(t, "abc", string(got))
	assert.Equal(t, []faultdriver.Call{{N: 1, Method: "Alloc"}, {N: 2, Method: "Alloc"}, {N: 3, Method: "Upload"}, {N: 4, Method: "Download"}}, drv.Calls())
}

// TestLostStaysLost whatever is asked for.
func TestLostStaysLost(t *testing.T) {
	_, c := open(t, faultdriver.At(3, driver.LaunchFailed))
	a, err := c.Alloc(8)
	require.NoError(t, err)
	e, err := c.Event()
	require.NoError(t, err)
	for name, call := range map[string]func() error{
		"memory":   func() error { _, _, err := c.Memory(); return err },
		"alloc":    func() error { _, err := c.Alloc(8); return err },
		"free":     func() error { return c.Free(a) },
		"clear":    func() error { return c.Clear(a, 8) },
		"upload":   func() error { return c.Upload(a, make([]byte, 8)) },
		"download": func() error { return c.Download(make([]byte, 8), a) },
		"load":     func() error { _, err := c.Load(""); return err },
		"launch":   func() error { return c.Launch(new(driver.Launch)) },
		"sync":     c.Sync,
		"capture":  c.Capture,
		"event":    func() error { _, err := c.Event(); return err },
		"record":   e.Record,
		"since":    func() error { _, err := e.Since(e); return err },
	} {
		err := call()
		require.ErrorIs(t, err, driver.ErrLost, name)
		assert.ErrorContains(t, err, "CUDA_ERROR_LAUNCH_FAILED", name)
	}
}

// TestCaptureFails and leaves a device that works on.
func TestCaptureFails(t *testing.T) {
	_, c := open(t, faultdriver.At(2, driver.StreamCaptureInvalid))
	require.NoError(t, c.Capture())
	_, err := c.EndCapture()
	require.Error(t, err)
	require.NoError(t, c.Capture())
	g, err := c.EndCapture()
	require.NoError(t, err)
	require.NoError(t, g.Launch())
	require.NoError(t, g.Close())
}
