package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func (d *decoder) node(n *Node, x field) error {
	b, err := d.message(x, "node")
	if err != nil {
		return err
	}
	return d.each(b, func(x field) (err error) {
		var s string
		switch x.number {
		case nodeInput:
			s, err = d.text(x, "input of a node")
			n.Inputs = append(n.Inputs, s)
		case nodeOutput:
			s, err = d.text(x, "output of a node")
			n.Outputs = append(n.Outputs, s)
		case nodeName:
			n.Name, err = d.text(x, "name of a node")
		case nodeOp:
			n.Op, err = d.text(x, "operation of a node")
		case nodeDomain:
			n.Domain, err = d.text(x, "domain of a node")
		case nodeAttribute:
			var a Attribute
			if err = d.attribute(&a, x); err != nil {
				return fmt.Errorf("attribute %s: %w", shorten(a.Name), err)
			}
			n.Attributes = append(n.Attributes, a)
		}
		return err
	})
}

func (d *decoder) attribute(a *Attribute, x field) error {
	b, err := d.message(x, "attribute")
	if err != nil {
		return err
	}
	return d.each(b, func(x field) (err error) {
		switch x.number {
		case attributeName:
			a.Name, err = d.text(x, "name")
		case attributeKind:
			a.Kind = Kind(x.bits)
		case attributeFloat:
			a.Float = math.Float32frombits(uint32(x.bits))
		case attributeInt:
			a.Int = int64(x.bits)
		case attributeString:
			a.String = string(x.bytes) // any bytes
			err = d.item()
		case attributeStrings:
			a.Strings = append(a.Strings, string(x.bytes))
			err = d.item()
		case attributeFloats:
			err = d.numbers(x, protowire.Fixed32Type, func(v uint64) error {
				a.Floats = append(a.Floats, math.Float32frombits(uint32(v)))
				return d.item()
			})
		case attributeInts:
			err = d.numbers(x, protowire.VarintType, func(v uint64) error {
				a.Ints = append(a.Ints, int64(v))
				return d.item()
			})
		}
		return err
	})
}

func (d *decoder) value(v *Value, x field) error {
	b, err := d.message(x, "value")
	if err != nil {
		return err
	}
	return d.each(b, func(x field) (err error) {
		switch x.number {
		case valueName:
			v.Name, err = d.text(x, "name")
		case valueDoc:
			v.Doc, err = d.text(x, "doc")
		case valueType:
			err = d.fieldsOf(x, typeTensor, func(x field) error {
				switch x.number {
				case tensorElement:
					v.Type = DataType(x.bits)
				case tensorShape:
					return d.messagesOf(x, shapeDim, func(b []byte) error { return d.dim(v, b) })
				}
				return nil
			})
		}
		return err
	})
}

// fieldsOf visits the fields of the messages that are the given field of x.
func (d *decoder) fieldsOf(x field, number protowire.Number, f func(field) error) error {
	return d.messagesOf(x, number, func(b []byte) error { return d.each(b, f) })
}

// messagesOf visits the messages that are the given field of x.
func (d *decoder) messagesOf(x field, number protowire.Number, f func([]byte) error) error {
	b, err := d.message(x, "type")
	if err != nil {
		return err
	}
	return d.each(b, func(x field) error {
		if x.number != number {
			return nil
		}
		b, err := d.message(x, "type")
		if err != nil {
			return err
		}
		return f(b)
	})
}

func (d *decoder) dim(v *Value, b []byte) error {
	dim := Dim{Param: "?"}
	err := d.each(b, func(x field) (err error) {
		switch x.number {
		case dimSize:
			dim = Dim{Size: int64(x.bits)}
		case dimParam:
			dim.Param, err = d.text(x, "dimension")
		}
		return err
	})
	v.Dims = append(v.Dims, dim)
	return err
}
