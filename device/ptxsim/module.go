package ptxsim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ganlib/device/driver"
)

// module is a loaded module.
type module struct {
	context   *Context
	source    *source
	compute   int                // ten times the compute capability of its target
	addresses map[string]uint64  // of global and constant variables
	kernels   map[string]*kernel // that are decoded
}

// kernel is an entry that can be launched.
type kernel struct {
	name       string
	module     *module
	parameters []parameter
	paramBytes int64
	maxThreads int
	required   [3]int

	code       []inst
	registers  registerFile
	hints      int   // accesses to global memory
	static     int64 // bytes of shared memory
	dynamicAt  int64 // where dynamic shared memory begins
	local      int64 // bytes of local memory of a thread
	grain      uint  // log2 of the bytes of the narrowest access to shared memory, at most 2
	maxDynamic int64
	wgmma      *watchedRegisters // nil: it has no wgmma
}

var (
	_ driver.Module = (*module)(nil)
	_ driver.Kernel = (*kernel)(nil)
)

// Load reads a module and decodes its kernels, unless it is known that they can be.
func (c *Context) Load(ptx string) (driver.Module, error) {
	const call = "cuModuleLoadData"
	if err := c.begin(call); err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	m, err := c.load(ptx)
	if err == nil {
		return m, nil
	}
	if refused := (*driver.Error)(nil); errors.As(err, &refused) {
		refused.Call = call
		return nil, refused
	}
	return nil, &driver.Error{Call: call, Result: driver.InvalidPTX, Detail: err.Error()}
}

func (c *Context) load(ptx string) (*module, error) {
	src, err := sourceOf(ptx)
	if err != nil {
		return nil, err
	}
	compute, err := src.check(c.emulator.options.capability())
	if err != nil {
		return nil, err
	}
	m := &module{context: c, source: src, compute: compute, addresses: map[string]uint64{}, kernels: map[string]*kernel{}}
	for _, v := range src.variables {
		if err := m.place(v); err != nil {
			return nil, err
		}
	}
	if src.isSound() {
		return m, nil
	}
	for _, f := range src.functions {
		if m.kernels[f.name] != nil {
			return nil, src.errorAt(f.line, "kernel %s stands twice", f.name)
		}
		if err := m.add(f); err != nil {
			return nil, err
		}
	}
	src.setSound()
	return m, nil
}

// check returns ten times the compute capability of a module's target, and refuses one that a driver of this version or
// a device of this capability would refuse.
func (s *source) check(capability int) (compute int, err error) {
	if s.version == 0 {
		return 0, errors.New("the text does not begin with .version")
	}
	if s.version > ptxVersion {
		return 0, &driver.Error{Result: driver.UnsupportedPTXVersion, Detail: fmt.Sprintf(".version %d.%d, the newest is %d.%d", s.version/10, s.version%10, ptxVersion/10, ptxVersion%10)}
	}
	digits, ok := strings.CutPrefix(s.target, "sm_")
	bound := strings.TrimRight(digits, "af") // sm_90a runs on 9.0 alone
	n, err := strconv.Atoi(bound)
	if !ok || err != nil {
		return 0, fmt.Errorf(".target %q", s.target)
	}
	if n > capability || bound != digits && n != capability {
		return 0, &driver.Error{Result: driver.NoBinaryForGPU, Detail: fmt.Sprintf(".target %s on a device of compute capability %d.%d", s.target, capability/10, capability%10)}
	}
	return n, nil
}

// place gives a variable of the module its memory. Shared variables get theirs in the kernels that use
// them.
func (m *module) place(v *variable) error {
	if v.space == "shared" {
		return nil
	}
	a := m.context.heap.allocate(max(v.size, 1))
	if a == nil {
		return &driver.Error{Result: driver.OutOfMemory, Detail: fmt.Sprintf("variable %s of %d bytes", v.name, v.size)}
	}
	a.module = true
	clear(a.bytes)
	copy(a.bytes, v.initial)
	if v.space == "const" {
		a.writable = nil
	}
	m.addresses[v.name] = a.lo
	return nil
}

// add decodes a kernel.
func (m *module) add(f *function) (err error) {
	m.kernels[f.name], err = m.decode(f)
	return err
}

// Kernel returns an entry.
func (m *module) Kernel(name string) (driver.Kernel, error) {
	m.context.mu.Lock()
	defer m.context.mu.Unlock()
	if m.kernels[name] == nil {
		i := slices.IndexFunc(m.source.functions, func(f *function) bool { return f.name == name })
		if i < 0 {
			return nil, &driver.Error{Call: "cuModuleGetFunction", Result: driver.NotFound, Detail: fmt.Sprintf("no kernel %q in the module", name)}
		}
		if err := m.add(m.source.functions[i]); err != nil {
			return nil, err
		}
	}
	return m.kernels[name], nil
}

// MaxShared allows launches with so many bytes of dynamic shared memory.
func (k *kernel) MaxShared(bytes int) error {
	const call = "cuFuncSetAttribute"
	c := k.module.context
	if err := c.begin(call); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if limit := sharedLimit(c.emulator.options.capability()); bytes < 0 || int64(bytes)+k.static > int64(limit) {
		return invalid(call, "%s: %d bytes of dynamic shared memory and %d of static, a block can have %d", k.name, bytes, k.static, limit)
	}
	k.maxDynamic = int64(bytes)
	return nil
}
