package libcuda

import (
	"errors"
	"runtime"

	"ganlib/device/driver"
)

// context implements [driver.Context] with one stream in the primary context of a device.
//
// CUDA knows a current context for each thread of the operating system, and goroutines wander between
// threads. So each method holds on to its thread and makes the context current there first.
type context struct {
	lib        Library
	device     int
	properties driver.Properties
	primary    Handle
	stream     Handle
	capture    capture
	closed     bool

	// What Close frees.
	memory  map[driver.Address]struct{}
	modules []Handle
	graphs  map[*graph]struct{}
	events  map[*event]struct{}
}

func open(lib Library, device int, p driver.Properties) (*context, error) {
	primary, r := lib.DevicePrimaryCtxRetain(device)
	if r != 0 {
		return nil, failure(lib, "cuDevicePrimaryCtxRetain", r)
	}
	c := &context{
		lib: lib, device: device, properties: p, primary: primary,
		memory: map[driver.Address]struct{}{}, graphs: map[*graph]struct{}{}, events: map[*event]struct{}{},
	}
	err := c.enter("cuStreamCreate")
	if err == nil {
		defer runtime.UnlockOSThread()
		// A stream that does not wait for the default stream, which nobody here uses.
		if c.stream, r = lib.StreamCreate(StreamNonBlocking); r != 0 {
			err = failure(lib, "cuStreamCreate", r)
		}
	}
	if err != nil {
		lib.DevicePrimaryCtxRelease(device)
		return nil, err
	}
	return c, nil
}

// enter makes ready for a call. Without an error, the goroutine is locked to its thread and the caller
// unlocks it.
func (c *context) enter(call string) error {
	if c.capture.on {
		return c.spoil(refusal(call, captureUnsupported, "only launches can be captured"))
	}
	return c.bind(call)
}

// bind is enter for what can be done in a capture, too.
func (c *context) bind(call string) error {
	if c.closed {
		return refusal(call, driver.Deinitialized, "the context is closed")
	}
	runtime.LockOSThread()
	if r := c.lib.CtxSetCurrent(c.primary); r != 0 {
		runtime.UnlockOSThread()
		return failure(c.lib, "cuCtxSetCurrent", r)
	}
	return nil
}

// check returns the error of a call that was made.
func (c *context) check(call string, r driver.Result) error {
	if r == 0 {
		return nil
	}
	return failure(c.lib, call, r)
}

// Properties implements [driver.Context].
func (c *context) Properties() driver.Properties { return c.properties }

// Sync implements [driver.Context].
func (c *context) Sync() error {
	if err := c.enter("cuStreamSynchronize"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	return c.sync()
}

// sync waits, in a thread that is bound.
func (c *context) sync() error {
	return c.check("cuStreamSynchronize", c.lib.StreamSynchronize(c.stream))
}

// Close implements [driver.Context]. A lost context frees nothing more, but lets go of the device, without
// an error.
func (c *context) Close() error {
	if c.closed {
		return nil
	}
	var first error
	note := func(err error) {
		if first == nil && err != nil && !errors.Is(err, driver.ErrLost) {
			first = err
		}
	}
	if c.capture.on {
		c.spoil(errors.New("closed"))
		_, _ = c.EndCapture()
	}
	if err := c.bind("cuStreamDestroy"); err != nil {
		note(err)
	} else {
		defer runtime.UnlockOSThread()
		note(c.sync())
		for g := range c.graphs {
			note(c.check("cuGraphExecDestroy", c.lib.GraphExecDestroy(g.exec)))
		}
		for e := range c.events {
			note(c.check("cuEventDestroy", c.lib.EventDestroy(e.handle)))
		}
		for _, m := range c.modules {
			note(c.check("cuModuleUnload", c.lib.ModuleUnload(m)))
		}
		for a := range c.memory {
			note(c.check("cuMemFree", c.lib.MemFree(a)))
		}
		note(c.check("cuStreamDestroy", c.lib.StreamDestroy(c.stream)))
	}
	note(c.check("cuDevicePrimaryCtxRelease", c.lib.DevicePrimaryCtxRelease(c.device)))
	c.closed = true
	c.memory, c.modules, c.graphs, c.events = nil, nil, nil, nil
	return first
}

// Live returns how many things the context holds beyond its modules: allocations, graphs and events.
func (c *context) Live() int { return len(c.memory) + len(c.graphs) + len(c.events) }
