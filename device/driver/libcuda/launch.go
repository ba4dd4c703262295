package libcuda

import (
	"fmt"
	"math"
	"runtime"

	"ganlib/device/driver"
)

// Launch implements [driver.Context]. It allocates nothing.
func (c *context) Launch(l *driver.Launch) error {
	err := c.launch(l)
	if err != nil && c.capture.on {
		return c.spoil(err)
	}
	return err
}

func (c *context) launch(l *driver.Launch) error {
	k, ok := l.Kernel.(*kernel)
	if !ok || k.ctx != c {
		return refusal("cuLaunchKernel", driver.InvalidValue, "the kernel is not of this context")
	}
	if len(l.Args) > MaxArgs {
		return refusal("cuLaunchKernel", driver.InvalidValue, fmt.Sprintf("%d arguments: want %d at most", len(l.Args), MaxArgs))
	}
	grid, ok := sizes(l.Grid)
	block, alike := sizes(l.Block)
	if !ok || !alike || l.Shared < 0 || l.Shared > math.MaxInt32 {
		return refusal("cuLaunchKernel", driver.InvalidValue, fmt.Sprintf("grid %v, block %v, %d bytes shared", l.Grid, l.Block, l.Shared))
	}
	if err := c.bind("cuLaunchKernel"); err != nil {
		return err
	}
	defer runtime.UnlockOSThread()
	r := c.lib.LaunchKernel(k.handle, grid, block, uint32(l.Shared), c.stream, l.Args)
	return c.check("cuLaunchKernel", r)
}

// sizes returns sizes as C takes them, and false if they are not positive numbers that it can take.
func sizes(of [3]int) (c [3]uint32, ok bool) {
	for i, n := range of {
		if n <= 0 || n > math.MaxInt32 {
			return c, false
		}
		c[i] = uint32(n)
	}
	return c, true
}
