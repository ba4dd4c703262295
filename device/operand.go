package device

import (
	"math"

	"ganlib/device/driver"
)

// An operand is a tensor that products read again and again: activations, gradients, weights. On a GPU whose
// precision is [BFloat16] it has a copy of its elements in bfloat16 behind them, which takes half of their memory and
// half of the time to read. Whoever writes the elements writes the copy too, rounded to the nearest, ties to even:
// [Tensor.CopyFrom] does, and so does every kernel that is given an operand to write.

// NewOperand is [Device.New] for an operand.
func NewOperand(dev Device, shape Shape) (*Tensor, error) {
	if !copies(dev) || !shape.Valid() {
		return dev.New(shape)
	}
	t, err := dev.New(withCopy(shape))
	if err != nil {
		return nil, err
	}
	t.becomeOperand(shape)
	return t, nil
}

// NewOperand is [Workspace.New] for an operand.
func (w *Workspace) NewOperand(shape Shape) *Tensor {
	if !copies(w.dev) || !shape.Valid() {
		return w.New(shape)
	}
	t := w.New(withCopy(shape))
	t.becomeOperand(shape)
	if w.poison && t.err == nil {
		t.poison()
	}
	return t
}

// BFloat16 returns where on a CUDA device the bfloat16 copies of the tensor's elements lie, 0 for a tensor without.
// In a plan, on [Meta], those that are there have some address.
func (t *Tensor) BFloat16() uint64 {
	if t.copy == 0 {
		return 0
	}
	if t.block == nil {
		return uint64(2 * t.copy)
	}
	return uint64(t.block.at) + 2*uint64(t.copy)
}

// BFloat16s returns the copies, nil for a tensor without.
func (t *Tensor) BFloat16s() ([]float32, error) {
	d, ok := t.dev.(*CUDA)
	if !ok || t.copy == 0 {
		return nil, t.err
	}
	if err := t.checkCopy("copy to", t.Len()); err != nil {
		return nil, err
	}
	src := make([]uint16, t.Len())
	if err := d.fetch(bytesOf(src), driver.Address(t.BFloat16())); err != nil {
		return nil, err
	}
	dst := make([]float32, len(src))
	for i, v := range src {
		dst[i] = math.Float32frombits(uint32(v) << 16)
	}
	return dst, nil
}

// copies reports whether operands on a device have copies.
func copies(dev Device) bool {
	switch d := dev.(type) {
	case *CUDA:
		return d.Precision() == BFloat16
	case *Meta:
		return d.gpu != nil && d.gpu.Precision() == BFloat16
	}
	return false
}

// alignedLen is the room of n elements.
func alignedLen(n int) int { return (n + alignLen - 1) / alignLen * alignLen }

// withCopy is the shape of the memory of an operand: elements, and from a multiple of 16 on their copies.
func withCopy(shape Shape) Shape {
	n := alignedLen(shape.Len())
	return Shape{n + n/2}
}

// becomeOperand gives a tensor of the shape withCopy its own.
func (t *Tensor) becomeOperand(shape Shape) {
	t.shape = shape
	t.copy = 2 * (t.from + alignedLen(shape.Len()))
}

// roundBFloat16 returns the nearest bfloat16 of each number, of two the even one. A NaN stays one.
func roundBFloat16(src []float32) []uint16 {
	dst := make([]uint16, len(src))
	for i, v := range src {
		b := math.Float32bits(v)
		if v != v {
			dst[i] = uint16(b>>16) | 1<<6
			continue
		}
		dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
	}
	return dst
}
