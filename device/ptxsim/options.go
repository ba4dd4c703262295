package ptxsim

import (
	"runtime"

	"ganlib/device/driver"
)

// Options describe the emulated device and how strictly it is watched.
type Options struct {
	Major, Minor int   // compute capability; 0.0 is 8.0
	Memory       int64 // bytes of device memory, 0 is 1 GiB; the host's memory is taken as it is allocated
	Threads      int   // host threads that run blocks, 0 is GOMAXPROCS

	// Seed shuffles the order of blocks, and of warps within a block, so that kernels which rest on an
	// order show it. With 0 everything runs in its natural order.
	Seed uint64

	// NoRace leaves out the shadow of shared memory: no data races, no reading of what was never written
	// or has not arrived yet. Bounds and alignment are always checked.
	NoRace bool

	// GlobalRace also looks for data races in global memory, between blocks and between the warps of a
	// block. Blocks then run one at a time.
	GlobalRace bool

	// MaxSteps is how many instructions a warp may execute in a launch before it counts as hanging,
	// 0 is 2^28.
	MaxSteps int64
}

func (o Options) withDefaults() Options {
	if o.Major == 0 && o.Minor == 0 {
		o.Major = 8
	}
	if o.Memory == 0 {
		o.Memory = 1 << 30
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.GlobalRace {
		o.Threads = 1
	}
	if o.MaxSteps == 0 {
		o.MaxSteps = 1 << 28
	}
	return o
}

// sharedLimits are the most bytes of shared memory that a block can ask for, by compute capability.
var sharedLimits = map[int]int{
	70: 96 << 10, 75: 64 << 10, 80: 163 << 10, 86: 99 << 10, 87: 163 << 10, 89: 99 << 10, 90: 227 << 10, 100: 227 << 10, 120: 99 << 10,
}

// sharedLimit returns the limit of the newest capability that is not above the one given.
func sharedLimit(capability int) int {
	best, limit := 0, 48<<10
	for c, n := range sharedLimits {
		if c <= capability && c > best {
			best, limit = c, n
		}
	}
	return limit
}

func (o Options) capability() int { return 10*o.Major + o.Minor }

// emulator is the driver: one device, with as many contexts as are opened.
type emulator struct{ options Options }

var _ driver.Driver = (*emulator)(nil)

// New returns a driver of one emulated device.
func New(o Options) driver.Driver { return &emulator{o.withDefaults()} }

func (e *emulator) Name() string { return "ptxsim" }

func (e *emulator) Devices() ([]driver.Properties, error) {
	return []driver.Properties{e.properties()}, nil
}

func (e *emulator) Open(n int) (driver.Context, error) {
	if n != 0 {
		return nil, &driver.Error{Call: "cuDeviceGet", Result: driver.InvalidDevice, Detail: "the emulator has one device, number 0"}
	}
	return newContext(e), nil
}
