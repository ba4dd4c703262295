package torchfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Tensor is a view of a storage: element (i₀,i₁,…) lies at Offset + Σ iₖ·Stride[k]. Tensors of one file may
// share a storage. Its elements are read from the file when they are asked for. Any number of goroutines
// may use a Tensor if they may use the file's reader.
type Tensor struct {
	dtype    DType
	shape    []int
	stride   []int
	offset   int
	elements int
	storage  *storage
}

// NewFloat32 returns a tensor to be written. values are row-major and not copied; a wrong number of them is
// an error of [Write].
func NewFloat32(shape []int, values []float32) *Tensor {
	return NewLazy(shape, func() ([]float32, error) { return values, nil })
}

// NewInt64 is [NewFloat32] for integers.
func NewInt64(shape []int, values []int64) *Tensor {
	return NewLazyInt64(shape, func() ([]int64, error) { return values, nil })
}

// NewLazyInt64 is [NewLazy] for integers.
func NewLazyInt64(shape []int, values func() ([]int64, error)) *Tensor {
	return newTensor(Int64, shape, func(b []byte) ([]byte, error) {
		v, err := values()
		b = slices.Grow(b, 8*len(v))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, uint64(x))
		}
		return b, err
	})
}

// NewLazy returns a float32 tensor whose row-major elements are made when they are written, so that not all
// tensors of a file need be in memory at a time. They have been written when the next tensor is asked for:
// the slice may be used again.
func NewLazy(shape []int, values func() ([]float32, error)) *Tensor {
	return newTensor(Float32, shape, func(b []byte) ([]byte, error) {
		v, err := values()
		b = slices.Grow(b, 4*len(v))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		return b, err
	})
}

// newTensor returns a contiguous tensor; a shape that cannot be is left for Write to report.
func newTensor(d DType, shape []int, data func(b []byte) ([]byte, error)) *Tensor {
	t := &Tensor{dtype: d, shape: slices.Clone(shape), stride: contiguous(shape)}
	t.storage = &storage{dtype: d, make: data}
	n, err := elementsOf(shape)
	if err != nil || n > math.MaxInt/d.Size() {
		t.elements = -1
		return t
	}
	t.elements, t.storage.size = n, int64(n*d.Size())
	return t
}

// DType returns the type of the elements.
func (t *Tensor) DType() DType { return t.dtype }

// Shape returns the dimensions; none for a scalar.
func (t *Tensor) Shape() []int { return slices.Clone(t.shape) }

// Stride returns how many elements of the storage lie between neighbours in each dimension.
func (t *Tensor) Stride() []int { return slices.Clone(t.stride) }

// Offset returns the place in the storage of the first element.
func (t *Tensor) Offset() int { return t.offset }

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.elements }

// Shares reports whether two tensors are views of one storage.
func (t *Tensor) Shares(u *Tensor) bool { return t.storage == u.storage }

// Bytes returns the elements in row-major order, little-endian.
func (t *Tensor) Bytes() ([]byte, error) {
	b, err := t.bytes()
	if err != nil {
		return nil, fmt.Errorf("torchfile: tensor of %s %v: %w", t.dtype, t.shape, err)
	}
	return b, nil
}

func (t *Tensor) bytes() ([]byte, error) {
	if t.elements <= 0 {
		return []byte{}, nil
	}
	width := t.dtype.Size()
	span, err := extent(t.shape, t.stride)
	if err != nil {
		return nil, err
	}
	data, err := t.storage.read(int64(t.offset)*int64(width), int64(span)*int64(width))
	if err != nil || slices.Equal(t.stride, contiguous(t.shape)) {
		return data, err
	}
	out := make([]byte, 0, t.elements*width)
	index := make([]int, len(t.shape))
	for at := 0; ; {
		out = append(out, data[at*width:(at+1)*width]...)
		k := len(index) - 1
		for ; k >= 0; k-- { // the next index, the last dimension fastest
			if index[k]++; index[k] < t.shape[k] {
				at += t.stride[k]
				break
			}
			at -= (index[k] - 1) * t.stride[k]
			index[k] = 0
		}
		if k < 0 {
			return out, nil
		}
	}
}
