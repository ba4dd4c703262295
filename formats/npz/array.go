package npz

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"ganlib/internal/half"
)

// chunk is how many bytes are converted or read at a time.
const chunk = 1 << 16

// Array is a named block of elements, row-major.
type Array struct {
	Name  string // in an archive, without ".npy"
	DType DType
	Shape []int // none: one element
	// Data holds the elements: []float32 for "<f4" and "<f2", []float64 for "<f8", []int64 for "<i8",
	// []uint8 for any type as its bytes. [File.Array] and [ReadArray] give the bytes, in the byte order
	// that the type says.
	Data any
}

// Info returns the array's description.
func (a Array) Info() Info { return Info{Name: a.Name, DType: a.DType, Shape: slices.Clone(a.Shape)} }

// ReadArray reads a .npy file of at most limit bytes of elements; 0 means [DefaultMaxBytes]. Memory grows as
// the bytes come, so that a header which promises more than there is costs nothing.
func ReadArray(r io.Reader, limit int64) (Array, error) {
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	in, _, err := readHeader(r)
	if err != nil {
		return Array{}, fmt.Errorf("npz: read array: %w", err)
	}
	a, err := readElements(r, in, limit)
	if err != nil {
		return Array{}, fmt.Errorf("npz: read array: %w", err)
	}
	return a, nil
}

// readElements reads the elements that in describes and brings them into C order.
func readElements(r io.Reader, in Info, limit int64) (Array, error) {
	size, err := in.size()
	if err != nil {
		return Array{}, err
	}
	if int64(size) > limit {
		return Array{}, fmt.Errorf("%d bytes of elements: want at most %d", size, limit)
	}
	var data []byte
	for len(data) < size {
		n := min(max(len(data), chunk), size-len(data))
		data = slices.Grow(data, n)[:len(data)+n]
		if err := readFull(r, data[len(data)-n:]); err != nil {
			return Array{}, fmt.Errorf("%d bytes of elements: %w", size, err)
		}
	}
	if data == nil {
		data = []byte{}
	}
	if in.fortran && len(in.Shape) > 1 && size > 0 {
		data = rowMajor(data, in)
	}
	return Array{Name: in.Name, DType: in.DType, Shape: in.Shape, Data: data}, nil
}

// rowMajor returns elements in C order, of which the first dimension changed fastest.
func rowMajor(data []byte, in Info) []byte {
	_, _, width, err := in.DType.parts()
	if err != nil {
		return data
	}
	out := make([]byte, len(data))
	at := make([]int, len(in.Shape)) // index of the element in the file
	strides := make([]int, len(in.Shape))
	stride := width
	for k := len(strides) - 1; k >= 0; k-- {
		strides[k] = stride
		stride *= in.Shape[k]
	}
	to := 0
	for from := 0; from < len(data); from += width {
		copy(out[to:to+width], data[from:])
		for k := range at {
			at[k]++
			to += strides[k]
			if at[k] < in.Shape[k] {
				break
			}
			to -= at[k] * strides[k]
			at[k] = 0
		}
	}
	return out
}

// Float64s returns the elements of an array of any numeric type; integers of 64 bits beyond 2^53 are
// rounded.
func (a Array) Float64s() ([]float64, error) {
	return decode(a, "numbers", func(n number) func([]byte) float64 { return n.float })
}

// Float32s returns the elements of an array of type float32 or float16.
func (a Array) Float32s() ([]float32, error) {
	return decode(a, "float32 or float16", func(n number) func([]byte) float32 {
		if n.integer != nil || n.float == nil || n.width > 4 {
			return nil
		}
		return func(b []byte) float32 { return float32(n.float(b)) }
	})
}

// Int64s returns the elements of an array of any integer type but uint64, and of truth values.
func (a Array) Int64s() ([]int64, error) {
	return decode(a, "integers", func(n number) func([]byte) int64 { return n.integer })
}

func decode[T any](a Array, want string, choose func(number) func([]byte) T) ([]T, error) {
	n := a.DType.number()
	at := choose(n)
	if at == nil {
		return nil, fmt.Errorf("npz: array %s: has type %s, want %s", shorten(a.Name), shorten(string(a.DType)), want)
	}
	data, ok := a.Data.([]byte)
	if !ok { // an array to be written
		var b bytes.Buffer
		if err := a.write(&b); err != nil {
			return nil, fmt.Errorf("npz: array %s: %w", shorten(a.Name), err)
		}
		data = b.Bytes()[b.Len()-a.Info().Len()*n.width:]
	}
	values := make([]T, len(data)/n.width)
	for i := range values {
		values[i] = at(data[i*n.width:])
	}
	return values, nil
}

// WriteArray writes a .npy file, version 1.0. What is inconsistent is an error before anything is written.
func WriteArray(w io.Writer, a Array) error {
	if err := a.write(w); err != nil {
		return fmt.Errorf("npz: write array %s: %w", shorten(a.Name), err)
	}
	return nil
}

func (a Array) write(w io.Writer) error {
	if err := a.check(); err != nil {
		return err
	}
	if _, err := w.Write(appendHeader(nil, a.Info())); err != nil {
		return err
	}
	le := binary.LittleEndian
	switch data := a.Data.(type) {
	case []float32:
		if a.DType == Float16 {
			return writeChunks(w, data, 2, func(b []byte, v float32) []byte { return le.AppendUint16(b, half.FromFloat32(v)) })
		}
		return writeChunks(w, data, 4, func(b []byte, v float32) []byte { return le.AppendUint32(b, math.Float32bits(v)) })
	case []float64:
		return writeChunks(w, data, 8, func(b []byte, v float64) []byte { return le.AppendUint64(b, math.Float64bits(v)) })
	case []int64:
		return writeChunks(w, data, 8, func(b []byte, v int64) []byte { return le.AppendUint64(b, uint64(v)) })
	case []byte:
		_, err := w.Write(data)
		return err
	}
	return nil
}

func writeChunks[T any](w io.Writer, values []T, width int, add func([]byte, T) []byte) error {
	buf := make([]byte, 0, min(chunk, width*len(values)))
	for part := range slices.Chunk(values, chunk/width) {
		b := buf
		for _, v := range part {
			b = add(b, v)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// check verifies that type, shape and data are consistent.
func (a Array) check() error {
	size, err := a.Info().size()
	if err != nil {
		return err
	}
	length, want, fits := 0, a.Info().Len(), false
	switch data := a.Data.(type) {
	case []float32:
		length, fits = len(data), a.DType == Float32 || a.DType == Float16
	case []float64:
		length, fits = len(data), a.DType == Float64
	case []int64:
		length, fits = len(data), a.DType == Int64
	case []byte:
		length, want, fits = len(data), size, true
	}
	switch {
	case !fits:
		return fmt.Errorf("data of type %T: does not hold %s", a.Data, a.DType)
	case length != want:
		return fmt.Errorf("data of length %d: want %d for shape %v of %s", length, want, a.Shape, a.DType)
	}
	return nil
}
