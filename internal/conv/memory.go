package conv

import "ganlib/internal/gemm"

// ForwardMemory returns what the pass towards the output takes beside its tensors.
func (e Engine) ForwardMemory(g Geometry) gemm.Memory {
	if winogradFits(g) {
		k := newWinograd(g, e.ISA, tileSize(g))
		return gemm.Memory{Packed: k.weightsLen()}
	}
	if narrow(g) && !wholeImage(g) {
		e = e.forColumns(g.O)
	}
	return gemm.Memory{Packed: gemm.PackedLen(e.ISA, g.patch(), g.O)}
}

// InputMemory returns what the pass towards the input takes beside its tensors.
func (e Engine) InputMemory(g Geometry) gemm.Memory {
	switch {
	case winogradFits(g):
		k := newWinograd(g, e.ISA, tileSize(g))
		return gemm.Memory{Packed: k.inputWeightsLen()}
	case wholeImage(g):
		return gemm.Memory{Packed: gemm.PackedLen(e.ISA, g.O, g.patch())}
	case narrow(g) && e.planarFits(g):
		return gemm.Memory{Packed: g.O * g.patch()}
	case narrow(g):
		return gemm.Memory{Packed: g.KH * gemm.PackedLen(e.forNarrowInput(g).ISA, g.O, g.KW*g.C)}
	}
	return gemm.Memory{Packed: e.phasesLen(g)}
}

// WeightMemory returns what the pass towards the weights takes beside its tensors.
func (e Engine) WeightMemory(g Geometry) gemm.Memory {
	switch {
	case winogradFits(g):
		k := newWinogradWeight(e.forColumns(g.C), g)
		if k.own {
			return gemm.Memory{Shared: []int{k.sumsLen()}}
		}
		return gemm.Memory{Shared: []int{k.sumsLen(), k.blocks * k.gradientLen()}}
	case e.narrowWeightFits(g):
		k := newNarrowWeight(e.forColumns(g.KW*g.C), g, nil, nil)
		return gemm.Memory{Shared: []int{k.parts * k.sumLen()}}
	}
	return gemm.DepthMemory(e.ISA, g.O, g.patch(), g.positions())
}
