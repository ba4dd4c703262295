package safetensors

import (
	"fmt"
	"math"
	"math/bits"
)

// DType names the type of a tensor's elements, spelled as in the header.
type DType string

// The types that Go has a slice for; see [Tensor].
const (
	F64 DType = "F64"
	F32 DType = "F32"
	I64 DType = "I64"
	U8  DType = "U8"
)

// Types that are converted when they are read, and written only from raw bytes.
const (
	F16  DType = "F16"  // IEEE 754 binary16
	BF16 DType = "BF16" // the upper half of an F32
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	BOOL DType = "BOOL" // one byte, 0 or 1
)

// dtypes holds every type of the format and its size in bits, in the order of the reference
// implementation: its writer sorts tensors by this order from the end, so that the widest come
// first and each lies at a multiple of its element size.
var dtypes = []struct {
	name DType
	bits int
}{
	{BOOL, 8}, {"F4", 4}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {U8, 8}, {I8, 8},
	{"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8},
	{I16, 16}, {U16, 16}, {F16, 16}, {BF16, 16},
	{I32, 32}, {U32, 32}, {F32, 32}, {"C64", 64}, {F64, 64}, {I64, 64}, {U64, 64},
}

// Bits returns the size of an element in bits, 0 for a type that the format does not have.
func (d DType) Bits() int {
	if i := d.rank(); i >= 0 {
		return dtypes[i].bits
	}
	return 0
}

// rank returns d's place in dtypes, or -1.
func (d DType) rank() int {
	for i := range dtypes {
		if dtypes[i].name == d {
			return i
		}
	}
	return -1
}

// byteCount returns the number of elements of shape, the product of its dimensions (1 for none),
// and the bytes that they take. What does not fit in an int is an error, also where a later
// dimension is 0, as in the reference implementation.
func byteCount(d DType, shape []int) (elements, size int, err error) {
	width := d.Bits()
	if width == 0 {
		return 0, 0, fmt.Errorf("dtype %s is not one of the format", shorten(string(d)))
	}
	elements = 1
	for _, n := range shape {
		if n < 0 {
			return 0, 0, fmt.Errorf("shape %v: want no negative dimension", shape)
		}
		hi, lo := bits.Mul64(uint64(elements), uint64(n))
		if hi != 0 || lo > math.MaxInt {
			return 0, 0, fmt.Errorf("shape %v: too many elements", shape)
		}
		elements = int(lo)
	}
	hi, lo := bits.Mul64(uint64(elements), uint64(width))
	if hi != 0 || lo > math.MaxInt {
		return 0, 0, fmt.Errorf("shape %v of %s: too many bytes", shape, d)
	}
	if lo%8 != 0 {
		return 0, 0, fmt.Errorf("shape %v of %s: want a whole number of bytes, not %d bits", shape, d, lo)
	}
	return elements, int(lo / 8), nil
}
