package device

import (
	"math"

	"ganlib/device/driver"
	"ganlib/internal/half"
)

// An operand is a tensor that products read again and again: activations, gradients, weights. On tensor cores they read
// its numbers rounded; whoever writes the tensor rounds them, once, to the nearest:
//
//   - In [BFloat16] an operand has copies of its elements behind them, in half of the memory, which take half of the
//     time to read. Of two numbers that are equally near it is the even one.
//   - In [TF32] the elements of a workspace's operand are rounded themselves, and those that stay, parameters, have
//     copies in float32, since optimisers need every bit. Of two it is the one of larger magnitude.
//
// [Tensor.CopyFrom] does it, and so does every kernel that is given an operand to write.

// NewOperand is [Device.New] for an operand whose elements keep their bits.
func NewOperand(dev Device, shape Shape) (*Tensor, error) {
	in := PrecisionOf(dev)
	if in == Float32 || !shape.Valid() {
		return dev.New(shape)
	}
	t, err := dev.New(withCopy(shape, in))
	if err != nil {
		return nil, err
	}
	t.haveCopy(shape, in)
	return t, nil
}

// NewOperand is [Workspace.New] for an operand.
func (w *Workspace) NewOperand(shape Shape) *Tensor {
	in := PrecisionOf(w.dev)
	if in != BFloat16 || !shape.Valid() {
		t := w.New(shape)
		if in == TF32 {
			t.in, t.copy = TF32, t.from
		}
		return t
	}
	t := w.New(withCopy(shape, in))
	t.haveCopy(shape, in)
	if w.poison && t.err == nil {
		t.poison()
	}
	return t
}

// Rounded returns where on a CUDA device the tensor's numbers lie rounded to a precision, 0 if they do not: in bfloat16,
// or in TF32 in float32. In a plan, on [Meta], those that are there have some address.
func (t *Tensor) Rounded(in Precision) uint64 {
	switch {
	case in == Float32 || t.in != in:
		return 0
	case t.block == nil:
		return planned + t.copyAt()
	}
	return uint64(t.block.at) + t.copyAt()
}

// Rounding tells kernels that write the tensor what to round: 0 is nothing, inPlace the elements themselves, and others
// are the address of copies, in TF32 plus 1. See cuda.cuh of package kernels.
func (t *Tensor) Rounding() uint64 {
	at := t.Rounded(t.in)
	switch {
	case at == 0 || t.in == BFloat16:
		return at
	case t.copy == t.from:
		return inPlace
	}
	return at + 1
}

const (
	inPlace = 2
	planned = 1 << 12 // where the first block of a plan would lie
)

// Operand returns what products read of the tensor, in float32, nil if they read its elements as they are.
func (t *Tensor) Operand() ([]float32, error) {
	d, ok := t.dev.(*CUDA)
	at := t.Rounded(t.in)
	if !ok || at == 0 {
		return nil, t.err
	}
	dst := make([]float32, t.Len())
	if err := t.checkCopy("copy to", len(dst)); err != nil {
		return nil, err
	}
	if t.in == TF32 {
		return dst, d.fetch(bytesOf(dst), driver.Address(at))
	}
	src := make([]uint16, len(dst))
	if err := d.fetch(bytesOf(src), driver.Address(at)); err != nil {
		return nil, err
	}
	for i, v := range src {
		dst[i] = half.BFloat32(v)
	}
	return dst, nil
}

// PrecisionOf returns the precision that operands on a device are rounded to: Float32, not at all, on what is no GPU.
func PrecisionOf(dev Device) Precision {
	switch d := dev.(type) {
	case *CUDA:
		return d.Precision()
	case *Meta:
		if d.gpu != nil {
			return d.gpu.Precision()
		}
	}
	return Float32
}

// alignedLen is the room of n elements.
func alignedLen(n int) int { return (n + alignLen - 1) / alignLen * alignLen }

// withCopy is the shape of the memory of an operand: elements, and from a multiple of 16 on their copies.
func withCopy(shape Shape, in Precision) Shape {
	n := alignedLen(shape.Len())
	if in == BFloat16 {
		return Shape{n + n/2}
	}
	return Shape{2 * n}
}

// haveCopy gives a tensor of the shape withCopy its own.
func (t *Tensor) haveCopy(shape Shape, in Precision) {
	t.shape, t.in = shape, in
	t.copy = t.from + alignedLen(shape.Len())
	if in == BFloat16 {
		t.copy *= 2
	}
}

// copyAt is how many bytes behind the block's start the first element's copy lies.
func (t *Tensor) copyAt() uint64 {
	if t.in == BFloat16 {
		return 2 * uint64(t.copy)
	}
	return 4 * uint64(t.copy)
}

// upload copies numbers to a tensor, rounded where they have to be.
func (d *CUDA) upload(t *Tensor, src []float32) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.interrupt(); err != nil {
		return err
	}
	if t.Rounding() == inPlace {
		return d.ctx.Upload(t.at(), bytesOf(roundTF32(src)))
	}
	if err := d.ctx.Upload(t.at(), bytesOf(src)); err != nil || t.in == Float32 {
		return err
	}
	copies := bytesOf(roundTF32(src))
	if t.in == BFloat16 {
		copies = bytesOf(roundBFloat16(src))
	}
	return d.ctx.Upload(driver.Address(t.Rounded(t.in)), copies)
}

// roundTF32 returns the nearest number of eleven bits of each, of two that of larger magnitude. A NaN stays one.
func roundTF32(src []float32) []float32 {
	dst := make([]float32, len(src))
	for i, v := range src {
		if v == v {
			v = math.Float32frombits((math.Float32bits(v) + 1<<12) &^ (1<<13 - 1))
		}
		dst[i] = v
	}
	return dst
}

// roundBFloat16 returns the nearest bfloat16 of each number, of two the even one.
func roundBFloat16(src []float32) []uint16 {
	dst := make([]uint16, len(src))
	for i, v := range src {
		dst[i] = half.BFromFloat32(v)
	}
	return dst
}
