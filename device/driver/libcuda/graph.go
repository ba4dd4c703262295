package libcuda

import (
	"runtime"

	"ganlib/device/driver"
)

// capture is the state of a context between Capture and EndCapture.
type capture struct {
	on    bool
	spoil error // the first thing that went wrong
}

// captureUnsupported is the result of what cannot be done in a capture.
const captureUnsupported driver.Result = 900

// spoil remembers why there will be no graph, and returns err.
func (c *context) spoil(err error) error {
	if c.capture.spoil == nil {
		c.capture.spoil = err
	}
	return err
}

// Capture implements [driver.Context]. The mode is relaxed because the others want the capture to end in
// the thread in which it began, and here a goroutine may have wandered.
func (c *context) Capture() error {
	if err := c.enter("cuStreamBeginCapture"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	if r := c.lib.StreamBeginCapture(c.stream, CaptureRelaxed); r != 0 {
		return failure(c.lib, "cuStreamBeginCapture", r)
	}
	c.capture = capture{on: true}
	return nil
}

// EndCapture implements [driver.Context]. A call that failed since Capture makes it fail, too.
func (c *context) EndCapture() (driver.Graph, error) {
	if !c.capture.on {
		return nil, refusal("cuStreamEndCapture", driver.InvalidValue, "nothing is captured")
	}
	spoilt := c.capture.spoil
	c.capture = capture{}
	if err := c.bind("cuStreamEndCapture"); err != nil {
		return nil, err
	}
	defer runtime.UnlockOSThread()
	recorded, r := c.lib.StreamEndCapture(c.stream)
	if recorded != 0 {
		defer c.lib.GraphDestroy(recorded)
	}
	switch {
	case spoilt != nil:
		return nil, spoilt
	case r != 0:
		return nil, failure(c.lib, "cuStreamEndCapture", r)
	}
	exec, r := c.lib.GraphInstantiate(recorded)
	if r != 0 {
		return nil, failure(c.lib, "cuGraphInstantiate", r)
	}
	g := &graph{ctx: c, exec: exec}
	c.graphs[g] = struct{}{}
	return g, nil
}

// graph implements [driver.Graph].
type graph struct {
	ctx  *context
	exec Handle
}

// Launch implements [driver.Graph]. It allocates nothing.
func (g *graph) Launch() error {
	c := g.ctx
	if err := c.enter("cuGraphLaunch"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	if g.exec == 0 {
		return refusal("cuGraphLaunch", driver.InvalidValue, "the graph is closed")
	}
	return c.check("cuGraphLaunch", c.lib.GraphLaunch(g.exec, c.stream))
}

// Close implements [driver.Graph].
func (g *graph) Close() error {
	c := g.ctx
	if _, held := c.graphs[g]; !held {
		return nil
	}
	if err := c.enter("cuGraphExecDestroy"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	delete(c.graphs, g)
	exec := g.exec
	g.exec = 0
	return c.check("cuGraphExecDestroy", c.lib.GraphExecDestroy(exec))
}
