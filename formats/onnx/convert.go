package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"ganlib/internal/half"
)

// ErrNoValues is wrapped by the error for a tensor whose elements lie outside of the file or are no
// numbers.
var ErrNoValues = errors.New("no numbers in the file")

// Float64s returns the elements of a tensor of any numeric type; int64 and uint64 beyond 2^53 are
// rounded. Elements that are not in the file give [ErrNoValues].
func (t *Tensor) Float64s() ([]float64, error) {
	if t.values != nil { // of an exported network
		floats, err := t.values(nil)
		values := make([]float64, len(floats))
		for i, v := range floats {
			values[i] = float64(v)
		}
		return values, err
	}
	at, width := t.Type.reader()
	if at == nil || t.External {
		return nil, fmt.Errorf("onnx: tensor %s of %v: %w", shorten(t.Name), t.Type, ErrNoValues)
	}
	values := make([]float64, len(t.Raw)/width)
	for i := range values {
		values[i] = at(t.Raw[i*width:])
	}
	return values, nil
}

// reader returns how an element is read and how wide it is.
func (d DataType) reader() (at func([]byte) float64, width int) {
	le := binary.LittleEndian
	switch d {
	case Float:
		at = func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }
	case Double:
		at = func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }
	case Float16:
		at = func(b []byte) float64 { return float64(half.Float32(le.Uint16(b))) }
	case BFloat16:
		at = func(b []byte) float64 { return float64(half.BFloat32(le.Uint16(b))) }
	case Int64:
		at = func(b []byte) float64 { return float64(int64(le.Uint64(b))) }
	case Uint64:
		at = func(b []byte) float64 { return float64(le.Uint64(b)) }
	case Int32:
		at = func(b []byte) float64 { return float64(int32(le.Uint32(b))) }
	case Uint32:
		at = func(b []byte) float64 { return float64(le.Uint32(b)) }
	case Int16:
		at = func(b []byte) float64 { return float64(int16(le.Uint16(b))) }
	case Uint16:
		at = func(b []byte) float64 { return float64(le.Uint16(b)) }
	case Int8:
		at = func(b []byte) float64 { return float64(int8(b[0])) }
	case Uint8, Bool:
		at = func(b []byte) float64 { return float64(b[0]) }
	}
	return at, types[d].width
}
