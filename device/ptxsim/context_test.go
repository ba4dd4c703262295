package ptxsim_test

import (
	"strings"
	"testing"
	"time"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProperties(t *testing.T) {
	d := ptxsim.New(ptxsim.Options{})
	assert.Equal(t, "ptxsim", d.Name())
	devices, err := d.Devices()
	require.NoError(t, err)
	assert.Equal(t, []driver.Properties{{
		Name: "ptxsim sm_80", Major: 8, Memory: 1 << 30, Multiprocessors: 4, Shared: 163 << 10, Version: 12090,
	}}, devices)
	_, err = d.Open(1)
	assert.ErrorIs(t, err, driver.ErrNoDevice)
	ctx := open(t, ptxsim.Options{Major: 7, Minor: 5, Memory: 1 << 20})
	assert.Equal(t, driver.Properties{Name: "ptxsim sm_75", Major: 7, Minor: 5, Memory: 1 << 20, Multiprocessors: 4, Shared: 64 << 10, Version: 12090}, ctx.Properties())
}

func TestMemory(t *testing.T) {
	ctx := open(t, ptxsim.Options{Memory: 1 << 20})
	free, total, err := ctx.Memory()
	require.NoError(t, err)
	assert.Equal(t, [2]uint64{1 << 20, 1 << 20}, [2]uint64{free, total})

	a, err := ctx.Alloc(1000)
	require.NoError(t, err)
	assert.Zero(t, a%256)
	b, err := ctx.Alloc(1<<20 - 1024)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, b, a+1000+256, "a red zone lies between")
	_, err = ctx.Alloc(1)
	assert.Contains(t, refused(t, err, driver.OutOfMemory), "1 bytes, with 1048576 of 1048576 in use")
	assert.ErrorIs(t, err, driver.ErrOutOfMemory)
	for _, n := range []int{0, -1} {
		_, err = ctx.Alloc(n)
		refused(t, err, driver.InvalidValue)
	}
	assert.Equal(t, 2, ctx.Live())

	got := make([]byte, 1000)
	require.NoError(t, ctx.Download(got, a))
	assert.Equal(t, strings.Repeat("\xff", 1000), string(got), "new memory is NaN")
	require.NoError(t, ctx.Upload(a+10, []byte("text")))
	require.NoError(t, ctx.Clear(a+12, 1))
	require.NoError(t, ctx.Download(got[:4], a+10))
	assert.Equal(t, "te\x00t", string(got[:4]))
	refused(t, ctx.Upload(a+999, []byte("ab")), driver.InvalidValue)
	refused(t, ctx.Download(got, a+1), driver.InvalidValue)
	refused(t, ctx.Clear(a, 1001), driver.InvalidValue)

	refused(t, ctx.Free(a+1), driver.InvalidValue)
	require.NoError(t, ctx.Free(a))
	assert.Contains(t, refused(t, ctx.Free(a), driver.InvalidValue), "was freed")
	assert.Contains(t, refused(t, ctx.Upload(a, got), driver.InvalidValue), "0 bytes into an allocation of 1000 bytes that was freed")
	require.NoError(t, ctx.Free(b))
	assert.Zero(t, ctx.Live())
	again, err := ctx.Alloc(1000)
	require.NoError(t, err)
	assert.Greater(t, again, b, "an address is not used twice")
	require.NoError(t, ctx.Free(again))
}

func TestUseAfterFree(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	kernel := load(t, ctx, kernelOf("ld.global.u32 %r2, [%rd2];"))("k")
	buffer := up(t, ctx, make([]uint32, 64))
	launch := line(kernel, 1, 64, buffer)
	require.NoError(t, ctx.Launch(launch))
	require.NoError(t, ctx.Free(driver.Address(buffer)))
	assert.Contains(t, refused(t, ctx.Launch(launch), driver.IllegalAddress), "an allocation of 256 bytes that was freed")
}

