package ptxsim

import (
	"fmt"

	"ganlib/device/driver"
)

// fault is what a kernel did wrong, and where.
type fault struct {
	result driver.Result
	kernel string
	line   int32
	opcode string
	block  [3]int
	thread [3]int
	reason string
	order  int // of the block in the launch
}

func (f *fault) Error() string {
	return fmt.Sprintf("kernel %s, PTX line %d, %s: block (%d,%d,%d), thread (%d,%d,%d): %s",
		f.kernel, f.line, f.opcode, f.block[0], f.block[1], f.block[2], f.thread[0], f.thread[1], f.thread[2], f.reason)
}

// fault ends the block. It is recovered in block.run.
func (w *warp) fault(result driver.Result, in *inst, lane int, format string, args ...any) {
	b := w.block
	panic(&fault{
		result: result, kernel: b.launch.kernel.name, line: in.line, opcode: in.opcode,
		block: b.index, thread: w.thread(lane), reason: fmt.Sprintf(format, args...), order: b.order,
	})
}

// thread is the index of a lane's thread in its block.
func (w *warp) thread(lane int) [3]int {
	n, t := w.block.launch.block, w.id*warpSize+lane
	return [3]int{t % n[0], t / n[0] % n[1], t / (n[0] * n[1])}
}
