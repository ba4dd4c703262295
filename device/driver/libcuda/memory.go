package libcuda

import (
	"fmt"
	"runtime"

	"ganlib/device/driver"
)

// Memory implements [driver.Context].
func (c *context) Memory() (free, total uint64, err error) {
	if err := c.enter("cuMemGetInfo"); err != nil {
		return 0, 0, err
	}
	defer runtime.UnlockOSThread()
	free, total, r := c.lib.MemGetInfo()
	return free, total, c.check("cuMemGetInfo", r)
}

// Alloc implements [driver.Context].
func (c *context) Alloc(bytes int) (driver.Address, error) {
	if bytes <= 0 {
		return 0, refusal("cuMemAlloc", driver.InvalidValue, fmt.Sprintf("%d bytes", bytes))
	}
	if err := c.enter("cuMemAlloc"); err != nil {
		return 0, err
	}
	defer runtime.UnlockOSThread()
	a, r := c.lib.MemAlloc(bytes)
	if r != 0 {
		return 0, failure(c.lib, "cuMemAlloc", r)
	}
	c.memory[a] = struct{}{}
	return a, nil
}

// Free implements [driver.Context].
func (c *context) Free(a driver.Address) error {
	if err := c.enter("cuMemFree"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	if _, ok := c.memory[a]; !ok {
		return refusal("cuMemFree", driver.InvalidValue, fmt.Sprintf("nothing is allocated at %#x", uint64(a)))
	}
	if err := c.sync(); err != nil {
		return err
	}
	if r := c.lib.MemFree(a); r != 0 {
		return failure(c.lib, "cuMemFree", r)
	}
	delete(c.memory, a)
	return nil
}

// Clear implements [driver.Context].
func (c *context) Clear(dst driver.Address, bytes int) error {
	if bytes == 0 {
		return nil
	}
	if err := c.enter("cuMemsetD8Async"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	return c.check("cuMemsetD8Async", c.lib.MemsetD8Async(dst, 0, bytes, c.stream))
}

// staged is the most bytes that the driver takes out of the caller's memory before an asynchronous copy
// returns, as the CUDA programming guide has it under "Implicit Synchronization".
const staged = 64 << 10

// Upload implements [driver.Context].
func (c *context) Upload(dst driver.Address, src []byte) error {
	if len(src) == 0 {
		return nil
	}
	if err := c.enter("cuMemcpyHtoDAsync"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	if r := c.lib.MemcpyHtoDAsync(dst, src, c.stream); r != 0 {
		return failure(c.lib, "cuMemcpyHtoDAsync", r)
	}
	if len(src) <= staged {
		return nil
	}
	return c.sync()
}

// Download implements [driver.Context].
func (c *context) Download(dst []byte, src driver.Address) error {
	if len(dst) == 0 {
		return nil
	}
	if err := c.enter("cuMemcpyDtoHAsync"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	if r := c.lib.MemcpyDtoHAsync(dst, src, c.stream); r != 0 {
		return failure(c.lib, "cuMemcpyDtoHAsync", r)
	}
	return c.sync()
}
