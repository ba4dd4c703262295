package ptxsim

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"ganlib/device/driver"
)

// launch is a kernel under way.
type launch struct {
	context    *Context
	kernel     *kernel
	grid       [3]int
	block      [3]int
	threads    int // of a block
	shared     int // bytes of dynamic shared memory
	parameters []byte

	blocks int // of the grid
	stride int // between blocks that follow each other
	offset int
	next   atomic.Int64
	failed atomic.Bool
}

// Launch runs a kernel, or records it.
func (c *Context) Launch(l *driver.Launch) error {
	const call = "cuLaunchKernel"
	if err := c.begin(call); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if c.capture == nil {
		return c.run(call, l)
	}
	if _, err := c.prepare(call, l); err != nil {
		c.capture.invalid = call
		return err
	}
	c.capture.record(l)
	return nil
}

// run checks a launch and does it.
func (c *Context) run(call string, l *driver.Launch) error {
	r, err := c.prepare(call, l)
	if err != nil {
		return err
	}
	workers := min(c.emulator.options.Threads, r.blocks)
	for len(c.blocks) < workers {
		c.blocks = append(c.blocks, newBlock(c))
	}
	c.renumber(r.blocks)
	faults := make([]*fault, workers)
	var wait sync.WaitGroup
	for i := 1; i < workers; i++ {
		wait.Go(func() { faults[i] = c.blocks[i].work(r) })
	}
	faults[0] = c.blocks[0].work(r)
	wait.Wait()
	c.raceBase += uint32(r.blocks) + 1
	for _, b := range c.blocks[:workers] {
		c.lanes, c.warpSteps = c.lanes+b.lanes, c.warpSteps+b.steps
		b.lanes, b.steps = 0, 0
	}
	// Every block before the first that failed has run, so the first is the same in every run.
	var first *fault
	for _, f := range faults {
		if f != nil && (first == nil || f.order < first.order) {
			first = f
		}
	}
	if first == nil {
		return nil
	}
	c.lost = &driver.Error{Call: call, Result: first.result, Detail: first.Error()}
	return c.lost
}

// prepare checks a launch as the driver does.
func (c *Context) prepare(call string, l *driver.Launch) (*launch, error) {
	k, ok := l.Kernel.(*kernel)
	if !ok || k.module.context != c {
		return nil, invalid(call, "the kernel is not of this context")
	}
	limits := [3]int{1<<31 - 1, 1<<16 - 1, 1<<16 - 1}
	blocks, threads := 1, 1
	for i := range 3 {
		if l.Grid[i] < 1 || l.Grid[i] > limits[i] {
			return nil, invalid(call, "%s: a grid of (%d,%d,%d) blocks", k.name, l.Grid[0], l.Grid[1], l.Grid[2])
		}
		if l.Block[i] < 1 || l.Block[i] > maxBlockThreads || i == 2 && l.Block[i] > 64 {
			return nil, invalid(call, "%s: a block of (%d,%d,%d) threads", k.name, l.Block[0], l.Block[1], l.Block[2])
		}
		blocks *= l.Grid[i]
		threads *= l.Block[i]
	}
	most := maxBlockThreads
	if k.maxThreads > 0 {
		most = min(most, k.maxThreads)
	}
	switch {
	case threads > most:
		return nil, invalid(call, "%s: a block of %d threads, the kernel allows %d", k.name, threads, most)
	case k.required != [3]int{} && k.required != l.Block:
		return nil, invalid(call, "%s: a block of %v threads, the kernel requires %v", k.name, l.Block, k.required)
	case l.Shared < 0 || int64(l.Shared) > k.maxDynamic:
		return nil, invalid(call, "%s: %d bytes of dynamic shared memory, %d are allowed", k.name, l.Shared, k.maxDynamic)
	case len(l.Args) != len(k.parameters):
		return nil, invalid(call, "%s: %d arguments for %d parameters", k.name, len(l.Args), len(k.parameters))
	}
	r := &launch{context: c, kernel: k, grid: l.Grid, block: l.Block, threads: threads, shared: l.Shared, blocks: blocks}
	r.parameters = make([]byte, k.paramBytes)
	for i, p := range k.parameters {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], l.Args[i])
		if p.size > 8 {
			return nil, invalid(call, "%s: parameter %d has %d bytes, an argument is a word of 8", k.name, i, p.size)
		}
		copy(r.parameters[p.offset:], word[:p.size])
	}
	r.stride, r.offset = shuffled(blocks, c.emulator.options.Seed)
	return r, nil
}

// shuffled gives an order of n blocks: the i-th is i·stride + offset modulo n.
func shuffled(n int, seed uint64) (stride, offset int) {
	if seed == 0 || n == 1 {
		return 1, 0
	}
	stride = int(mix(seed)%uint64(n)) | 1
	for gcd(stride, n) != 1 {
		stride += 2
	}
	return stride % n, int(mix(seed+1) % uint64(n))
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
// generators").
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// at is the index of the i-th block in order.
func (r *launch) at(i int) (number int, index [3]int) {
	number = int((uint64(i)*uint64(r.stride) + uint64(r.offset)) % uint64(r.blocks))
	return number, [3]int{number % r.grid[0], number / r.grid[0] % r.grid[1], number / (r.grid[0] * r.grid[1])}
}
