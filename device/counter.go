package device

import "sync"

// Counter counts operations by name, for tests that prove which work was done and which was not.
// Operations are floating-point ones: a multiply-add counts two.
type Counter struct {
	mu    sync.Mutex
	calls map[string]int
	flops map[string]int64
}

// Add records one call of op that takes the given number of floating-point operations. A nil
// counter ignores it.
func (c *Counter) Add(op string, flops int64) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls, c.flops = map[string]int{}, map[string]int64{}
	}
	c.calls[op]++
	c.flops[op] += flops
}

// Calls returns how often op was called.
func (c *Counter) Calls(op string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[op]
}

// Flops returns the operations of op, or of all operations if op is empty.
func (c *Counter) Flops(op string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op != "" {
		return c.flops[op]
	}
	var sum int64
	for _, n := range c.flops {
		sum += n
	}
	return sum
}

// Reset sets all counts to zero.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.calls)
	clear(c.flops)
}
