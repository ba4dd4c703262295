// Package driver is what the CUDA device asks of whatever runs its kernels: allocation, copies, launches
// and graphs, in the terms of NVIDIA's driver interface. Three packages offer it: ganlib/device/dlopen
// finds the driver's library at run time and needs no cgo, ganlib/device/cudrv (build tag cuda) goes
// through gorgonia.org/cu, and ganlib/device/ptxsim emulates a GPU, for tests.
//
// Kernels are PTX: a [Context] translates a module when it loads it. Everything in a context happens in
// one stream, in the order in which it was asked for.
package driver

import "time"

// Address is a place in a device's memory. 0 is none.
type Address uint64

// Driver is a way to reach devices.
type Driver interface {
	// Name names the driver: "dlopen", "cu" or "ptxsim".
	Name() string
	// Devices lists what there is, in CUDA's order. No driver, or no device, is an error.
	Devices() ([]Properties, error)
	// Open makes a context on device n.
	Open(n int) (Context, error)
}

// Properties describe a device.
type Properties struct {
	Name            string // "NVIDIA H100 80GB HBM3"
	Major, Minor    int    // compute capability
	Memory          uint64 // bytes
	Multiprocessors int
	Shared          int // the most bytes of shared memory that a block can ask for
	Version         int // of CUDA that the driver speaks, 1000·major + 10·minor
}

// Context is an open device. Its methods may be called by any goroutine, one at a time.
type Context interface {
	Properties() Properties
	// Memory returns the free bytes and all bytes of the device.
	Memory() (free, total uint64, err error)
	// Alloc takes memory, aligned to 256 bytes, of undefined contents.
	Alloc(bytes int) (Address, error)
	// Free gives it back when everything asked for so far is done.
	Free(a Address) error
	// Clear fills memory with zeros.
	Clear(dst Address, bytes int) error
	// Upload copies src to the device. src may be changed when it returns.
	Upload(dst Address, src []byte) error
	// Download copies from the device, when everything asked for so far is done.
	Download(dst []byte, src Address) error
	// Load translates a module of PTX.
	Load(ptx string) (Module, error)
	// Launch starts a kernel. It keeps nothing of l.
	Launch(l *Launch) error
	// Sync waits until everything asked for is done, and returns what went wrong in it.
	Sync() error
	// Capture begins a graph: launches are recorded from now on and not done. Nothing else may be asked for.
	Capture() error
	// EndCapture ends the graph. After an error there is no graph, and the context works on.
	EndCapture() (Graph, error)
	// Event makes an event.
	Event() (Event, error)
	// Close frees everything that the context holds.
	Close() error
}

// Module is a translated module of PTX. It is freed with its context.
type Module interface {
	// Kernel returns an entry. There being none of that name is an error.
	Kernel(name string) (Kernel, error)
}

// Kernel is an entry of a module. Two are equal if they are the same entry of the same module.
type Kernel interface {
	// MaxShared allows launches with so many bytes of dynamic shared memory, beyond 48 KiB.
	MaxShared(bytes int) error
}

// Launch is a kernel with its grid and its arguments: 64-bit words, of which a parameter of four bytes
// takes the lower half.
type Launch struct {
	Kernel Kernel
	Grid   [3]int // blocks
	Block  [3]int // threads of a block
	Shared int    // bytes of dynamic shared memory
	Args   []uint64
}

// Graph is a recorded sequence of launches.
type Graph interface {
	Launch() error
	Close() error
}

// Event is a moment in a context's stream.
type Event interface {
	// Record makes the event the moment at which everything asked for so far is done.
	Record() error
	// Since waits for both moments and returns the time from start's to this one.
	Since(start Event) (time.Duration, error)
	Close() error
}
