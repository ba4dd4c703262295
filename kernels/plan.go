package kernels

import (
	"ganlib/device"
	"ganlib/internal/conv"
	"ganlib/internal/gemm"
	"ganlib/internal/work"
)

// Planned returns the bytes that the operations called on a meta device so far would take, beside
// tensors, on the device that it stands for: scratch memory, and on a CPU weights in other layouts. Both are
// kept from call to call. It is 0 if the device stands for none.
func Planned(dev *device.Meta) int64 {
	if dev.GPU() != nil {
		return int64(dev.Scratched())
	}
	cpu := dev.CPU()
	if cpu == nil {
		return 0
	}
	p := planOf(dev)
	each := int64(taskBytes / 4) // of products
	switch {
	case cpu.Engine() == device.EngineReference:
		each = taskBytes / 64 // it has no tiles
	case p.convolves:
		each = taskBytes
	}
	sum := p.scratch.Bytes() + each*int64(cpu.Pool().Threads())
	for _, kept := range p.kept {
		for _, n := range kept {
			sum += 4 * int64(n)
		}
	}
	return sum
}

// taskBytes is about what the tasks of one worker's convolutions come to hold in all sizes: tiles and
// panels that stay in its core's caches, so that it hardly depends on what is computed.
const taskBytes = 4 << 20

// plan is what operations note on a meta device.
type plan struct {
	scratch work.Plan
	kept    map[*device.Tensor]*[gemm.Passes]int // floats in other layouts

	convolves bool

	products map[Product]bool // that a GPU would compute
}

func planOf(dev *device.Meta) *plan {
	return dev.Notes(func() any { return &plan{kept: map[*device.Tensor]*[gemm.Passes]int{}, products: map[Product]bool{}} }).(*plan)
}

// note adds an operation; w is the tensor whose other layout it may keep for a pass, or nil.
func (p *plan) note(m gemm.Memory, w *device.Tensor, pass gemm.Pass) {
	var out []*work.Planned
	switch {
	case m.Packed > 0 && w != nil && w.Held():
		kept := p.kept[w]
		if kept == nil {
			kept = new([gemm.Passes]int)
			p.kept[w] = kept
		}
		kept[pass] = m.Packed
	case m.Packed > 0:
		out = append(out, p.scratch.Borrow(m.Packed))
	}
	for _, n := range m.Shared {
		out = append(out, p.scratch.Borrow(n))
	}
	for _, piece := range out {
		p.scratch.GiveBack(piece)
	}
}

// planConv notes a pass of a convolution of images x and outputs y under weights w.
func planConv(memory func(conv.Engine, conv.Geometry) gemm.Memory, pass gemm.Pass, x, y, w *device.Tensor, g Window) {
	dev := x.Device().(*device.Meta)
	cpu := dev.CPU()
	if cpu == nil {
		return
	}
	planOf(dev).convolves = true
	switch {
	case cpu.Engine() == device.EngineReference:
		ys, patch := y.Shape(), g.KernelH*g.KernelW*x.Shape().Last()
		elements := ys[1] * ys[2] * patch
		planOf(dev).note(gemm.Memory{Shared: []int{patchSamples(ys[0], elements) * elements}}, nil, pass)
	default:
		planOf(dev).note(memory(convEngine(cpu), geometryOf(x, y, g)), w, pass)
	}
}

// planGemm notes a product with right matrix b.
func planGemm(b *device.Tensor, p gemm.Product) {
	dev := b.Device().(*device.Meta)
	if cpu := dev.CPU(); cpu != nil && cpu.Engine() != device.EngineReference && holds(b, p) {
		planOf(dev).note(gemm.HeldMemory(isaFor(cpu), p), b, gemm.ForOutput)
	}
}
