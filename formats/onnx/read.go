package onnx

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxItems is the most nodes, tensors, values, names and the like that a model may have in all. Large
// networks have some ten thousand nodes; the smallest takes two bytes, so a file could hold a billion.
const maxItems = 1 << 18

// Read reads a model of size bytes. It takes memory for the file itself, of which tensors whose elements are
// bytes are a part; ten times their size at most for elements that are numbers one by one; and for the graph
// 250 times its size at most, up to the 150 MB of 262,144 nodes, tensors and names, beyond which it is
// refused. What is not part of the format's subset that [Model] holds is passed over: nested graphs, functions,
// sparse tensors.
func Read(r io.ReaderAt, size int64) (*Model, error) {
	if size < 0 || size > MaxBytes {
		return nil, fmt.Errorf("onnx: read: file of %d bytes: want at most %d", size, MaxBytes)
	}
	data := make([]byte, size)
	if n, err := r.ReadAt(data, 0); n < len(data) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("onnx: read: %w", err)
	}
	d := decoder{left: maxItems}
	m := &Model{Opsets: map[string]int64{}, Metadata: map[string]string{}}
	if err := d.model(m, data); err != nil {
		return nil, fmt.Errorf("onnx: read: %w", err)
	}
	return m, nil
}

// decoder counts what it decodes.
type decoder struct{ left int }

// field is one field of a message: its number and its value, of which one is meant.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bytes  []byte
	bits   uint64 // of a varint, a fixed32 or a fixed64
}

// each calls f with every field of a message.
func (d *decoder) each(message []byte, f func(field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("not a protocol buffer: %w", protowire.ParseError(n))
		}
		x, message2 := field{number: number, kind: kind}, message[n:]
		switch kind {
		case protowire.VarintType:
			x.bits, n = protowire.ConsumeVarint(message2)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(message2)
			x.bits = uint64(v)
		case protowire.Fixed64Type:
			x.bits, n = protowire.ConsumeFixed64(message2)
		case protowire.BytesType:
			x.bytes, n = protowire.ConsumeBytes(message2)
		default: // groups, which the format does not have
			n = protowire.ConsumeFieldValue(number, kind, message2)
		}
		if n < 0 {
			return fmt.Errorf("field %d: not a protocol buffer: %w", number, protowire.ParseError(n))
		}
		message = message2[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// item counts one more.
func (d *decoder) item() error {
	if d.left--; d.left < 0 {
		return fmt.Errorf("more than %d nodes, tensors and names", maxItems)
	}
	return nil
}

// text returns a string field.
func (d *decoder) text(x field, what string) (string, error) {
	if err := d.item(); err != nil {
		return "", err
	}
	if x.kind != protowire.BytesType || !utf8.Valid(x.bytes) {
		return "", fmt.Errorf("%s: want text in UTF-8", what)
	}
	return string(x.bytes), nil
}

// message returns a field that is a message.
func (d *decoder) message(x field, what string) ([]byte, error) {
	if err := d.item(); err != nil {
		return nil, err
	}
	if x.kind != protowire.BytesType {
		return nil, fmt.Errorf("%s: want a message", what)
	}
	return x.bytes, nil
}

func (d *decoder) model(m *Model, data []byte) error {
	hasGraph := false
	err := d.each(data, func(x field) (err error) {
		switch x.number {
		case modelIRVersion:
			m.IRVersion = int64(x.bits)
		case modelProducer:
			m.Producer, err = d.text(x, "producer")
		case modelProducerVersion:
			m.ProducerVersion, err = d.text(x, "producer version")
		case modelDoc:
			m.Doc, err = d.text(x, "doc")
		case modelGraph:
			var graph []byte
			if graph, err = d.message(x, "graph"); err == nil {
				hasGraph = true
				err = d.graph(&m.Graph, graph)
			}
		case modelOpset:
			var domain string
			var version int64
			if domain, version, err = d.opset(x); err == nil {
				m.Opsets[domain] = version
			}
		case modelMetadata:
			var key, value string
			if key, value, err = d.entry(x); err == nil {
				m.Metadata[key] = value
			}
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case m.IRVersion < 1 || !hasGraph:
		return errors.New("not an ONNX model: no version and graph")
	}
	return nil
}

func (d *decoder) opset(x field) (domain string, version int64, err error) {
	b, err := d.message(x, "opset")
	if err != nil {
		return "", 0, err
	}
	err = d.each(b, func(x field) (err error) {
		switch x.number {
		case opsetDomain:
			domain, err = d.text(x, "opset domain")
		case opsetVersion:
			version = int64(x.bits)
		}
		return err
	})
	return domain, version, err
}

func (d *decoder) entry(x field) (key, value string, err error) {
	b, err := d.message(x, "metadata")
	if err != nil {
		return "", "", err
	}
	err = d.each(b, func(x field) (err error) {
		switch x.number {
		case entryKey:
			key, err = d.text(x, "metadata key")
		case entryValue:
			value, err = d.text(x, "metadata value")
		}
		return err
	})
	return key, value, err
}

func (d *decoder) graph(g *Graph, data []byte) error {
	return d.each(data, func(x field) (err error) {
		switch x.number {
		case graphNode:
			var n Node
			err = d.node(&n, x)
			g.Nodes = append(g.Nodes, n)
		case graphName:
			g.Name, err = d.text(x, "name of the graph")
		case graphInitializer:
			var t Tensor
			if err = d.tensor(&t, x); err != nil {
				return fmt.Errorf("tensor %s: %w", shorten(t.Name), err)
			}
			g.Initializers = append(g.Initializers, t)
		case graphInput, graphOutput:
			var v Value
			if err = d.value(&v, x); err != nil {
				return fmt.Errorf("input or output %s: %w", shorten(v.Name), err)
			}
			if x.number == graphInput {
				g.Inputs = append(g.Inputs, v)
			} else {
				g.Outputs = append(g.Outputs, v)
			}
		}
		return err
	})
}

// shorten quotes a name for an error message; a hostile one may be megabytes long.
func shorten(name string) string {
	const limit = 80
	if len(name) > limit {
		return strconv.Quote(name[:limit]) + "..."
	}
	return strconv.Quote(name)
}
