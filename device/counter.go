package device

import (
	"sync"
	"time"
)

// Counter counts operations by name and by the layer that they are done for, for tests that prove
// which work was done and which was not, and for benchmarks. Operations are floating-point ones: a
// multiply-add counts two. A nil counter ignores everything.
type Counter struct {
	mu     sync.Mutex
	layer  place
	counts map[counted]*Count
	order  []*Count
	timed  bool
	open   *Count    // whose time is running, nil for none
	since  time.Time // from when
	wait   func()    // waits for the device before a time is taken, nil if operations are over when they return
}

// place is a layer of a network.
type place struct{ network, layer string }

// counted is what is counted together.
type counted struct {
	place
	op string
}

// Count is what was counted of one operation in one layer. Network and Layer are empty for operations
// outside of layers.
type Count struct {
	Network, Layer, Op string
	Calls              int
	Flops              int64
	Time               time.Duration // from the call to the next operation's, if time is taken
}

// SetTimed starts or stops taking times: the time from one call of Add to the next, or to Pause, is
// the first one's. It means something only while one goroutine uses the device. On a GPU, which works
// ahead of the program, each operation is waited for, and its time has the wait in it.
func (c *Counter) SetTimed(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(nil)
	c.timed = on
}

// Pause ends the time of the last operation: what follows is no operation's.
func (c *Counter) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(nil)
}

// settle gives the time since the last operation to it, and begins next's.
func (c *Counter) settle(next *Count) {
	if !c.timed {
		return
	}
	if c.wait != nil {
		c.wait()
	}
	now := time.Now()
	if c.open != nil {
		c.open.Time += now.Sub(c.since)
	}
	c.open, c.since = next, now
}

// Enter says that what follows is done for a layer of a network, or, with empty names, for none.
func (c *Counter) Enter(network, layer string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.layer = place{network, layer}
}

// Add records one call of op that takes the given number of floating-point operations.
func (c *Counter) Add(op string, flops int64) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := counted{c.layer, op}
	n, ok := c.counts[key]
	if !ok {
		if c.counts == nil {
			c.counts = map[counted]*Count{}
		}
		n = &Count{Network: c.layer.network, Layer: c.layer.layer, Op: op}
		c.counts[key], c.order = n, append(c.order, n)
	}
	n.Calls++
	n.Flops += flops
	c.settle(n)
}

// Counts returns what was counted, in the order in which it came up first.
func (c *Counter) Counts() []Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Count, len(c.order))
	for i, n := range c.order {
		list[i] = *n
	}
	return list
}

// Calls returns how often op was called, in all layers and outside of them.
func (c *Counter) Calls(op string) (calls int) {
	for _, n := range c.Counts() {
		if n.Op == op {
			calls += n.Calls
		}
	}
	return calls
}

// Flops returns the operations of op, or of all operations if op is empty.
func (c *Counter) Flops(op string) (flops int64) {
	for _, n := range c.Counts() {
		if op == "" || n.Op == op {
			flops += n.Flops
		}
	}
	return flops
}

// Reset sets all counts and times to zero.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.counts)
	c.order, c.open = nil, nil
}
