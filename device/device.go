package device

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"ganlib/device/driver"
	"ganlib/device/ptxsim"
)

// Sentinel errors that callers branch on.
var (
	ErrNoCUDA      = errors.New("no GPU that ganlib can use")
	ErrOutOfMemory = driver.ErrOutOfMemory
	ErrLost        = driver.ErrLost // a GPU is of no more use; open it again
	ErrMeta        = errors.New("a meta tensor has a shape but no values")
)

// Device is something that holds tensors and runs kernels. Its methods may be called by several
// goroutines; a tensor must not be written by one while another uses it.
type Device interface {
	// String names the device, its engine and its threads: "cpu (reference engine, 2 threads)".
	String() string
	// New returns a zeroed tensor. The shape must be valid.
	New(shape Shape) (*Tensor, error)
	// NewBytes copies data, uint8 images say, onto the device.
	NewBytes(data []byte) (*Bytes, error)
	// Sync waits until everything that was started has finished.
	Sync() error
	// Close stops the device's workers and frees its memory.
	Close() error
	// Counter returns the operation counter, or nil when operations are not counted.
	Counter() *Counter
	// SetCounter starts counting operations into c, or stops with nil. Not while kernels run.
	SetCounter(c *Counter)
}

// Options choose a device.
type Options struct {
	Name    string // "cpu"; "cuda" or "cuda:N", an NVIDIA GPU; "auto", the first GPU or else the CPU; "ptxsim", an emulated GPU, for tests
	Engine  string // of a CPU: as [ParseEngine] takes it, and for "" that of [DefaultEngine]
	Threads int    // CPU workers, 0 for GOMAXPROCS

	Precision string // of products and convolutions on a GPU, as [ParsePrecision] takes it
}

// Open opens a device. An unknown name, a device that is not there, or an engine or a precision that this
// machine lacks, is an error. With an engine, auto is the CPU.
func Open(o Options) (Device, error) {
	dev, err := open(o)
	if err != nil {
		return nil, err
	}
	if err := setPrecision(dev, o.Precision); err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	return dev, nil
}

func open(o Options) (Device, error) {
	kind, number, numbered := strings.Cut(o.Name, ":")
	var n int
	if numbered {
		var err error
		if n, err = strconv.Atoi(number); err != nil || n < 0 || kind != "cuda" {
			return nil, fmt.Errorf("device: open %q: %w", o.Name, errName)
		}
	}
	switch kind {
	case "cpu":
		return openCPU(o, nil)
	case "auto":
		if o.Engine != "" || os.Getenv(EngineVariable) != "" {
			return openCPU(o, errors.New("an engine of the CPU was asked for"))
		}
		gpu, err := OpenCUDA(CUDADriver(), 0)
		if err != nil {
			return openCPU(o, err)
		}
		return gpu, nil
	case "cuda", "ptxsim":
		drv := CUDADriver()
		if kind == "ptxsim" {
			drv = ptxsim.New(ptxsim.Options{})
		}
		gpu, err := OpenCUDA(drv, n)
		if err != nil {
			return nil, fmt.Errorf("device: open %q: %w", o.Name, err)
		}
		return gpu, nil
	}
	return nil, fmt.Errorf("device: open %q: %w", o.Name, errName)
}

var errName = errors.New("want auto, cpu, cuda, cuda:N or ptxsim")

// openCPU opens the CPU, which stands in for a GPU because of noGPU if that is not nil.
func openCPU(o Options, noGPU error) (Device, error) {
	choose := DefaultEngine
	if o.Engine != "" {
		choose = func() (Engine, error) { return ParseEngine(o.Engine) }
	}
	engine, err := choose()
	if err != nil {
		return nil, err
	}
	d := newCPU(o.Threads, engine)
	d.noGPU = noGPU
	return d, nil
}
