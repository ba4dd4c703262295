package device

import (
	"cmp"
	"slices"
	"strings"
)

// Meta is a device without memory: kernels check their arguments, count their operations and
// return. Running a step on it shows that the shapes fit and how much memory the step will take.
type Meta struct {
	counter *Counter
	words   int
	cpu     *CPU  // stood for
	gpu     *CUDA // stood for
	scratch scratchSize
	notes   any
	planned map[costly]*KernelTime // launches, if they are noted
}

// NewMeta returns a meta device.
func NewMeta() *Meta { return &Meta{} }

// NewMetaFor returns a meta device that stands for another one: kernels also note what memory they
// would take there beside tensors.
func NewMetaFor(dev Device) *Meta {
	d := new(Meta)
	d.cpu, _ = dev.(*CPU)
	d.gpu, _ = dev.(*CUDA)
	return d
}

// CPU returns the processor that the device stands for, GPU the GPU; nil if it is none.
func (d *Meta) CPU() *CPU  { return d.cpu }
func (d *Meta) GPU() *CUDA { return d.gpu }

// Scratch notes what [CUDA.Scratch] would take.
func (d *Meta) Scratch(bytes int) { d.scratch.grow(bytes) }

// Scratched returns the bytes that all calls of Scratch would have taken together.
func (d *Meta) Scratched() int { return d.scratch.taken }

// NoteLaunches has launches on the GPU noted from now on, and none before.
func (d *Meta) NoteLaunches() { d.planned = map[costly]*KernelTime{} }

// Launch notes what [CUDA.Launch] would start.
func (d *Meta) Launch(p *Program, kernel string, grid [3]int, args []uint64) {
	if d.planned == nil {
		return
	}
	key := costly{entry: entry{p, kernel}}
	if p.Cost != nil {
		key.cost = p.Cost(kernel, grid, args)
	}
	t := d.planned[key]
	if t == nil {
		t = &KernelTime{Program: p.Name, Kernel: kernel, Cost: key.cost}
		d.planned[key] = t
	}
	t.Calls++
}

// Launches returns those noted, without times, in a fixed order.
func (d *Meta) Launches() (list []KernelTime) {
	for _, t := range d.planned {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b KernelTime) int {
		return cmp.Or(strings.Compare(a.Kernel, b.Kernel), cmp.Compare(b.Cost.Bytes, a.Cost.Bytes), cmp.Compare(b.Cost.Flops, a.Cost.Flops), b.Cost.M-a.Cost.M, b.Cost.N-a.Cost.N)
	})
	return list
}

// Notes returns what kernels keep with the device. The first call makes it.
func (d *Meta) Notes(make func() any) any {
	if d.notes == nil {
		d.notes = make()
	}
	return d.notes
}

func (d *Meta) String() string { return "meta" }

// New implements [Device].
func (d *Meta) New(shape Shape) (*Tensor, error) {
	if !shape.Valid() {
		return nil, &ShapeError{Op: "device: new tensor", Arg: "shape", Got: shape, Want: "want one to four positive dimensions"}
	}
	d.words += shape.Len()
	return &Tensor{dev: d, shape: shape, err: ErrMeta}, nil
}

// NewBytes implements [Device].
func (d *Meta) NewBytes(data []byte) (*Bytes, error) {
	return &Bytes{dev: d, data: data, length: len(data)}, nil
}

// Allocated returns the bytes that all tensors made so far would take in float32.
func (d *Meta) Allocated() int { return 4 * d.words }

// Sync implements [Device].
func (d *Meta) Sync() error { return nil }

// Close implements [Device].
func (d *Meta) Close() error { return nil }

// Counter implements [Device].
func (d *Meta) Counter() *Counter { return d.counter }

// SetCounter implements [Device].
func (d *Meta) SetCounter(c *Counter) { d.counter = c }
