package device

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"ganlib/device/driver"
)

// CUDA is an NVIDIA GPU, or an emulated one: tensors lie in its memory, kernels are PTX.
//
// Operations are asynchronous: they return when they are queued, and what goes wrong in them is returned
// by the next call that waits, [CUDA.Sync] or a copy to the host.
type CUDA struct {
	name    string // as [Open] takes it
	by      string // the driver
	counter *Counter

	mu        sync.Mutex
	precision Precision
	tuning    any // what SetTuning has set
	ctx       driver.Context
	closed    bool
	heap      heap
	entries   map[entry]driver.Kernel
	modules   map[*Program]driver.Module
	launch    driver.Launch // what Launch fills in, so that it allocates nothing
	live      live
	scratch   scratchSize
	scratched []*block // of scratch memory, the one in use last
	tickets   tickets
	steps     steps
	profile   *profile // nil but in Profile
}

// OpenCUDA opens device n of a driver. If there is no driver, no such device, or one of them is too old,
// the error is [ErrNoCUDA].
func OpenCUDA(drv driver.Driver, n int) (*CUDA, error) {
	ctx, err := drv.Open(n)
	if err != nil {
		for _, none := range []error{driver.ErrNoDriver, driver.ErrNoDevice, driver.ErrOldDriver} {
			if errors.Is(err, none) {
				return nil, fmt.Errorf("%w: %w", ErrNoCUDA, err)
			}
		}
		return nil, err
	}
	if p := ctx.Properties(); 10*p.Major+p.Minor < oldestCard {
		err := fmt.Errorf("%w: %s has compute capability %d.%d, want 7.5 or later", ErrNoCUDA, p.Name, p.Major, p.Minor)
		return nil, errors.Join(err, ctx.Close())
	}
	d := &CUDA{
		name: fmt.Sprintf("cuda:%d", n), by: drv.Name(), ctx: ctx,
		entries: map[entry]driver.Kernel{}, modules: map[*Program]driver.Module{}, heap: heap{sizes: map[driver.Address]int{}},
	}
	if drv.Name() == "ptxsim" {
		d.name = "ptxsim"
	}
	d.steps.on = true
	return d, nil
}

// oldestCard is ten times the least compute capability: that of Turing.
const oldestCard = 75

func (d *CUDA) String() string {
	p, precision := d.ctx.Properties(), ""
	if in := d.Precision(); in != Float32 {
		precision = fmt.Sprintf(", in %v", in)
	}
	return fmt.Sprintf("%s (%s, compute capability %d.%d, through %s%s)", d.name, p.Name, p.Major, p.Minor, d.by, precision)
}

// Properties describe the GPU.
func (d *CUDA) Properties() driver.Properties { return d.ctx.Properties() }

// New implements [Device].
func (d *CUDA) New(shape Shape) (*Tensor, error) {
	if !shape.Valid() {
		return nil, &ShapeError{Op: "device: new tensor", Arg: "shape", Got: shape, Want: "want one to four positive dimensions"}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	block, err := d.alloc(4 * shape.Len())
	if err != nil {
		return nil, fmt.Errorf("device: new tensor %v: %w", shape, err)
	}
	if err := d.ctx.Clear(block.at, 4*shape.Len()); err != nil {
		return nil, fmt.Errorf("device: new tensor %v: %w", shape, err)
	}
	return &Tensor{dev: d, shape: shape, block: block}, nil
}

// NewBytes implements [Device].
func (d *CUDA) NewBytes(data []byte) (*Bytes, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := &Bytes{dev: d, length: len(data)}
	if len(data) == 0 {
		return b, nil
	}
	var err error
	if b.block, err = d.alloc(len(data)); err == nil {
		err = d.ctx.Upload(b.block.at, data)
	}
	if err != nil {
		return nil, fmt.Errorf("device: new bytes: %w", err)
	}
	return b, nil
}

// Sync implements [Device].
func (d *CUDA) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.interrupt(); err != nil {
		return err
	}
	return d.ctx.Sync()
}

// Memory returns the free bytes and all bytes of the device.
func (d *CUDA) Memory() (free, total uint64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ctx.Memory()
}

// Close implements [Device]. Tensors of the device are of no more use.
func (d *CUDA) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	// Cleanups of blocks hold the device. What they hold it must not hold: nothing of both would ever be collected.
	d.scratch, d.scratched, d.tickets, d.live, d.steps = scratchSize{}, nil, tickets{}, live{}, steps{}
	clear(d.entries)
	clear(d.modules)
	return d.ctx.Close()
}

// Counter implements [Device].
func (d *CUDA) Counter() *Counter { return d.counter }

// SetCounter implements [Device].
func (d *CUDA) SetCounter(c *Counter) {
	if d.counter = c; c != nil {
		c.wait = func() { d.Sync() } // what went wrong is returned by the next call that waits, too
	}
}

// download copies a tensor's numbers.
func (d *CUDA) download(dst []float32, t *Tensor) error { return d.fetch(bytesOf(dst), t.at()) }

func (d *CUDA) fetch(dst []byte, from driver.Address) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.interrupt(); err != nil {
		return err
	}
	return d.ctx.Download(dst, from)
}

// bytesOf returns the memory of s, in the machine's order of bytes, which is a GPU's too: both are little
// endian.
func bytesOf[T any](s []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(zero)))
}
