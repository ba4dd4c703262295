package libcuda

import (
	"runtime"
	"time"

	"ganlib/device/driver"
)

// event implements [driver.Event].
type event struct {
	ctx    *context
	handle Handle
}

// Event implements [driver.Context].
func (c *context) Event() (driver.Event, error) {
	if err := c.enter("cuEventCreate"); err != nil {
		return nil, err
	}
	defer runtime.UnlockOSThread()
	handle, r := c.lib.EventCreate(EventDefault)
	if r != 0 {
		return nil, failure(c.lib, "cuEventCreate", r)
	}
	e := &event{ctx: c, handle: handle}
	c.events[e] = struct{}{}
	return e, nil
}

// Record implements [driver.Event].
func (e *event) Record() error {
	c := e.ctx
	if err := e.enter("cuEventRecord"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	return c.check("cuEventRecord", c.lib.EventRecord(e.handle, c.stream))
}

// Since implements [driver.Event].
func (e *event) Since(start driver.Event) (time.Duration, error) {
	c := e.ctx
	first, ok := start.(*event)
	if !ok || first.ctx != c || first.handle == 0 {
		return 0, refusal("cuEventElapsedTime", driver.InvalidValue, "the start is not an open event of this context")
	}
	if err := e.enter("cuEventElapsedTime"); err != nil {
		return 0, err
	}
	defer runtime.UnlockOSThread()
	for _, h := range []Handle{first.handle, e.handle} {
		if r := c.lib.EventSynchronize(h); r != 0 {
			return 0, failure(c.lib, "cuEventSynchronize", r)
		}
	}
	ms, r := c.lib.EventElapsedTime(first.handle, e.handle)
	if r != 0 {
		return 0, failure(c.lib, "cuEventElapsedTime", r)
	}
	return time.Duration(float64(ms) * float64(time.Millisecond)), nil
}

// enter makes ready for a call with the event.
func (e *event) enter(call string) error {
	if e.handle == 0 {
		return refusal(call, driver.InvalidValue, "the event is closed")
	}
	return e.ctx.enter(call)
}

// Close implements [driver.Event].
func (e *event) Close() error {
	c := e.ctx
	if _, held := c.events[e]; !held {
		return nil
	}
	if err := c.enter("cuEventDestroy"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	delete(c.events, e)
	handle := e.handle
	e.handle = 0
	return c.check("cuEventDestroy", c.lib.EventDestroy(handle))
}
