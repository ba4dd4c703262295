package device

import (
	"fmt"
	"slices"

	"ganlib/device/driver"
)

// Program is a module of kernels as PTX, in a version for each generation of GPUs that has its own.
type Program struct {
	Name   string
	Images func() []Image // those for later generations first

	// Cost returns what a launch of a kernel costs, by its grid and arguments, for those who profile. nil: it is not known.
	Cost func(kernel string, grid [3]int, args []uint64) Cost
}

// Image is PTX that runs from a compute capability on, or, if it has what later ones lack, on that one exactly.
type Image struct {
	Major, Minor int
	Exactly      bool
	PTX          string
}

func (i Image) runs(g driver.Properties) bool {
	own, card := 10*i.Major+i.Minor, 10*g.Major+g.Minor
	return own == card || own < card && !i.Exactly
}

// entry is a kernel of a program.
type entry struct {
	program *Program
	name    string
}

// Launch queues a kernel: the entry of a program, on a grid of blocks of threads, with so many bytes of
// dynamic shared memory. Arguments are 64-bit words, of which a parameter of four bytes takes the lower
// half. The program is translated when it is first used.
func (d *CUDA) Launch(p *Program, name string, grid, block [3]int, shared int, args ...uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, err := d.kernel(entry{p, name}, shared)
	if err != nil {
		return fmt.Errorf("device: kernel %s of %s: %w", name, p.Name, err)
	}
	l := &d.launch
	l.Kernel, l.Grid, l.Block, l.Shared, l.Args = k, grid, block, shared, append(l.Args[:0], args...)
	if err := d.queue(l); err != nil {
		return fmt.Errorf("device: kernel %s of %s on %v blocks of %v threads: %w", name, p.Name, grid, block, err)
	}
	return nil
}

// plainShared is the dynamic shared memory that every kernel may have, in bytes.
const plainShared = 48 << 10

// kernel returns an entry, translated.
func (d *CUDA) kernel(e entry, shared int) (driver.Kernel, error) {
	if k, ok := d.entries[e]; ok {
		return k, nil
	}
	m, ok := d.modules[e.program]
	if !ok {
		ptx, err := e.program.image(d.ctx.Properties())
		if err != nil {
			return nil, err
		}
		if m, err = d.ctx.Load(ptx); err != nil {
			return nil, err
		}
		d.modules[e.program] = m
	}
	k, err := m.Kernel(e.name)
	if err != nil {
		return nil, err
	}
	if shared > plainShared {
		if err := k.MaxShared(shared); err != nil {
			return nil, err
		}
	}
	d.entries[e] = k
	return k, nil
}

// image returns the PTX for a GPU.
func (p *Program) image(g driver.Properties) (string, error) {
	images := p.Images()
	i := slices.IndexFunc(images, func(i Image) bool { return i.runs(g) })
	if i < 0 {
		return "", fmt.Errorf("no image for compute capability %d.%d: %w", g.Major, g.Minor, driver.ErrBadImage)
	}
	return images[i].PTX, nil
}

// live is where arguments that change from launch to launch lie when no graph is meant: a ring, whose
// places are written again long after they were read, in the order of the stream.
type live struct {
	ring *block
	next int
}

// liveWords is the length of the ring, and the most words that a repeated step can have.
const liveWords = 16 << 10

// Live copies words to the device and returns their address, for the next launch: arguments that change
// from step to step go this way, so that a repeated step ([CUDA.Repeat]) is the same each time.
func (d *CUDA) Live(words ...uint64) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.steps.current != nil {
		if at, ok, err := d.liveInStep(words); ok || err != nil {
			return at, err
		}
	}
	if d.live.ring == nil {
		b, err := d.alloc(8 * liveWords)
		if err != nil {
			return 0, fmt.Errorf("device: live arguments: %w", err)
		}
		d.live.ring = b
	}
	if d.live.next+len(words) > liveWords {
		d.live.next = 0
	}
	at := d.live.ring.at + driver.Address(8*d.live.next)
	d.live.next += len(words)
	return uint64(at), d.ctx.Upload(at, bytesOf(words))
}
