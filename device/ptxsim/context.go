package ptxsim

import (
	"fmt"
	"sync"

	"ganlib/device/driver"
)

// Context is an open emulated device. Launches are done when Launch returns, and a fault comes back from
// the launch itself; from then on the context is lost and every call returns that fault, as on hardware.
type Context struct {
	emulator *emulator

	mu        sync.Mutex
	heap      heap
	blocks    []*block // one for each host thread
	lost      error
	closed    bool
	capture   *capture
	lanes     uint64 // instructions executed, counted once for each thread
	warpSteps uint64 // and once for each warp
	raceBase  uint32 // of block numbers, in the shadow of global memory
	atomics   sync.Mutex
}

var _ driver.Context = (*Context)(nil)

func newContext(e *emulator) *Context {
	return &Context{emulator: e, heap: newHeap(e.options.Memory), raceBase: 1}
}

// Properties describes the device.
func (c *Context) Properties() driver.Properties { return c.emulator.properties() }

// Live returns the number of allocations that have not been freed.
func (c *Context) Live() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, a := range c.heap.live {
		if !a.module {
			n++
		}
	}
	return n
}

// Executed returns how many instructions the context has executed: once for every thread that took
// part, and once for every warp.
func (c *Context) Executed() (lanes, warps uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lanes, c.warpSteps
}

// begin takes the lock for a call, unless the call cannot be made.
func (c *Context) begin(call string) error {
	c.mu.Lock()
	err := c.refuse(call)
	if err != nil {
		c.mu.Unlock()
	}
	return err
}

func (c *Context) refuse(call string) error {
	switch {
	case c.closed:
		return &driver.Error{Call: call, Result: driver.InvalidContext, Detail: "the context is closed"}
	case c.lost != nil:
		return c.lost
	case c.capture != nil && !recordable[call]:
		c.capture.invalid = call
		return &driver.Error{Call: call, Result: driver.StreamCaptureInvalid, Detail: "not allowed while a graph is recorded"}
	}
	return nil
}

func invalid(call, format string, args ...any) error {
	return &driver.Error{Call: call, Result: driver.InvalidValue, Detail: fmt.Sprintf(format, args...)}
}

// Memory returns the free bytes and all bytes.
func (c *Context) Memory() (free, total uint64, err error) {
	if err := c.begin("cuMemGetInfo"); err != nil {
		return 0, 0, err
	}
	defer c.mu.Unlock()
	return uint64(c.heap.limit - c.heap.used), uint64(c.heap.limit), nil
}

// Alloc takes memory. It holds NaN until it is written.
func (c *Context) Alloc(bytes int) (driver.Address, error) {
	const call = "cuMemAlloc"
	if err := c.begin(call); err != nil {
		return 0, err
	}
	defer c.mu.Unlock()
	if bytes <= 0 {
		return 0, invalid(call, "%d bytes", bytes)
	}
	a := c.heap.allocate(int64(bytes))
	if a == nil {
		return 0, &driver.Error{Call: call, Result: driver.OutOfMemory, Detail: fmt.Sprintf("%d bytes, with %d of %d in use", bytes, c.heap.used, c.heap.limit)}
	}
	return driver.Address(a.lo), nil
}

// Free gives memory back.
func (c *Context) Free(a driver.Address) error {
	const call = "cuMemFree"
	if err := c.begin(call); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if !c.heap.free(uint64(a)) {
		return invalid(call, "%#x is %s", uint64(a), c.heap.describe(uint64(a)))
	}
	return nil
}

// Clear fills memory with zeros.
func (c *Context) Clear(dst driver.Address, bytes int) error {
	return c.copy("cuMemsetD8", dst, bytes, func(device []byte) { clear(device) })
}

// Upload copies src to the device.
func (c *Context) Upload(dst driver.Address, src []byte) error {
	return c.copy("cuMemcpyHtoD", dst, len(src), func(device []byte) { copy(device, src) })
}

// Download copies from the device.
func (c *Context) Download(dst []byte, src driver.Address) error {
	return c.copy("cuMemcpyDtoH", src, len(dst), func(device []byte) { copy(dst, device) })
}

func (c *Context) copy(call string, at driver.Address, n int, do func(device []byte)) error {
	if err := c.begin(call); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if n == 0 {
		return nil
	}
	if n < 0 {
		return invalid(call, "%d bytes", n)
	}
	a := c.heap.find(uint64(at), uint64(n))
	if a == nil {
		return invalid(call, "%d bytes at %#x, %s", n, uint64(at), c.heap.describe(uint64(at)))
	}
	from := uint64(at) - a.lo
	do(a.bytes[from : from+uint64(n)])
	return nil
}

// Sync returns the fault of a lost context: everything asked for is done already.
func (c *Context) Sync() error {
	if err := c.begin("cuCtxSynchronize"); err != nil {
		return err
	}
	c.mu.Unlock()
	return nil
}

// Close frees everything that the context holds.
func (c *Context) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.heap = newHeap(c.emulator.options.Memory)
	c.blocks = nil
	c.capture = nil
	return nil
}
