package kernels

import "ganlib/device"

var clipProgram = program("clip")

func clipCUDA(t *device.Tensor, c float64) error {
	return elementwise(clipProgram, "clip", t, t.Address(), t.Rounding(), single(c), whole(t.Len()))
}
