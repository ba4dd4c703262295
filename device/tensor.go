package device

import (
	"fmt"
	"unsafe"

	"ganlib/device/driver"
)

// Float is the element type of a CPU tensor: float32 in use, float64 in proofs.
type Float interface{ float32 | float64 }

// Tensor is a dense block of numbers on a device. The zero Tensor is of no use; get one from
// [Device.New] or [Workspace.New].
type Tensor struct {
	dev   Device
	shape Shape
	f32   []float32 // CPU
	f64   []float64 // CPU opened by NewCPU64
	block *block    // CUDA
	from  int       // the first element's place in the block
	in    Precision // what it is rounded to as an operand; Float32 if it is none
	copy  int       // an operand's place of the first element's copy, in units of those
	err   error     // why there is no memory behind this tensor
	hold  *hold     // nil if it was never held
}

// Device returns the device that the tensor lies on.
func (t *Tensor) Device() Device { return t.dev }

// Shape returns the tensor's shape.
func (t *Tensor) Shape() Shape { return t.shape }

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.shape.Len() }

// Err returns why the tensor has no memory, if a workspace could not get any.
func (t *Tensor) Err() error { return t.err }

// Data returns the elements of a tensor on a CPU device of element type T, sharing its memory, and
// nil for any other tensor.
func Data[T Float](t *Tensor) []T {
	if unsafe.Sizeof(T(0)) == 4 {
		return *(*[]T)(unsafe.Pointer(&t.f32))
	}
	return *(*[]T)(unsafe.Pointer(&t.f64))
}

// Address returns where the elements of a tensor on a CUDA device lie in its memory, 0 for any other.
func (t *Tensor) Address() uint64 {
	if t.block == nil {
		return 0
	}
	return uint64(t.at())
}

func (t *Tensor) at() driver.Address { return t.block.at + driver.Address(4*t.from) }

// slice makes v a view of t's elements from offset on.
func (t *Tensor) slice(v *Tensor, offset int, shape Shape) {
	*v = Tensor{dev: t.dev, shape: shape, err: t.err, block: t.block, from: t.from + offset, in: t.in, copy: t.copy + offset}
	n := shape.Len()
	if t.f32 != nil {
		v.f32 = t.f32[offset : offset+n : offset+n]
	}
	if t.f64 != nil {
		v.f64 = t.f64[offset : offset+n : offset+n]
	}
}

// Slice returns a view of the elements from offset on, in the given shape. It panics if they are
// not there: offsets are computed by programs, not given by users.
func (t *Tensor) Slice(offset int, shape Shape) *Tensor {
	if offset < 0 || offset+shape.Len() > t.Len() {
		panic(fmt.Sprintf("device: slice %d %v of tensor %v", offset, shape, t.shape))
	}
	v := new(Tensor)
	t.slice(v, offset, shape)
	return v
}

// CopyFrom overwrites the tensor with src, in row-major order. The lengths must agree.
func (t *Tensor) CopyFrom(src []float32) error {
	if err := t.checkCopy("copy from", len(src)); err != nil {
		return err
	}
	if t.hold != nil {
		t.hold.forget()
	}
	if d, ok := t.dev.(*CUDA); ok {
		return d.upload(t, src)
	}
	copy(t.f32, src)
	if t.f64 != nil {
		for i, v := range src {
			t.f64[i] = float64(v)
		}
	}
	return nil
}

// CopyTo writes the tensor's elements to dst, in row-major order. The lengths must agree.
func (t *Tensor) CopyTo(dst []float32) error {
	if err := t.checkCopy("copy to", len(dst)); err != nil {
		return err
	}
	if d, ok := t.dev.(*CUDA); ok {
		return d.download(dst, t)
	}
	copy(dst, t.f32)
	for i, v := range t.f64 {
		dst[i] = float32(v)
	}
	return nil
}

// Float32s returns a copy of the elements.
func (t *Tensor) Float32s() ([]float32, error) {
	if t.err != nil { // its shape may be of any size
		return nil, t.checkCopy("copy to", 0)
	}
	dst := make([]float32, t.Len())
	return dst, t.CopyTo(dst)
}

func (t *Tensor) checkCopy(op string, n int) error {
	switch {
	case t.err != nil:
		return fmt.Errorf("device: %s tensor %v: %w", op, t.shape, t.err)
	case n != t.Len():
		return fmt.Errorf("device: %s tensor %v: have %d numbers, want %d", op, t.shape, n, t.Len())
	}
	return nil
}

// Bytes is a block of bytes on a device: a data set of uint8 images.
type Bytes struct {
	dev    Device
	data   []byte // CPU
	block  *block // CUDA, nil if there are none
	length int
}

// Device returns the device that the bytes lie on.
func (b *Bytes) Device() Device { return b.dev }

// Len returns the number of bytes.
func (b *Bytes) Len() int { return b.length }

// Host returns the bytes of a CPU device, sharing its memory.
func (b *Bytes) Host() []byte { return b.data }

// Address returns where the bytes of a CUDA device lie in its memory, 0 for any other.
func (b *Bytes) Address() uint64 {
	if b.block == nil {
		return 0
	}
	return uint64(b.block.at)
}
