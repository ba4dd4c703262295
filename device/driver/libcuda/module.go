package libcuda

import (
	"runtime"

	"ganlib/device/driver"
)

// module implements [driver.Module].
type module struct {
	ctx     *context
	handle  Handle
	kernels map[string]*kernel // so that an entry is one kernel, whatever handles the library gives
}

// kernel implements [driver.Kernel].
type kernel struct {
	ctx    *context
	handle Handle
}

// Load implements [driver.Context]. Its errors have the translator's log.
func (c *context) Load(ptx string) (driver.Module, error) {
	if err := c.enter("cuModuleLoadDataEx"); err != nil {
		return nil, err
	}
	defer runtime.UnlockOSThread()
	image := append([]byte(ptx), 0) // C's end of a text
	handle, log, r := c.lib.ModuleLoadData(image)
	if r != 0 {
		err := failure(c.lib, "cuModuleLoadDataEx", r)
		if log != "" {
			err.Detail += "\n" + log
		}
		return nil, err
	}
	c.modules = append(c.modules, handle)
	return &module{ctx: c, handle: handle, kernels: map[string]*kernel{}}, nil
}

// Kernel implements [driver.Module].
func (m *module) Kernel(name string) (driver.Kernel, error) {
	if k, ok := m.kernels[name]; ok {
		return k, nil
	}
	c := m.ctx
	if err := c.enter("cuModuleGetFunction"); err != nil {
		return nil, err
	}
	defer runtime.UnlockOSThread()
	handle, r := c.lib.ModuleGetFunction(m.handle, name)
	if r != 0 {
		err := failure(c.lib, "cuModuleGetFunction", r)
		err.Detail += ": " + name
		return nil, err
	}
	k := &kernel{ctx: c, handle: handle}
	m.kernels[name] = k
	return k, nil
}

// MaxShared implements [driver.Kernel].
func (k *kernel) MaxShared(bytes int) error {
	c := k.ctx
	if err := c.enter("cuFuncSetAttribute"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	return c.check("cuFuncSetAttribute", c.lib.FuncSetAttribute(k.handle, FuncMaxShared, bytes))
}
