package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrTooLarge is wrapped by the error for a model over [MaxBytes].
var ErrTooLarge = errors.New("more than a protocol buffer can hold")

// MaxBytes is the size that a protocol buffer must stay under: 2 GiB.
const MaxBytes = math.MaxInt32

// chunk is how many numbers are converted at a time.
const chunk = 16 << 10

// Write writes the model to w. Equal models give equal bytes. Parameters of an exported network are read
// one after the other as they are written, so the network must not be trained meanwhile. A model that is
// inconsistent or too large ([ErrTooLarge]) is an error before anything is written.
func (m *Model) Write(w io.Writer) error {
	if err := m.write(w); err != nil {
		return fmt.Errorf("onnx: write: %w", err)
	}
	return nil
}

func (m *Model) write(w io.Writer) error {
	heads, graph, err := m.Graph.layout()
	if err != nil {
		return err
	}
	head, tail := m.head(), m.tail()
	size := int64(len(head)) + int64(protowire.SizeTag(modelGraph)+protowire.SizeBytes(0)) + graph + int64(len(tail))
	if size > MaxBytes {
		return fmt.Errorf("model of %d bytes: want at most %d: %w", size, MaxBytes, ErrTooLarge)
	}
	head = protowire.AppendVarint(protowire.AppendTag(head, modelGraph, protowire.BytesType), uint64(graph))
	if _, err := w.Write(append(head, m.Graph.head()...)); err != nil {
		return err
	}
	var floats []float32
	buf := make([]byte, 0, 4*chunk)
	for i := range m.Graph.Initializers {
		t := &m.Graph.Initializers[i]
		if _, err := w.Write(heads[i]); err != nil {
			return err
		}
		if floats, err = t.write(w, floats[:0], buf); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	_, err = w.Write(append(m.Graph.tail(), tail...))
	return err
}

// layout returns what goes before the elements of each initializer, and the graph's size.
func (g *Graph) layout() (heads [][]byte, size int64, err error) {
	size = int64(len(g.head()) + len(g.tail()))
	for i := range g.Initializers {
		t := &g.Initializers[i]
		n, err := t.size()
		if err == nil && t.values == nil && len(t.Raw) != n {
			err = fmt.Errorf("%d bytes of elements: want %d", len(t.Raw), n)
		}
		if err == nil && n > MaxBytes {
			err = fmt.Errorf("%d bytes: want at most %d: %w", n, MaxBytes, ErrTooLarge)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		fields := t.head(n)
		head := protowire.AppendTag(nil, graphInitializer, protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(len(fields)+n))
		heads = append(heads, append(head, fields...))
		size += int64(len(heads[i])) + int64(n)
	}
	return heads, size, nil
}

// head is what comes before the graph, tail what comes after it.
func (m *Model) head() (b []byte) {
	b = appendInt(b, modelIRVersion, m.IRVersion)
	b = appendText(b, modelProducer, m.Producer)
	b = appendText(b, modelProducerVersion, m.ProducerVersion)
	return appendText(b, modelDoc, m.Doc)
}

func (m *Model) tail() (b []byte) {
	for _, domain := range slices.Sorted(maps.Keys(m.Opsets)) {
		b = appendMessage(b, modelOpset, appendInt(appendText(nil, opsetDomain, domain), opsetVersion, m.Opsets[domain]))
	}
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		b = appendMessage(b, modelMetadata, appendString(appendString(nil, entryKey, key), entryValue, m.Metadata[key]))
	}
	return b
}

// head is what comes before the initializers, tail what comes after them.
func (g *Graph) head() (b []byte) {
	for _, n := range g.Nodes {
		b = appendMessage(b, graphNode, n.encode())
	}
	return appendText(b, graphName, g.Name)
}

func (g *Graph) tail() (b []byte) {
	for _, v := range g.Inputs {
		b = appendMessage(b, graphInput, v.encode())
	}
	for _, v := range g.Outputs {
		b = appendMessage(b, graphOutput, v.encode())
	}
	return b
}

func (n *Node) encode() (b []byte) {
	for _, name := range n.Inputs {
		b = appendString(b, nodeInput, name)
	}
	for _, name := range n.Outputs {
		b = appendString(b, nodeOutput, name)
	}
	b = appendText(b, nodeName, n.Name)
	b = appendText(b, nodeOp, n.Op)
	for _, a := range n.Attributes {
		b = appendMessage(b, nodeAttribute, a.encode())
	}
	return appendText(b, nodeDomain, n.Domain)
}

func (a *Attribute) encode() (b []byte) {
	b = appendText(b, attributeName, a.Name)
	switch a.Kind {
	case KindFloat:
		b = appendFloat(b, attributeFloat, a.Float)
	case KindInt:
		b = protowire.AppendVarint(protowire.AppendTag(b, attributeInt, protowire.VarintType), uint64(a.Int))
	case KindString:
		b = appendString(b, attributeString, a.String)
	case KindFloats:
		for _, v := range a.Floats {
			b = appendFloat(b, attributeFloats, v)
		}
	case KindInts:
		for _, v := range a.Ints {
			b = protowire.AppendVarint(protowire.AppendTag(b, attributeInts, protowire.VarintType), uint64(v))
		}
	case KindStrings:
		for _, v := range a.Strings {
			b = appendString(b, attributeStrings, v)
		}
	}
	return appendInt(b, attributeKind, int64(a.Kind))
}

func (v *Value) encode() []byte {
	var shape []byte
	for _, d := range v.Dims {
		if d.Param != "" {
			shape = appendMessage(shape, shapeDim, appendString(nil, dimParam, d.Param))
			continue
		}
		dim := protowire.AppendTag(nil, dimSize, protowire.VarintType)
		shape = appendMessage(shape, shapeDim, protowire.AppendVarint(dim, uint64(d.Size)))
	}
	tensor := appendMessage(appendInt(nil, tensorElement, int64(v.Type)), tensorShape, shape)
	b := appendText(nil, valueName, v.Name)
	b = appendMessage(b, valueType, appendMessage(nil, typeTensor, tensor))
	return appendText(b, valueDoc, v.Doc)
}

// head is the tensor's message up to its elements, which take size bytes.
func (t *Tensor) head(size int) (b []byte) {
	for _, d := range t.Dims {
		b = protowire.AppendVarint(protowire.AppendTag(b, tensorDims, protowire.VarintType), uint64(d))
	}
	b = appendInt(b, tensorType, int64(t.Type))
	b = appendText(b, tensorName, t.Name)
	return protowire.AppendVarint(protowire.AppendTag(b, tensorRaw, protowire.BytesType), uint64(size))
}

// write writes the elements and returns the memory it used for numbers.
func (t *Tensor) write(w io.Writer, floats []float32, buf []byte) ([]float32, error) {
	if t.values == nil {
		_, err := w.Write(t.Raw)
		return floats, err
	}
	floats, err := t.values(floats)
	if err != nil {
		return nil, err
	}
	if n, err := t.Len(); err != nil || n != len(floats) {
		return nil, errors.Join(err, fmt.Errorf("%d elements: want dimensions %v", len(floats), t.Dims))
	}
	for part := range slices.Chunk(floats, chunk) {
		b := buf[:0]
		for _, v := range part {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		if _, err := w.Write(b); err != nil {
			return nil, err
		}
	}
	return floats, nil
}

// appendInt appends an integer field, nothing for 0.
func appendInt(b []byte, field protowire.Number, v int64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

// appendText appends a string field, nothing for an empty one.
func appendText(b []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(b, field, s)
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendFloat(b []byte, field protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(b, field, protowire.Fixed32Type), math.Float32bits(v))
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}
