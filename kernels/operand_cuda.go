package kernels

import "ganlib/device"

// Kernels that write what products read round it, or write its copies, in the same launch: they are told by
// [device.Tensor.Rounding]. The others' results are no operands as a rule.

// roundingOf is that of a tensor that may be missing.
func roundingOf(t *device.Tensor) uint64 {
	if t == nil {
		return 0
	}
	return t.Rounding()
}

// thenRound rounds operands that a kernel has written as they are, in a launch more for each.
func thenRound(err error, written ...*device.Tensor) error {
	for _, t := range written {
		if err == nil && roundingOf(t) != 0 {
			err = elementwise(fillProgram, "round_all", t, t.Address(), t.Rounding(), whole(t.Len()))
		}
	}
	return err
}
