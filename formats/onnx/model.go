package onnx

import (
	"fmt"
	"math"
	"math/bits"
)

// Versions that [Export] writes. Opset 17 (ONNX 1.12, 2022) is the first with LayerNormalization.
const (
	IRVersion = 8
	Opset     = 17
)

// Model is an ONNX model, as far as this package knows the format.
type Model struct {
	IRVersion       int64
	Producer        string // the program that wrote it, and its version
	ProducerVersion string
	Doc             string
	Opsets          map[string]int64 // version of each operator domain; "" is ONNX's own
	Metadata        map[string]string
	Graph           Graph
}

// Graph is the list of operations that a model does, in an order in which they can be done.
type Graph struct {
	Name            string
	Nodes           []Node
	Initializers    []Tensor // parameters and constants
	Inputs, Outputs []Value
}

// Node is one operation on named values.
type Node struct {
	Name, Op, Domain string
	Inputs, Outputs  []string
	Attributes       []Attribute
}

// Attribute is a setting of a node. Of its values one is meant; Kind says which.
type Attribute struct {
	Name    string
	Kind    Kind
	Float   float32
	Int     int64
	Ints    []int64
	Floats  []float32
	String  string
	Strings []string
}

// Kind is the type of an attribute, numbered as in the format.
type Kind int64

// Kinds whose values are read and written; others keep their number and no value.
const (
	KindFloat   Kind = 1
	KindInt     Kind = 2
	KindString  Kind = 3
	KindFloats  Kind = 6
	KindInts    Kind = 7
	KindStrings Kind = 8
)

// Value is an input or output of a graph: a tensor of a type and a shape.
type Value struct {
	Name string
	Type DataType
	Dims []Dim
	Doc  string
}

// Dim is a dimension: a size, or a name for one that is free.
type Dim struct {
	Size  int64
	Param string // "" for a fixed size
}

func (d Dim) String() string {
	if d.Param != "" {
		return d.Param
	}
	return fmt.Sprint(d.Size)
}

// DataType is the type of a tensor's elements, numbered as in the format.
type DataType int32

// Types of elements.
const (
	Float    DataType = 1
	Uint8    DataType = 2
	Int8     DataType = 3
	Uint16   DataType = 4
	Int16    DataType = 5
	Int32    DataType = 6
	Int64    DataType = 7
	String   DataType = 8
	Bool     DataType = 9
	Float16  DataType = 10
	Double   DataType = 11
	Uint32   DataType = 12
	Uint64   DataType = 13
	BFloat16 DataType = 16
)

// types holds the name of each type, as ONNX spells it, and the bytes of an element; 0 for types whose
// elements are not read.
var types = map[DataType]struct {
	name  string
	width int
}{
	Float: {"float", 4}, Uint8: {"uint8", 1}, Int8: {"int8", 1}, Uint16: {"uint16", 2}, Int16: {"int16", 2},
	Int32: {"int32", 4}, Int64: {"int64", 8}, String: {"string", 0}, Bool: {"bool", 1}, Float16: {"float16", 2},
	Double: {"double", 8}, Uint32: {"uint32", 4}, Uint64: {"uint64", 8}, BFloat16: {"bfloat16", 2},
}

func (t DataType) String() string {
	if known, ok := types[t]; ok {
		return known.name
	}
	return fmt.Sprintf("type %d", int32(t))
}

// Tensor is a parameter or a constant.
type Tensor struct {
	Name string
	Type DataType
	Dims []int64 // none: one element
	// Raw holds the elements, little-endian and row-major; nil if they lie outside of the file
	// (External), or are of a type whose elements are not read.
	Raw      []byte
	External bool

	// values, if not nil, makes the elements of a Float tensor when they are written, in place of Raw.
	values func(buf []float32) ([]float32, error)
}

// Len returns the number of elements, or an error for dimensions that make no sense.
func (t *Tensor) Len() (int, error) {
	n := uint64(1)
	for _, d := range t.Dims {
		hi, lo := bits.Mul64(n, uint64(d))
		if d < 0 || hi != 0 || lo > math.MaxInt {
			return 0, fmt.Errorf("dimensions %v: want none negative, and a product that fits in memory", t.Dims)
		}
		n = lo
	}
	return int(n), nil
}

// size returns the number of bytes that the elements take.
func (t *Tensor) size() (int, error) {
	n, err := t.Len()
	if err != nil {
		return 0, err
	}
	width := types[t.Type].width
	if width == 0 {
		return 0, fmt.Errorf("elements of %v: want numbers", t.Type)
	}
	if n > math.MaxInt/width {
		return 0, fmt.Errorf("dimensions %v of %v: too many bytes", t.Dims, t.Type)
	}
	return n * width, nil
}
