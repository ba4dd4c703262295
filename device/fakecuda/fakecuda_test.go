package fakecuda_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/driver"
	"ganlib/device/driver/drivertest"
	"ganlib/device/driver/libcuda"
	"ganlib/device/fakecuda"
	"ganlib/device/ptxsim"
)

func library() libcuda.Library { return fakecuda.Over(ptxsim.New(ptxsim.Options{})) }

// The code that calls libcuda, over a libcuda that is the emulator.
func TestOver(t *testing.T) {
	drivertest.Run(t, libcuda.New("fake", func() (libcuda.Library, error) { return library(), nil }))
}

// Calls that the real library would refuse, too: those without a context, and those with a handle of another kind.
func TestRefusals(t *testing.T) {
	l := library()
	require.Zero(t, l.Init())
	_, r := l.DeviceGet(1)
	assert.Equal(t, driver.InvalidDevice, r)
	_, _, r = l.MemGetInfo()
	assert.Equal(t, driver.InvalidContext, r, "nothing is current")
	assert.Equal(t, driver.InvalidContext, l.CtxSetCurrent(1))
	assert.Equal(t, driver.InvalidContext, l.DevicePrimaryCtxRelease(0))

	ctx, r := l.DevicePrimaryCtxRetain(0)
	require.Zero(t, r)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	require.Zero(t, l.CtxSetCurrent(ctx))
	s, r := l.StreamCreate(0)
	require.Zero(t, r)
	const invalidHandle = driver.Result(400)
	for name, r := range map[string]driver.Result{
		"StreamSynchronize": l.StreamSynchronize(ctx),
		"ModuleUnload":      l.ModuleUnload(s),
		"GraphLaunch":       l.GraphLaunch(s, s),
		"GraphDestroy":      l.GraphDestroy(0),
		"GraphExecDestroy":  l.GraphExecDestroy(s),
		"EventRecord":       l.EventRecord(s, s),
		"EventSynchronize":  l.EventSynchronize(s),
		"EventDestroy":      l.EventDestroy(1 << 40),
		"FuncSetAttribute":  l.FuncSetAttribute(s, libcuda.FuncMaxShared, 0),
		"LaunchKernel":      l.LaunchKernel(s, [3]uint32{1, 1, 1}, [3]uint32{1, 1, 1}, 0, s, nil),
	} {
		assert.Equal(t, invalidHandle, r, name)
	}
	require.Zero(t, l.StreamDestroy(s))
	assert.Equal(t, invalidHandle, l.StreamSynchronize(s), "a stream that is gone")
	require.Zero(t, l.DevicePrimaryCtxRelease(0))
	assert.Equal(t, driver.InvalidContext, l.CtxSetCurrent(ctx), "a context that is gone")
}
