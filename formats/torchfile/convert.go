package torchfile

import (
	"encoding/binary"
	"fmt"
	"math"

	"ganlib/internal/half"
)

// Float32s returns the elements in row-major order of a tensor of type float32, or of float16 or bfloat16,
// which float32 holds exactly. Other types are errors.
func (t *Tensor) Float32s() ([]float32, error) {
	return decode(t, "float32, float16 or bfloat16", map[DType]func([]byte) float32{
		Float32: float32At, Float16: float16At, BFloat16: bfloat16At,
	})
}

// Float64s returns the elements in row-major order of a tensor of type float64, or of float32, float16 or
// bfloat16, which float64 holds exactly. Other types are errors.
func (t *Tensor) Float64s() ([]float64, error) {
	wide := func(at func([]byte) float32) func([]byte) float64 {
		return func(b []byte) float64 { return float64(at(b)) }
	}
	return decode(t, "float64, float32, float16 or bfloat16", map[DType]func([]byte) float64{
		Float64: func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) },
		Float32: wide(float32At), Float16: wide(float16At), BFloat16: wide(bfloat16At),
	})
}

// Int64s returns the elements in row-major order of a tensor of type int64, or of a type that int64 holds
// exactly; false is 0 and true 1. Other types are errors.
func (t *Tensor) Int64s() ([]int64, error) {
	byteAt := func(b []byte) int64 { return int64(b[0]) }
	return decode(t, "int64, int32, int16, int8, uint32, uint16, uint8 or bool", map[DType]func([]byte) int64{
		Int64:  func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) },
		Int32:  func(b []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(b))) },
		Int16:  func(b []byte) int64 { return int64(int16(binary.LittleEndian.Uint16(b))) },
		Int8:   func(b []byte) int64 { return int64(int8(b[0])) },
		Uint32: func(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) },
		Uint16: func(b []byte) int64 { return int64(binary.LittleEndian.Uint16(b)) },
		Uint8:  byteAt, Bool: byteAt,
	})
}

// decode converts the elements with the converter of their type.
func decode[T any](t *Tensor, want string, converters map[DType]func([]byte) T) ([]T, error) {
	at := converters[t.dtype]
	if at == nil {
		return nil, fmt.Errorf("torchfile: tensor of %s %v: want type %s", t.dtype, t.shape, want)
	}
	data, err := t.Bytes()
	if err != nil {
		return nil, err
	}
	width := t.dtype.Size()
	values := make([]T, 0, len(data)/width)
	for i := 0; i < len(data); i += width {
		values = append(values, at(data[i:]))
	}
	return values, nil
}

func float32At(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func bfloat16At(b []byte) float32 { return half.BFloat32(binary.LittleEndian.Uint16(b)) }

func float16At(b []byte) float32 { return half.Float32(binary.LittleEndian.Uint16(b)) }
