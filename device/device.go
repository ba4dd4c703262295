package device

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinel errors that callers branch on.
var (
	ErrNoCUDA      = errors.New("this build of ganlib has no CUDA device yet; use --device cpu or auto")
	ErrOutOfMemory = errors.New("out of device memory")
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
	Name    string // "cpu"; "auto", the fastest there is; "cuda" or "cuda:N", an NVIDIA GPU
	Engine  string // of a CPU: as [ParseEngine] takes it, and for "" that of [DefaultEngine]
	Threads int    // CPU workers, 0 for GOMAXPROCS
}

// Open opens a device. An unknown name, a device that is not there, or an engine that this machine
// lacks, is an error.
func Open(o Options) (Device, error) {
	kind, _, _ := strings.Cut(o.Name, ":")
	switch {
	case o.Name == "auto", o.Name == "cpu":
		choose := DefaultEngine
		if o.Engine != "" {
			choose = func() (Engine, error) { return ParseEngine(o.Engine) }
		}
		engine, err := choose()
		if err != nil {
			return nil, err
		}
		return newCPU(o.Threads, engine), nil
	case kind == "cuda":
		return nil, fmt.Errorf("device: open %q: %w", o.Name, ErrNoCUDA)
	}
	return nil, fmt.Errorf("device: open %q: want auto, cpu, cuda or cuda:N", o.Name)
}
