package kernels

import "ganlib/device"

// fillProgram holds what only moves numbers: Fill, FillAll and Copy.
var fillProgram = program("fill")

func fillCUDA(t *device.Tensor, v float64) error {
	return elementwise(fillProgram, "fill", t, t.Address(), t.Rounding(), single(v), whole(t.Len()))
}

// mostFillings is how many tensors fill_all takes.
const mostFillings = 3

// fillAllCUDA fills tensors, of which the first is not nil.
func fillAllCUDA(some [mostFillings]Filling) error {
	var args [3 * mostFillings]uint64
	most := 0
	for i, f := range some {
		if f.T == nil {
			break
		}
		args[3*i], args[3*i+1], args[3*i+2] = f.T.Address(), single(f.V), whole(f.T.Len())
		most = max(most, f.T.Len())
	}
	err := cudaOf(some[0].T).Launch(fillProgram, "fill_all", elementwiseGrid(most), [3]int{cudaThreads, 1, 1}, 0, args[:]...)
	return thenRound(err, some[0].T, some[1].T, some[2].T)
}

func copyCUDA(dst, src *device.Tensor) error {
	return elementwise(fillProgram, "copy", dst, dst.Address(), dst.Rounding(), src.Address(), whole(dst.Len()))
}
