package keras

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"ganlib/internal/half"
)

// maxRank is the most dimensions that HDF5 allows.
const maxRank = 32

// Dataset is an array of a file. Its elements are read when they are asked for.
type Dataset struct {
	Path  string // names of the groups and its own, with slashes
	Shape []int  // none: one element
	Type  string // "float32", "float16", "float64", "int64", …; "other" for what is not read as numbers

	file    *file
	number  func([]byte) float64
	width   int
	address uint64
	compact []byte // the elements, where they lie in the header
	err     error  // why elements cannot be read
}

// Len returns the number of elements.
func (d *Dataset) Len() int {
	n := 1
	for _, s := range d.Shape {
		n *= s
	}
	return n
}

// Float64s returns the elements, row-major. Types that are no numbers, and elements in chunks, are errors.
func (d *Dataset) Float64s() ([]float64, error) {
	b, err := d.elements()
	if err != nil {
		return nil, fmt.Errorf("keras: dataset %s: %w", shorten(d.Path), err)
	}
	values := make([]float64, d.Len())
	for i := range values {
		values[i] = d.number(b[i*d.width:])
	}
	return values, nil
}

func (d *Dataset) elements() ([]byte, error) {
	switch {
	case d.err != nil:
		return nil, d.err
	case d.compact != nil:
		return d.compact, nil
	}
	return d.file.bytes(d.address, uint64(d.Len()*d.width))
}

// dataset reads what the messages of a header say about a dataset. What Keras does not write is noted, and
// an error only for who wants the elements.
func (f *file) dataset(path string, messages []message) (Dataset, error) {
	d := Dataset{Path: path, Type: "other", file: f}
	var layout []byte
	hasSpace, hasType := false, false
	for _, m := range messages {
		var err error
		switch m.kind {
		case msgDataspace, msgDatatype, msgLayout:
			switch {
			case m.shared:
				d.refuse("it shares its type or shape with others, which is not read")
			case m.kind == msgDataspace:
				hasSpace = true
				d.Shape, err = parseSpace(m.data)
			case m.kind == msgDatatype:
				hasType = true
				err = d.parseType(m.data)
			default:
				layout = m.data
			}
		case msgFilters:
			d.refuse("it is compressed, which is not read")
		}
		if err != nil {
			return d, err
		}
	}
	if d.number == nil {
		d.refuse("its elements are of a type that is not read")
	}
	if d.err == nil && !(hasSpace && hasType) {
		return d, errors.New("no shape or no type")
	}
	size, err := sizeOf(d.Shape, max(d.width, 1))
	if err != nil {
		return d, err
	}
	if d.err != nil {
		return d, nil
	}
	return d, d.parseLayout(layout, size)
}

// refuse notes why the elements cannot be read, the first reason.
func (d *Dataset) refuse(why string) {
	if d.err == nil {
		d.err = errors.New(why)
	}
}

// parseSpace reads a shape.
func parseSpace(b []byte) ([]int, error) {
	if len(b) < 4 {
		return nil, errors.New("shape that is too short")
	}
	rank, at := int(b[1]), 8
	switch b[0] {
	case 1:
	case 2:
		if at = 4; b[3] == 2 { // no elements at all
			return []int{0}, nil
		}
	default:
		return nil, fmt.Errorf("shape of version %d: want 1 or 2", b[0])
	}
	if rank > maxRank || len(b) < at+8*rank {
		return nil, fmt.Errorf("shape of %d dimensions in %d bytes", rank, len(b))
	}
	shape := make([]int, rank)
	for i := range shape {
		n := le.Uint64(b[at+8*i:])
		if n > math.MaxInt {
			return nil, fmt.Errorf("dimension %d: too large", n)
		}
		shape[i] = int(n)
	}
	return shape, nil
}

// sizeOf returns the bytes of a shape's elements.
func sizeOf(shape []int, width int) (uint64, error) {
	n := uint64(width)
	for _, d := range shape {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt {
			return 0, fmt.Errorf("shape %v: too many elements", shape)
		}
		n = lo
	}
	return n, nil
}

// exponentBits are the bits of the exponent of IEEE numbers of some bytes.
var exponentBits = map[uint32]byte{2: 5, 4: 8, 8: 11}

// parseType reads the type of the elements: IEEE numbers and integers of either byte order.
func (d *Dataset) parseType(b []byte) error {
	if len(b) < 8 {
		return errors.New("type that is too short")
	}
	class, flags, size := b[0]&15, b[1], le.Uint32(b[4:])
	var order binary.ByteOrder = binary.LittleEndian
	if flags&1 != 0 {
		order = binary.BigEndian
	}
	const integer, float = 0, 1
	if class == float && (len(b) < 14 || b[13] != exponentBits[size]) { // bfloat16, for one
		return nil
	}
	unsigned := class == integer && flags&8 == 0
	switch {
	case class == float && size == 2:
		d.Type, d.number = "float16", func(b []byte) float64 { return float64(half.Float32(order.Uint16(b))) }
	case class == float && size == 4:
		d.Type, d.number = "float32", func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }
	case class == float && size == 8:
		d.Type, d.number = "float64", func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }
	case class == integer && size == 8 && !unsigned:
		d.Type, d.number = "int64", func(b []byte) float64 { return float64(int64(order.Uint64(b))) }
	case class == integer && size == 8:
		d.Type, d.number = "uint64", func(b []byte) float64 { return float64(order.Uint64(b)) }
	case class == integer && size == 4 && !unsigned:
		d.Type, d.number = "int32", func(b []byte) float64 { return float64(int32(order.Uint32(b))) }
	case class == integer && size == 4:
		d.Type, d.number = "uint32", func(b []byte) float64 { return float64(order.Uint32(b)) }
	case class == integer && size == 1 && unsigned:
		d.Type, d.number = "uint8", func(b []byte) float64 { return float64(b[0]) }
	default:
		return nil
	}
	d.width = int(size)
	return nil
}

// parseLayout reads where the elements lie, and checks that the file has them.
func (d *Dataset) parseLayout(b []byte, size uint64) error {
	const compact, contiguous = 0, 1
	if len(b) < 2 || b[0] < 3 || b[0] > 4 {
		return errors.New("layout of another version than 3 and 4")
	}
	switch {
	case b[1] == compact && len(b) >= 4:
		d.compact = b[4:]
		if stored := uint64(le.Uint16(b[2:])); stored < size || uint64(len(d.compact)) < size {
			return fmt.Errorf("%d bytes of elements: want %d for shape %v", stored, size, d.Shape)
		}
	case b[1] == contiguous && len(b) >= 18:
		d.address = le.Uint64(b[2:])
		if d.address == undefined { // never written
			if size > 0 {
				d.refuse("its elements were never written")
			}
			d.compact = []byte{}
			return nil
		}
		from := d.file.base + d.address
		if from < d.address || from > uint64(d.file.size) || size > uint64(d.file.size)-from {
			return fmt.Errorf("%d bytes of elements at %d: the file has %d", size, d.address, d.file.size)
		}
	default:
		d.refuse("its elements are in chunks, which are not read")
	}
	return nil
}