// TestLost tries every call after a fault.
func TestLost(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	module, err := ctx.Load(kernelOf("trap;"))
	require.NoError(t, err)
	kernel, err := module.Kernel("k")
	require.NoError(t, err)
	buffer := up(t, ctx, make([]uint32, 64))
	event, err := ctx.Event()
	require.NoError(t, err)
	launch := line(kernel, 3, 32, buffer)
	fault := ctx.Launch(launch)
	refused(t, fault, driver.LaunchFailed)

	_, _, memory := ctx.Memory()
	_, alloc := ctx.Alloc(1)
	_, loading := ctx.Load(kernelOf(""))
	_, graph := ctx.EndCapture()
	_, newEvent := ctx.Event()
	_, since := event.Since(event)
	for i, err := range []error{
		memory, alloc, loading, graph, newEvent, since, ctx.Free(driver.Address(buffer)), ctx.Upload(driver.Address(buffer), []byte{1}), ctx.Download([]byte{1}, driver.Address(buffer)),
		ctx.Clear(driver.Address(buffer), 1), ctx.Launch(launch), ctx.Sync(), ctx.Capture(), kernel.MaxShared(1), event.Record(),
	} {
		assert.Equal(t, fault, err, "call %d", i)
	}
	assert.NoError(t, ctx.Close())
	refused(t, ctx.Sync(), driver.InvalidContext)
}

func TestInvalidLaunch(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	kernel := load(t, ctx, kernelOf(""))("k")
	bounded := load(t, ctx, strings.Replace(kernelOf(""), "buffer)\n", "buffer)\n.maxntid 64, 2, 1\n", 1))("k")
	other := load(t, open(t, ptxsim.Options{}), kernelOf(""))("k")
	for _, c := range []struct {
		launch driver.Launch
		detail string
	}{
		{driver.Launch{Kernel: other, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 1}, Args: []uint64{0}}, "not of this context"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{0, 1, 1}, Block: [3]int{1, 1, 1}, Args: []uint64{0}}, "k: a grid of (0,1,1) blocks"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 65536, 1}, Block: [3]int{1, 1, 1}, Args: []uint64{0}}, "a grid of (1,65536,1) blocks"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1025, 1, 1}, Args: []uint64{0}}, "a block of (1025,1,1) threads"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{64, 32, 1}, Args: []uint64{0}}, "a block of 2048 threads, the kernel allows 1024"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 65}, Args: []uint64{0}}, "a block of (1,1,65) threads"},
		{driver.Launch{Kernel: bounded, Grid: [3]int{1, 1, 1}, Block: [3]int{129, 1, 1}, Args: []uint64{0}}, "the kernel allows 128"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 1}, Shared: 47<<10 + 1, Args: []uint64{0}}, "48129 bytes of dynamic shared memory, 48128 are allowed"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 1}, Shared: -1, Args: []uint64{0}}, "-1 bytes"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 1}}, "k: 0 arguments for 1 parameters"},
		{driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 1}, Args: []uint64{0, 0}}, "2 arguments for 1 parameters"},
	} {
		assert.Contains(t, refused(t, ctx.Launch(&c.launch), driver.InvalidValue), c.detail)
	}
	require.NoError(t, kernel.MaxShared(162<<10))
	refused(t, kernel.MaxShared(162<<10+1), driver.InvalidValue)
	big := driver.Launch{Kernel: kernel, Grid: [3]int{1, 1, 1}, Block: [3]int{1, 1, 1}, Shared: 162 << 10, Args: []uint64{0}}
	assert.NoError(t, ctx.Launch(&big), "a refused launch leaves the context as it was")
}

