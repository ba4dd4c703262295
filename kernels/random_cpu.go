package kernels

import "ganlib/device"

type random[T device.Float] struct {
	dst           []T
	r             device.Random
	normal        bool
	offset, scale T
}

func (k *random[T]) Run(lo, hi int) {
	for block := lo; block < hi; block++ {
		var numbers [4]float32
		if k.normal {
			numbers = k.r.Normals(uint32(block))
		} else {
			numbers = k.r.Uniforms(uint32(block))
		}
		dst := k.dst[4*block : min(4*block+4, len(k.dst))]
		for i := range dst {
			// The conversion keeps compilers from fusing product and sum, which would round otherwise
			// on some machines.
			dst[i] = k.offset + T(k.scale*T(numbers[i]))
		}
	}
}
