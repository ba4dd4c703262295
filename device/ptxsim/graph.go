package ptxsim

import (
	"slices"
	"time"

	"ganlib/device/driver"
)

// recordable are the calls that may be made while a graph is recorded.
var recordable = map[string]bool{"cuLaunchKernel": true, "cuStreamEndCapture": true}

// capture is a graph in the making.
type capture struct {
	launches []driver.Launch
	invalid  string // the call that spoilt it
}

// graph is a recorded sequence of launches.
type graph struct {
	context  *Context
	launches []driver.Launch
	closed   bool
}

// Capture begins a graph.
func (c *Context) Capture() error {
	if err := c.begin("cuStreamBeginCapture"); err != nil {
		return err
	}
	defer c.mu.Unlock()
	c.capture = &capture{}
	return nil
}

// EndCapture ends the graph.
func (c *Context) EndCapture() (driver.Graph, error) {
	const call = "cuStreamEndCapture"
	if err := c.begin(call); err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	recorded := c.capture
	c.capture = nil
	switch {
	case recorded == nil:
		return nil, invalid(call, "no graph is being recorded")
	case recorded.invalid != "":
		return nil, &driver.Error{Call: call, Result: driver.StreamCaptureInvalid, Detail: recorded.invalid + " failed or was not allowed while the graph was recorded"}
	}
	return &graph{context: c, launches: recorded.launches}, nil
}

// record keeps a copy of a launch.
func (g *capture) record(l *driver.Launch) {
	kept := *l
	kept.Args = slices.Clone(l.Args)
	g.launches = append(g.launches, kept)
}

// Launch does the recorded launches, in their order.
func (g *graph) Launch() error {
	const call = "cuGraphLaunch"
	c := g.context
	if err := c.begin(call); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if g.closed {
		return invalid(call, "the graph is closed")
	}
	for i := range g.launches {
		if err := c.run(call, &g.launches[i]); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) Close() error {
	g.context.mu.Lock()
	defer g.context.mu.Unlock()
	g.closed = true
	g.launches = nil
	return nil
}

// event is a moment of the host's clock: nothing is ever outstanding.
type event struct {
	context *Context
	at      time.Time
}

// Event makes an event.
func (c *Context) Event() (driver.Event, error) {
	if err := c.begin("cuEventCreate"); err != nil {
		return nil, err
	}
	c.mu.Unlock()
	return &event{context: c}, nil
}

func (e *event) Record() error {
	if err := e.context.begin("cuEventRecord"); err != nil {
		return err
	}
	defer e.context.mu.Unlock()
	e.at = time.Now()
	return nil
}

func (e *event) Since(start driver.Event) (time.Duration, error) {
	const call = "cuEventElapsedTime"
	if err := e.context.begin(call); err != nil {
		return 0, err
	}
	defer e.context.mu.Unlock()
	s, ok := start.(*event)
	if !ok || s.context != e.context || s.at.IsZero() || e.at.IsZero() {
		return 0, invalid(call, "both events must be recorded in this context")
	}
	return e.at.Sub(s.at), nil
}

func (e *event) Close() error { return nil }
