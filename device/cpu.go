package device

import (
	"fmt"
	"runtime"
)

// CPU is the computer's processor: tensors are Go slices, kernels run on a pool of workers.
type CPU struct {
	pool    *Pool
	engine  Engine
	wide    bool // elements are float64
	counter *Counter
	noGPU   error
}

// NewCPU returns a CPU device that computes in float32 on the given number of workers, 0 for
// GOMAXPROCS, with the engine of [DefaultEngine]. Results do not depend on the number of workers.
func NewCPU(threads int) *CPU {
	engine, _ := DefaultEngine() // the reference if the variable's is not there; Open reports that
	return newCPU(threads, engine)
}

// NewCPUEngine is [NewCPU] with a given engine. One that this machine lacks is an error.
func NewCPUEngine(threads int, e Engine) (*CPU, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	return newCPU(threads, e), nil
}

func newCPU(threads int, e Engine) *CPU {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &CPU{pool: NewPool(threads), engine: e}
}

// NewCPU64 returns a CPU device that computes in float64: the reference engine as an oracle for
// derivatives and rounding.
func NewCPU64(threads int) *CPU {
	d := newCPU(threads, EngineReference)
	d.wide = true
	return d
}

// Engine returns the engine that computes: the one the device was made with, or the reference while
// the program has put another BLAS in place by blas32.Use.
func (d *CPU) Engine() Engine {
	if d.engine != EngineReference && ForeignBLAS() {
		return EngineReference
	}
	return d.engine
}

// Float64 reports whether the device's elements are float64.
func (d *CPU) Float64() bool { return d.wide }

// NoGPU returns why the device stands in for a GPU, if [Open] was asked for "auto", and nil otherwise.
func (d *CPU) NoGPU() error { return d.noGPU }

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
	return fmt.Sprintf("cpu (%v engine%s, %d thread%s)", d.Engine(), element, d.pool.Threads(), plural)
}

// New implements [Device].
func (d *CPU) New(shape Shape) (*Tensor, error) {
	if !shape.Valid() {
		return nil, &ShapeError{Op: "device: new tensor", Arg: "shape", Got: shape, Want: "want one to four positive dimensions"}
	}
	t := &Tensor{dev: d, shape: shape}
	if d.wide {
		t.f64 = NewSlice[float64](shape.Len())
	} else {
		t.f32 = NewSlice[float32](shape.Len())
	}
	return t, nil
}

// NewBytes implements [Device]; the CPU shares data instead of copying it.
func (d *CPU) NewBytes(data []byte) (*Bytes, error) {
	return &Bytes{dev: d, data: data, length: len(data)}, nil
}

// Sync implements [Device]; CPU kernels have finished when they return.
func (d *CPU) Sync() error { return nil }

// Close implements [Device].
func (d *CPU) Close() error { d.pool.Close(); return nil }

// Counter implements [Device].
func (d *CPU) Counter() *Counter { return d.counter }

// SetCounter implements [Device].
func (d *CPU) SetCounter(c *Counter) { d.counter = c }
