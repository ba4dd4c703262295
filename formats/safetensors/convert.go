package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"

	"ganlib/internal/half"
	"ganlib/internal/readat"
)

// chunkBytes is how much is converted at a time; a multiple of every element size.
const chunkBytes = 64 << 10

// Float32s returns the elements and the shape of a tensor of type F32, or of F16 or BF16, which
// float32 holds exactly. Other types and names that the file does not have are errors.
func (f *File) Float32s(name string) ([]float32, []int, error) {
	return decode(f, name, "F32, F16 or BF16", func(d DType) func([]byte) float32 {
		switch d {
		case F32:
			return float32At
		case F16:
			return float16At
		case BF16:
			return bfloat16At
		}
		return nil
	})
}

// Float64s returns the elements and the shape of a tensor of type F64, or of F32, F16 or BF16,
// which float64 holds exactly. Other types and names that the file does not have are errors.
func (f *File) Float64s(name string) ([]float64, []int, error) {
	return decode(f, name, "F64, F32, F16 or BF16", func(d DType) func([]byte) float64 {
		switch d {
		case F64:
			return func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
		case F32:
			return func(b []byte) float64 { return float64(float32At(b)) }
		case F16:
			return func(b []byte) float64 { return float64(float16At(b)) }
		case BF16:
			return func(b []byte) float64 { return float64(bfloat16At(b)) }
		}
		return nil
	})
}

// Int64s returns the elements and the shape of a tensor of type I64, or of I32, I16, I8, U32, U16
// or U8, which int64 holds exactly. Other types and names that the file does not have are errors.
func (f *File) Int64s(name string) ([]int64, []int, error) {
	return decode(f, name, "I64, I32, I16, I8, U32, U16 or U8", func(d DType) func([]byte) int64 {
		switch d {
		case I64:
			return func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }
		case I32:
			return func(b []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(b))) }
		case I16:
			return func(b []byte) int64 { return int64(int16(binary.LittleEndian.Uint16(b))) }
		case I8:
			return func(b []byte) int64 { return int64(int8(b[0])) }
		case U32:
			return func(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) }
		case U16:
			return func(b []byte) int64 { return int64(binary.LittleEndian.Uint16(b)) }
		case U8:
			return func(b []byte) int64 { return int64(b[0]) }
		}
		return nil
	})
}

// decode reads a tensor in chunks through the converter that choose has for its type.
func decode[T any](f *File, name, want string, choose func(DType) func([]byte) T) ([]T, []int, error) {
	in, ok := f.Info(name)
	if !ok {
		return nil, nil, fmt.Errorf("safetensors: tensor %s: %w", shorten(name), ErrMissing)
	}
	at := choose(in.DType)
	if at == nil {
		return nil, nil, fmt.Errorf("safetensors: tensor %s: has type %s, want %s", shorten(name), in.DType, want)
	}
	values := make([]T, 0, in.elements)
	width := in.DType.Bits() / 8
	buf := make([]byte, min(chunkBytes, in.end-in.begin))
	for offset := in.begin; offset < in.end; {
		b := buf[:min(int64(len(buf)), in.end-offset)]
		if err := readat.Full(f.r, b, f.start+offset); err != nil {
			return nil, nil, fmt.Errorf("safetensors: tensor %s: %w", shorten(name), err)
		}
		for i := 0; i < len(b); i += width {
			values = append(values, at(b[i:]))
		}
		offset += int64(len(b))
	}
	return values, in.Shape, nil
}

func float32At(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func bfloat16At(b []byte) float32 { return half.BFloat32(binary.LittleEndian.Uint16(b)) }

func float16At(b []byte) float32 { return half.Float32(binary.LittleEndian.Uint16(b)) }
