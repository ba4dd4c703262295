package kernels

import "ganlib/internal/simd"

type randomFast struct {
	dst           []float32
	sequence      simd.Sequence
	normal        bool
	offset, scale float32
	isa           simd.ISA
}

func (k *randomFast) Run(lo, hi int) {
	dst := k.dst[4*lo : min(4*hi, len(k.dst))]
	if k.normal {
		k.isa.Normals(dst, k.sequence, uint32(lo), k.scale, k.offset)
	} else {
		k.isa.Uniforms(dst, k.sequence, uint32(lo), k.scale, k.offset)
	}
}
