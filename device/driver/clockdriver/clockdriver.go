// Package clockdriver is a driver on whose devices launches take as long as a rule says, over one that works, such as
// the emulator's: what is timed there comes out the same each time.
//
//	drv := clockdriver.New(ptxsim.New(ptxsim.Options{}), func(kernel string, l *driver.Launch) time.Duration { … })
//
// It is for tests of what a program does with the times.
package clockdriver

import (
	"sync"
	"time"

	"ganlib/device/driver"
)

// Rule returns how long a launch of a kernel takes.
type Rule func(kernel string, l *driver.Launch) time.Duration

// Driver is a driver whose devices have the rule's clock.
type Driver struct {
	driver.Driver
	Idle bool // launches take time and do nothing

	rule Rule
	mu   sync.Mutex
	now  time.Duration
	made int
}

// New returns a driver over another one.
func New(over driver.Driver, rule Rule) *Driver { return &Driver{Driver: over, rule: rule} }

// Launches returns how many launches there were so far.
func (d *Driver) Launches() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.made
}

// Open makes a context on device n.
func (d *Driver) Open(n int) (driver.Context, error) {
	c, err := d.Driver.Open(n)
	if err != nil {
		return nil, err
	}
	return &context{Context: c, d: d}, nil
}

type context struct {
	driver.Context
	d *Driver
}

func (c *context) Load(ptx string) (driver.Module, error) {
	m, err := c.Context.Load(ptx)
	return module{m}, err
}

// Launch starts a kernel, or lets its time pass.
func (c *context) Launch(l *driver.Launch) error {
	k := l.Kernel.(kernel)
	c.d.mu.Lock()
	c.d.now += c.d.rule(k.name, l)
	c.d.made++
	c.d.mu.Unlock()
	if c.d.Idle {
		return nil
	}
	inner := *l
	inner.Kernel = k.Kernel
	return c.Context.Launch(&inner)
}

func (c *context) Event() (driver.Event, error) {
	e, err := c.Context.Event()
	return &event{Event: e, d: c.d}, err
}

type module struct{ driver.Module }

func (m module) Kernel(name string) (driver.Kernel, error) {
	k, err := m.Module.Kernel(name)
	return kernel{k, name}, err
}

type kernel struct {
	driver.Kernel
	name string
}

type event struct {
	driver.Event
	d  *Driver
	at time.Duration
}

func (e *event) Record() error {
	e.d.mu.Lock()
	defer e.d.mu.Unlock()
	e.at = e.d.now
	return nil
}

func (e *event) Since(start driver.Event) (time.Duration, error) {
	return e.at - start.(*event).at, nil
}
