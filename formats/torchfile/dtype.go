package torchfile

import (
	"fmt"
	"math"
	"math/bits"
)

// DType names the type of a tensor's elements, spelled as in PyTorch, without "torch.".
type DType string

// Types that can be read as numbers.
const (
	Float64  DType = "float64"
	Float32  DType = "float32"
	Float16  DType = "float16"  // IEEE 754 binary16
	BFloat16 DType = "bfloat16" // the upper half of a float32
	Int64    DType = "int64"
	Int32    DType = "int32"
	Int16    DType = "int16"
	Int8     DType = "int8"
	Uint32   DType = "uint32"
	Uint16   DType = "uint16"
	Uint8    DType = "uint8"
	Bool     DType = "bool" // one byte, 0 or 1
)

// Types whose elements are read as bytes alone.
const (
	Uint64     DType = "uint64"
	Complex64  DType = "complex64"
	Complex128 DType = "complex128"
)

// widths holds every type that a file may have, and the bytes that an element takes.
var widths = map[DType]int{
	Float64: 8, Float32: 4, Float16: 2, BFloat16: 2, Complex64: 8, Complex128: 16,
	Int64: 8, Int32: 4, Int16: 2, Int8: 1, Uint64: 8, Uint32: 4, Uint16: 2, Uint8: 1, Bool: 1,
	"float8_e4m3fn": 1, "float8_e4m3fnuz": 1, "float8_e5m2": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
}

// storageTypes are the classes of storages, by which tensors of the older types are written.
var storageTypes = map[string]DType{
	"DoubleStorage": Float64, "FloatStorage": Float32, "HalfStorage": Float16, "BFloat16Storage": BFloat16,
	"LongStorage": Int64, "IntStorage": Int32, "ShortStorage": Int16, "CharStorage": Int8, "ByteStorage": Uint8,
	"BoolStorage": Bool, "ComplexFloatStorage": Complex64, "ComplexDoubleStorage": Complex128,
}

// storageNames is the inverse of storageTypes.
var storageNames = func() map[DType]string {
	m := map[DType]string{}
	for name, d := range storageTypes {
		m[d] = name
	}
	return m
}()

// Size returns the bytes that an element takes, 0 for a type that is not known.
func (d DType) Size() int { return widths[d] }

// elementsOf returns the number of elements of shape, the product of its dimensions (1 for none).
func elementsOf(shape []int) (int, error) {
	n := 1
	for _, dim := range shape {
		if dim < 0 {
			return 0, fmt.Errorf("shape %v: want no negative dimension", shape)
		}
		hi, lo := bits.Mul64(uint64(n), uint64(dim))
		if hi != 0 || lo > math.MaxInt {
			return 0, fmt.Errorf("shape %v: too many elements", shape)
		}
		n = int(lo)
	}
	return n, nil
}

// extent returns one more than the largest element's place, counted from the first, of a tensor that is
// not empty.
func extent(shape, stride []int) (int, error) {
	last := uint64(0)
	for i, dim := range shape {
		hi, lo := bits.Mul64(uint64(dim-1), uint64(stride[i]))
		sum, carry := bits.Add64(last, lo, 0)
		if hi != 0 || carry != 0 || sum >= math.MaxInt {
			return 0, fmt.Errorf("shape %v, strides %v: too far apart", shape, stride)
		}
		last = sum
	}
	return int(last) + 1, nil
}

// contiguous returns the strides of a row-major tensor.
func contiguous(shape []int) []int {
	stride := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		stride[i] = n
		n *= max(shape[i], 1)
	}
	return stride
}