// TestDynamicShared uses all of it.
func TestDynamicShared(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	body := "mov.u32 %r2, dynamic; mad.lo.u32 %r2, %t, 4, %r2; st.shared.u32 [%r2], %t; st.shared.u32 [%r1], %t; ld.shared.u32 %r3, [%r2]; st.global.u32 [%rd2], %r3;"
	launch := line(load(t, ctx, kernelOf(body))("k"), 1, 64, up(t, ctx, make([]uint32, 64)))
	launch.Shared = 256
	require.NoError(t, ctx.Launch(launch))
	assert.Equal(t, uint32(63), down[uint32](t, ctx, launch.Args[0], 64)[63])
	launch.Shared = 252
	assert.Contains(t, refused(t, ctx.Launch(launch), driver.IllegalAddress), "thread (63,0,0): writes 4 bytes at 0x4fc of 1276 bytes of shared memory")
}

func TestGraph(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	kernel := load(t, ctx, kernelOf("ld.global.u32 %r2, [%rd2]; add.u32 %r2, %r2, 1; st.global.u32 [%rd2], %r2;"))("k")
	buffer := up(t, ctx, make([]uint32, 64))
	launch := line(kernel, 1, 64, buffer)

	_, err := ctx.EndCapture()
	refused(t, err, driver.InvalidValue)
	require.NoError(t, ctx.Capture())
	for range 3 {
		require.NoError(t, ctx.Launch(launch))
	}
	launch.Args[0] = 0 // the graph has copies
	graph, err := ctx.EndCapture()
	require.NoError(t, err)
	assert.Equal(t, uint32(0), down[uint32](t, ctx, buffer, 64)[5], "nothing is done while it is recorded")
	for range 2 {
		require.NoError(t, graph.Launch())
	}
	assert.Equal(t, uint32(6), down[uint32](t, ctx, buffer, 64)[5])
	require.NoError(t, graph.Close())
	refused(t, graph.Launch(), driver.InvalidValue)

	// What must not be asked for spoils the graph, and nothing else.
	require.NoError(t, ctx.Capture())
	_, err = ctx.Alloc(4)
	refused(t, err, driver.StreamCaptureInvalid)
	_, err = ctx.EndCapture()
	assert.Contains(t, refused(t, err, driver.StreamCaptureInvalid), "cuMemAlloc")
	require.NoError(t, ctx.Capture())
	refused(t, ctx.Launch(&driver.Launch{Kernel: kernel}), driver.InvalidValue)
	_, err = ctx.EndCapture()
	refused(t, err, driver.StreamCaptureInvalid)
	assert.NoError(t, ctx.Sync())
}

func TestEvents(t *testing.T) {
	ctx := open(t, ptxsim.Options{})
	first, err := ctx.Event()
	require.NoError(t, err)
	second, err := ctx.Event()
	require.NoError(t, err)
	_, err = second.Since(first)
	refused(t, err, driver.InvalidValue)
	require.NoError(t, first.Record())
	time.Sleep(time.Millisecond)
	require.NoError(t, second.Record())
	d, err := second.Since(first)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, d, time.Millisecond)
	assert.NoError(t, first.Close())
}

// TestExecuted counts a kernel's instructions.
func TestExecuted(t *testing.T) {
	ctx := open(t, ptxsim.Options{Threads: 2})
	ptx := ".version 7.0\n.target sm_75\n.address_size 64\n.entry k() { .reg .b32 %r<2>; mov.u32 %r0, %tid.x; add.u32 %r1, %r0, 1; ret; }"
	require.NoError(t, ctx.Launch(line(load(t, ctx, ptx)("k"), 5, 40)))
	lanes, warps := ctx.Executed()
	assert.Equal(t, uint64(5*40*3), lanes)
	assert.Equal(t, uint64(5*2*3), warps)
}

// TestFirstFault wants the same fault whichever host thread is faster.
func TestFirstFault(t *testing.T) {
	for range 20 {
		ctx := open(t, ptxsim.Options{Threads: 4})
		kernel := load(t, ctx, kernelOf("setp.ge.u32 %p0, %b, 3; @%p0 trap;"))("k")
		detail := refused(t, ctx.Launch(line(kernel, 64, 32, up(t, ctx, make([]uint32, 64)))), driver.LaunchFailed)
		assert.Contains(t, detail, "block (3,0,0)")
	}
}
