package npz

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"ganlib/internal/half"
)

// DType is the type of an array's elements, as in the header: byte order, kind, bytes of an element.
type DType string

// Types that Go has a slice for, and others that are written from raw bytes.
const (
	Float64 DType = "<f8"
	Float32 DType = "<f4"
	Float16 DType = "<f2" // written from []float32 too, rounded to nearest
	Int64   DType = "<i8"
	Int32   DType = "<i4"
	Int16   DType = "<i2"
	Int8    DType = "|i1"
	Uint64  DType = "<u8"
	Uint32  DType = "<u4"
	Uint16  DType = "<u2"
	Uint8   DType = "|u1"
	Bool    DType = "|b1" // one byte, 0 or 1
)

// maxWidth is the most bytes of an element: a string of 2^20 bytes.
const maxWidth = 1 << 20

// parts returns the byte order, kind and bytes of an element, or an error for types without a fixed
// size and for those that would need a pickle.
func (d DType) parts() (order, kind byte, width int, err error) {
	if len(d) < 2 {
		return 0, 0, 0, fmt.Errorf("type %s: want one as in '<f4'", shorten(string(d)))
	}
	s, order := string(d), byte('|')
	if strings.IndexByte("<>=|", s[0]) >= 0 {
		order, s = s[0], s[1:]
	}
	kind = s[0]
	if kind == 'O' {
		return 0, 0, 0, fmt.Errorf("type %s: arrays of Python objects are pickles, which are never read", shorten(string(d)))
	}
	if strings.IndexByte("fiubcSUV", kind) < 0 { // times have units
		return 0, 0, 0, fmt.Errorf("type %s: want numbers, truth values or texts", shorten(string(d)))
	}
	n, err := strconv.ParseUint(s[1:], 10, 31)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("type %s: want a size", shorten(string(d)))
	}
	if kind == 'U' {
		n *= 4
	}
	if n < 1 || n > maxWidth {
		return 0, 0, 0, fmt.Errorf("type %s: elements of %d bytes: want 1 to %d", shorten(string(d)), n, maxWidth)
	}
	return order, kind, int(n), nil
}

// number says how elements are read as numbers.
type number struct {
	width   int
	integer func([]byte) int64   // nil unless every value is an int64
	float   func([]byte) float64 // nil unless every value is a float64, rounded for 64-bit integers
}

// number returns how d's elements are read; both functions are nil for types that are no numbers.
func (d DType) number() number {
	order, kind, width, err := d.parts()
	if err != nil {
		return number{}
	}
	var bo binary.ByteOrder = binary.LittleEndian // '<', '|', and '=' on the machines that wrote it most likely
	if order == '>' {
		bo = binary.BigEndian
	}
	n := number{width: width}
	switch string(kind) + strconv.Itoa(width) {
	case "f2":
		n.float = func(b []byte) float64 { return float64(half.Float32(bo.Uint16(b))) }
	case "f4":
		n.float = func(b []byte) float64 { return float64(math.Float32frombits(bo.Uint32(b))) }
	case "f8":
		n.float = func(b []byte) float64 { return math.Float64frombits(bo.Uint64(b)) }
	case "i1":
		n.integer = func(b []byte) int64 { return int64(int8(b[0])) }
	case "i2":
		n.integer = func(b []byte) int64 { return int64(int16(bo.Uint16(b))) }
	case "i4":
		n.integer = func(b []byte) int64 { return int64(int32(bo.Uint32(b))) }
	case "i8":
		n.integer = func(b []byte) int64 { return int64(bo.Uint64(b)) }
	case "u1", "b1":
		n.integer = func(b []byte) int64 { return int64(b[0]) }
	case "u2":
		n.integer = func(b []byte) int64 { return int64(bo.Uint16(b)) }
	case "u4":
		n.integer = func(b []byte) int64 { return int64(bo.Uint32(b)) }
	case "u8":
		n.float = func(b []byte) float64 { return float64(bo.Uint64(b)) }
	}
	if n.float == nil && n.integer != nil {
		n.float = func(b []byte) float64 { return float64(n.integer(b)) }
	}
	return n
}
