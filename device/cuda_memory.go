package device

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"ganlib/device/driver"
)

// block is an allocation. Tensors and their views share it; when the last of them is collected it goes
// onto the heap's list of garbage.
type block struct{ at driver.Address }

// heap is the memory of a CUDA device. Collected blocks wait until the next allocation: a finaliser must
// not call the driver, which might be in the middle of a capture.
type heap struct {
	sizes       map[driver.Address]int
	taken, peak int // bytes, now and at most

	mu      sync.Mutex
	garbage []driver.Address
}

// Peak returns the most bytes that tensors and kernels have taken at a time.
func (d *CUDA) Peak() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.heap.peak
}

// collections is how often garbage is collected before memory counts as full.
const collections = 3

// alloc takes memory. d.mu is held.
func (d *CUDA) alloc(bytes int) (*block, error) {
	if err := d.allocating(); err != nil {
		return nil, err
	}
	if err := d.sweep(); err != nil {
		return nil, err
	}
	at, err := d.ctx.Alloc(bytes)
	for try := 0; errors.Is(err, driver.ErrOutOfMemory) && try < collections; try++ {
		runtime.GC()                 // there may be blocks that nobody has noticed to be garbage
		time.Sleep(time.Millisecond) // until other goroutines have put them onto the list
		if err := d.sweep(); err != nil {
			return nil, err
		}
		at, err = d.ctx.Alloc(bytes)
	}
	if errors.Is(err, driver.ErrOutOfMemory) {
		if free, total, known := d.ctx.Memory(); known == nil {
			return nil, fmt.Errorf("asked for %d MiB, free are %d of %d MiB: %w", bytes>>20, free>>20, total>>20, err)
		}
		return nil, fmt.Errorf("asked for %d MiB: %w", bytes>>20, err)
	}
	if err != nil {
		return nil, err
	}
	h := &d.heap
	h.sizes[at] = bytes
	h.taken += bytes
	h.peak = max(h.peak, h.taken)
	b := &block{at}
	runtime.AddCleanup(b, d.discard, at)
	return b, nil
}

// discard puts collected memory onto the list.
func (d *CUDA) discard(at driver.Address) {
	d.heap.mu.Lock()
	defer d.heap.mu.Unlock()
	d.heap.garbage = append(d.heap.garbage, at)
}

// sweep frees what was collected.
func (d *CUDA) sweep() error {
	d.heap.mu.Lock()
	defer d.heap.mu.Unlock()
	for i, at := range d.heap.garbage {
		if err := d.ctx.Free(at); err != nil {
			d.heap.garbage = d.heap.garbage[i:]
			return err
		}
		d.heap.taken -= d.heap.sizes[at]
		delete(d.heap.sizes, at)
	}
	d.heap.garbage = d.heap.garbage[:0]
	return nil
}

// scratchSize is how much scratch memory there is.
type scratchSize struct{ size, taken int } // of the newest block, and of all, in bytes

// grow returns the size of a new block if so many bytes need one, and else 0. What was outgrown stays, since
// graphs hold its address.
func (s *scratchSize) grow(bytes int) int {
	if bytes <= s.size {
		return 0
	}
	s.size = max(bytes, s.size+s.size/2, 1<<20)
	s.taken += s.size
	return s.size
}

// Scratch returns the address of so many bytes of undefined contents, which the next caller of Scratch
// gets too: operations follow each other, so that each has it to itself.
func (d *CUDA) Scratch(bytes int) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	grown := d.scratch
	if size := grown.grow(bytes); size > 0 {
		b, err := d.alloc(size)
		if err != nil {
			return 0, fmt.Errorf("device: scratch memory: %w", err)
		}
		d.scratch, d.scratched = grown, append(d.scratched, b)
	}
	return uint64(d.scratched[len(d.scratched)-1].at), nil
}
