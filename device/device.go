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

// Open opens a device by name: "cpu"; "auto", the fastest there is; "cuda" or "cuda:N", an NVIDIA
// GPU. threads is the number of CPU workers, 0 for GOMAXPROCS. An unknown name, a device that is not
// there, or a CPU engine in [EngineVariable] that this machine lacks, is an error.
func Open(name string, threads int) (Device, error) {
	kind, _, _ := strings.Cut(name, ":")
	switch {
	case name == "auto", name == "cpu":
		engine, err := DefaultEngine()
		if err != nil {
			return nil, err
		}
		return newCPU(threads, engine), nil
	case kind == "cuda":
		return nil, fmt.Errorf("device: open %q: %w", name, ErrNoCUDA)
	}
	return nil, fmt.Errorf("device: open %q: want auto, cpu, cuda or cuda:N", name)
}
