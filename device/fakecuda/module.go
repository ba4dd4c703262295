package fakecuda

import (
	"regexp"
	"strings"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// module and function are a module and an entry of it, and how many parameters entries have: C counts on that.
type (
	module struct {
		driver.Module
		parameters map[string]int
	}
	function struct {
		driver.Kernel
		parameters int
	}
)

// entry finds the entries of a module with their parameters.
var entry = regexp.MustCompile(`\.entry\s+([\w$]+)\s*\(([^)]*)\)`)

func (l *library) ModuleLoadData(image []byte) (handle libcuda.Handle, log string, r driver.Result) {
	r = l.within(func(p *primary) error {
		m, err := p.Load(string(image[:len(image)-1])) // without C's end of a text
		if err == nil {
			entries := map[string]int{}
			for _, e := range entry.FindAllStringSubmatch(string(image), -1) {
				entries[e[1]] = strings.Count(e[2], ".param")
			}
			handle = l.add(&module{m, entries})
		}
		return err
	})
	if r != 0 {
		log = l.GetErrorString(r)
	}
	return handle, log, r
}

func (l *library) ModuleUnload(handle libcuda.Handle) driver.Result {
	return l.within(func(*primary) error {
		if _, ok := drop[*module](l, handle); !ok {
			return errHandle
		}
		return nil
	})
}

func (l *library) ModuleGetFunction(of libcuda.Handle, name string) (handle libcuda.Handle, r driver.Result) {
	r = l.within(func(*primary) error {
		m, ok := get[*module](l, of)
		if !ok {
			return errHandle
		}
		k, err := m.Kernel(name)
		if err == nil {
			handle = l.add(&function{k, m.parameters[name]})
		}
		return err
	})
	return handle, r
}

func (l *library) FuncSetAttribute(handle libcuda.Handle, attribute, value int) driver.Result {
	return l.within(func(*primary) error {
		k, ok := get[*function](l, handle)
		switch {
		case !ok:
			return errHandle
		case attribute != libcuda.FuncMaxShared:
			return &driver.Error{Result: driver.NotSupported}
		}
		return k.MaxShared(value)
	})
}

func (l *library) LaunchKernel(handle libcuda.Handle, grid, block [3]uint32, shared uint32, s libcuda.Handle, args []uint64) driver.Result {
	return l.in(s, func(p *primary) error {
		k, ok := get[*function](l, handle)
		if !ok {
			return errHandle
		}
		return p.Launch(&driver.Launch{Kernel: k.Kernel, Grid: ints(grid), Block: ints(block), Shared: int(shared), Args: args})
	})
}

func ints(c [3]uint32) [3]int { return [3]int{int(c[0]), int(c[1]), int(c[2])} }
