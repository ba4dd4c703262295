package device

import (
	"fmt"
	"runtime"
)

// CPU is the computer's processor: tensors are Go slices, kernels run on a pool of workers.
type CPU struct {
	pool    *Pool
	wide    bool // elements are float64
	counter *Counter
}

// NewCPU returns a CPU device that computes in float32 on the given number of workers, 0 for
// GOMAXPROCS. Results do not depend on the number.
func NewCPU(threads int) *CPU {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &CPU{pool: NewPool(threads)}
}

// NewCPU64 returns a CPU device that computes in float64: the reference engine as an oracle for
// derivatives and rounding.
func NewCPU64(threads int) *CPU {
	d := NewCPU(threads)
	d.wide = true
	return d
}

// Float64 reports whether the device's elements are float64.
func (d *CPU) Float64() bool { return d.wide }

// Pool returns the workers that kernels run on.
func (d *CPU) Pool() *Pool { return d.pool }

func (d *CPU) String() string {
	element, plural := "", "s"
	if d.wide {
		element = ", float64"
	}
	if d.pool.Threads() == 1 {
		plural = ""
	}
	return fmt.Sprintf("cpu (reference engine%s, %d thread%s)", element, d.pool.Threads(), plural)
}

// New implements [Device].
func (d *CPU) New(shape Shape) (*Tensor, error) {
	if !shape.Valid() {
		return nil, &ShapeError{Op: "device: new tensor", Arg: "shape", Got: shape, Want: "want one to four positive dimensions"}
	}
	t := &Tensor{dev: d, shape: shape}
	if d.wide {
		t.f64 = make([]float64, shape.Len())
	} else {
		t.f32 = make([]float32, shape.Len())
	}
	return t, nil
}

// NewBytes implements [Device]; the CPU shares data instead of copying it.
func (d *CPU) NewBytes(data []byte) (*Bytes, error) { return &Bytes{dev: d, data: data}, nil }

// Sync implements [Device]; CPU kernels have finished when they return.
func (d *CPU) Sync() error { return nil }

// Close implements [Device].
func (d *CPU) Close() error { d.pool.Close(); return nil }

// Counter implements [Device].
func (d *CPU) Counter() *Counter { return d.counter }

// SetCounter implements [Device].
func (d *CPU) SetCounter(c *Counter) { d.counter = c }
