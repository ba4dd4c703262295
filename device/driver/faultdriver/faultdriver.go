// Package faultdriver is a driver whose device fails on demand, over one that works, such as the emulator's:
//
//	drv := faultdriver.New(ptxsim.New(ptxsim.Options{}), faultdriver.At(800, driver.LaunchFailed))
//
// It is for tests of what a program does without its GPU, or without more of its memory.
package faultdriver

import (
	"sync"
	"time"

	"ganlib/device/driver"
)

// Call is a call of a driver's method that is about to happen.
type Call struct {
	N      int    // its number, from 1
	Method string // of a Context: "Launch"; of a graph or an event, with its type: "Graph.Launch"
}

// Rule decides about a call before it happens: 0 lets it happen, any other result is its error. After one that
// is [driver.ErrLost] the device stays lost. The driver asks a rule about one call at a time.
type Rule func(Call) driver.Result

// At fails call number n.
func At(n int, r driver.Result) Rule {
	return func(c Call) driver.Result {
		if c.N == n {
			return r
		}
		return 0
	}
}

// Driver is a driver whose devices fail as its rule says.
type Driver struct {
	driver.Driver
	rule Rule

	mu    sync.Mutex
	calls []Call
	lost  error
}

// New returns a driver over another one. A nil rule lets everything happen.
func New(over driver.Driver, rule Rule) *Driver { return &Driver{Driver: over, rule: rule} }

// Calls returns the calls so far, those that failed included: all that ask the device for something.
func (d *Driver) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Call(nil), d.calls...)
}

// Open makes a context on device n.
func (d *Driver) Open(n int) (driver.Context, error) {
	c, err := d.Driver.Open(n)
	if err != nil {
		return nil, err
	}
	return &context{c, d}, nil
}

// check counts a call and returns its error, if it is to fail.
func (d *Driver) check(method string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	call := Call{N: len(d.calls) + 1, Method: method}
	d.calls = append(d.calls, call)
	if d.lost != nil || d.rule == nil {
		return d.lost
	}
	err := driver.Check(method, d.rule(call))
	if e, ok := err.(*driver.Error); ok && e.Is(driver.ErrLost) {
		d.lost = err
	}
	return err
}

// do makes a call, unless it is to fail.
func (d *Driver) do(method string, call func() error) error {
	if err := d.check(method); err != nil {
		return err
	}
	return call()
}

// context is a context whose calls may fail, but for Close and what asks nothing of the device.
type context struct {
	driver.Context
	d *Driver
}

func (c *context) Memory() (free, total uint64, err error) {
	err = c.d.do("Memory", func() (err error) { free, total, err = c.Context.Memory(); return err })
	return free, total, err
}

func (c *context) Alloc(bytes int) (at driver.Address, err error) {
	err = c.d.do("Alloc", func() (err error) { at, err = c.Context.Alloc(bytes); return err })
	return at, err
}

func (c *context) Free(a driver.Address) error {
	return c.d.do("Free", func() error { return c.Context.Free(a) })
}

func (c *context) Clear(dst driver.Address, bytes int) error {
	return c.d.do("Clear", func() error { return c.Context.Clear(dst, bytes) })
}

func (c *context) Upload(dst driver.Address, src []byte) error {
	return c.d.do("Upload", func() error { return c.Context.Upload(dst, src) })
}

func (c *context) Download(dst []byte, src driver.Address) error {
	return c.d.do("Download", func() error { return c.Context.Download(dst, src) })
}

func (c *context) Load(ptx string) (m driver.Module, err error) {
	err = c.d.do("Load", func() (err error) { m, err = c.Context.Load(ptx); return err })
	return m, err
}

func (c *context) Launch(l *driver.Launch) error {
	return c.d.do("Launch", func() error { return c.Context.Launch(l) })
}

func (c *context) Sync() error { return c.d.do("Sync", c.Context.Sync) }

func (c *context) Capture() error { return c.d.do("Capture", c.Context.Capture) }

// EndCapture ends the capture even if it is to fail, as a device does.
func (c *context) EndCapture() (driver.Graph, error) {
	failure := c.d.check("EndCapture")
	g, err := c.Context.EndCapture()
	switch {
	case err != nil:
		return nil, err
	case failure != nil:
		_ = g.Close() // the failure is the error to return
		return nil, failure
	}
	return &graph{g, c.d}, nil
}

func (c *context) Event() (e driver.Event, err error) {
	err = c.d.do("Event", func() (err error) { e, err = c.Context.Event(); return err })
	if err != nil {
		return nil, err
	}
	return &event{e, c.d}, nil
}

type graph struct {
	driver.Graph
	d *Driver
}

func (g *graph) Launch() error { return g.d.do("Graph.Launch", g.Graph.Launch) }

type event struct {
	driver.Event
	d *Driver
}

func (e *event) Record() error { return e.d.do("Event.Record", e.Event.Record) }

func (e *event) Since(start driver.Event) (passed time.Duration, err error) {
	if own, ok := start.(*event); ok {
		start = own.Event
	}
	err = e.d.do("Event.Since", func() (err error) { passed, err = e.Event.Since(start); return err })
	return passed, err
}
