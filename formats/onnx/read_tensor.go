package onnx

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// tensor reads a tensor and brings its elements, which may lie in one of several fields, into Raw.
func (d *decoder) tensor(t *Tensor, x field) error {
	b, err := d.message(x, "tensor")
	if err != nil {
		return err
	}
	var elements []byte
	hasRaw := false
	add := func(width int) func(uint64) error {
		return func(v uint64) error {
			var le [8]byte
			binary.LittleEndian.PutUint64(le[:], v)
			elements = append(elements, le[:width]...)
			return nil
		}
	}
	// The type says how wide a number of int32_data is, and may come after it.
	if err := d.each(b, func(x field) error {
		if x.number == tensorType {
			t.Type = DataType(x.bits)
		}
		return nil
	}); err != nil {
		return err
	}
	err = d.each(b, func(x field) (err error) {
		switch x.number {
		case tensorName:
			t.Name, err = d.text(x, "name")
		case tensorDims:
			err = d.numbers(x, protowire.VarintType, func(v uint64) error {
				t.Dims = append(t.Dims, int64(v))
				return d.item()
			})
		case tensorRaw:
			t.Raw, hasRaw = x.bytes, true
		case tensorFloats:
			err = d.numbers(x, protowire.Fixed32Type, add(4))
		case tensorDoubles:
			err = d.numbers(x, protowire.Fixed64Type, add(8))
		case tensorInt64s:
			err = d.numbers(x, protowire.VarintType, add(8))
		case tensorUint64s:
			err = d.numbers(x, protowire.VarintType, add(types[t.Type].width))
		case tensorInt32s:
			err = d.numbers(x, protowire.VarintType, add(types[t.Type].width))
		case tensorLocation:
			t.External = x.bits == 1
		}
		return err
	})
	if err != nil {
		return err
	}
	return t.settle(elements, hasRaw)
}

// settle checks that the elements are as many as the dimensions say.
func (t *Tensor) settle(elements []byte, hasRaw bool) error {
	if _, err := t.Len(); err != nil {
		return err
	}
	if t.External || types[t.Type].width == 0 {
		t.Raw = nil
		return nil
	}
	if !hasRaw {
		t.Raw = elements
	}
	want, err := t.size()
	if err != nil {
		return err
	}
	if len(t.Raw) != want {
		return fmt.Errorf("%d bytes of elements: want %d, for %v of dimensions %v", len(t.Raw), want, t.Type, t.Dims)
	}
	return nil
}

// numbers calls f with the numbers of a repeated field, of which some writers make one field each and
// some a packed one.
func (d *decoder) numbers(x field, kind protowire.Type, f func(bits uint64) error) error {
	if x.kind == kind {
		return f(x.bits)
	}
	if x.kind != protowire.BytesType {
		return fmt.Errorf("field %d: want numbers", x.number)
	}
	for b := x.bytes; len(b) > 0; {
		var v uint64
		var n int
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var w uint32
			w, n = protowire.ConsumeFixed32(b)
			v = uint64(w)
		default:
			v, n = protowire.ConsumeFixed64(b)
		}
		if n < 0 {
			return fmt.Errorf("field %d: want packed numbers", x.number)
		}
		if err := f(v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
