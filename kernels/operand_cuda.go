package kernels

import "ganlib/device"

// Kernels that write what products read write the bfloat16 copies of operands in the same launch, whose address they
// are given. The others' results are no operands as a rule.

// copiesOf returns where the copies of a tensor lie that may be missing; 0 if there are none.
func copiesOf(t *device.Tensor) uint64 {
	if t == nil {
		return 0
	}
	return t.BFloat16()
}

// withCopies writes the copies of tensors that a kernel has written without them, in a launch more for each that has
// some.
func withCopies(err error, written ...*device.Tensor) error {
	for _, t := range written {
		if err == nil && copiesOf(t) != 0 {
			err = elementwise(fillProgram, "copy_bf16", t, t.BFloat16(), t.Address(), whole(t.Len()))
		}
	}
	return err
}
