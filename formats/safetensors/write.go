package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MetadataKey is the header's entry for the metadata; no tensor may have this name.
const MetadataKey = "__metadata__"

// Tensor is a named block of elements, row-major.
type Tensor struct {
	Name  string // any UTF-8 except "__metadata__"
	DType DType
	Shape []int // no dimensions: one element
	// Data holds the elements: []float32 or [Floats] for F32, []float64 for F64, []int64 for I64, or for
	// any type the little-endian bytes as []byte, as [File.Tensor] returns them.
	Data any
}

// Floats makes the elements of a tensor when they are written, so that not all tensors of a file need
// be in memory at a time. They have been written when the next tensor is asked for: the slice may be
// used again. A wrong number of them is an error, after parts of the file have been written.
type Floats func() ([]float32, error)

// Write writes a file with the given tensors and metadata to w.
//
// The order of tensors does not matter: they are written by element type, widest first, then by
// name, and the metadata sorted by key. The header is padded with spaces so that the elements begin
// at a multiple of 8 bytes and every tensor at a multiple of its element size. Duplicate names, a
// Data that does not fit DType and Shape, text that is not UTF-8 and a header over
// [DefaultMaxHeader] are errors, found before anything is written.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(b.DType.rank(), a.DType.rank()), cmp.Compare(a.Name, b.Name))
	})
	header, err := buildHeader(sorted, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: write: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("safetensors: write: header: %w", err)
	}
	buf := make([]byte, 0, chunkBytes)
	for _, t := range sorted {
		if err := t.write(w, buf); err != nil {
			return fmt.Errorf("safetensors: write: tensor %s: %w", shorten(t.Name), err)
		}
	}
	return nil
}

// buildHeader returns the length field and the header for tensors in the given order.
func buildHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	b := append(make([]byte, 8), '{')
	if len(metadata) > 0 {
		b = append(appendString(b, MetadataKey), ":{"...)
		for _, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, fmt.Errorf("metadata %s: want UTF-8", shorten(key))
			}
			b = append(appendString(b, key), ':')
			b = append(appendString(b, metadata[key]), ',')
		}
		b = append(bytes.TrimSuffix(b, []byte(",")), "},"...)
	}
	names := make(map[string]bool, len(tensors))
	offset := 0
	for _, t := range tensors {
		size, err := t.check()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", shorten(t.Name), err)
		}
		if names[t.Name] {
			return nil, fmt.Errorf("tensor %s: want one tensor of this name", shorten(t.Name))
		}
		if size > math.MaxInt-offset {
			return nil, fmt.Errorf("tensor %s: too many bytes in all", shorten(t.Name))
		}
		names[t.Name] = true
		b = appendString(b, t.Name)
		b = append(b, `:{"dtype":"`+string(t.DType)+`","shape":[`...)
		for i, n := range t.Shape {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = fmt.Appendf(b, `],"data_offsets":[%d,%d]},`, offset, offset+size)
		offset += size
	}
	b = append(bytes.TrimSuffix(b, []byte(",")), '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if n := len(b) - 8; n > DefaultMaxHeader {
		return nil, fmt.Errorf("header of %d bytes: want at most %d", n, DefaultMaxHeader)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, nil
}

// check returns the size of the elements in bytes if name, type, shape and data are consistent.
func (t Tensor) check() (size int, err error) {
	if t.Name == MetadataKey || !utf8.ValidString(t.Name) {
		return 0, fmt.Errorf("want a name in UTF-8 other than %s", MetadataKey)
	}
	if len(t.Shape) > maxRank {
		return 0, fmt.Errorf("%d dimensions: want at most %d", len(t.Shape), maxRank)
	}
	elements, size, err := byteCount(t.DType, t.Shape)
	if err != nil {
		return 0, err
	}
	got, want, fits := 0, elements, false
	switch data := t.Data.(type) {
	case []float32:
		got, fits = len(data), t.DType == F32
	case Floats:
		got, fits = elements, t.DType == F32 // their number shows when they are there
	case []float64:
		got, fits = len(data), t.DType == F64
	case []int64:
		got, fits = len(data), t.DType == I64
	case []byte:
		got, want, fits = len(data), size, true
	}
	if !fits {
		return 0, fmt.Errorf("data of type %T: does not hold %s", t.Data, t.DType)
	}
	if got != want {
		return 0, fmt.Errorf("data of length %d: want %d for shape %v of %s", got, want, t.Shape, t.DType)
	}
	return size, nil
}

// write writes the tensor's elements.
func (t Tensor) write(w io.Writer, buf []byte) (err error) {
	if floats, ok := t.Data.(Floats); ok {
		if t.Data, err = floats(); err != nil {
			return err
		}
		if _, err := t.check(); err != nil {
			return err
		}
	}
	return writeData(w, t.Data, buf)
}

// writeData writes the elements through buf, whose capacity is a multiple of 8.
func writeData(w io.Writer, data any, buf []byte) error {
	switch v := data.(type) {
	case []float32:
		return writeChunks(w, v, cap(buf)/4, buf, func(b []byte, x float32) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		})
	case []float64:
		return writeChunks(w, v, cap(buf)/8, buf, func(b []byte, x float64) []byte {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		})
	case []int64:
		return writeChunks(w, v, cap(buf)/8, buf, func(b []byte, x int64) []byte {
			return binary.LittleEndian.AppendUint64(b, uint64(x))
		})
	case []byte:
		if len(v) > 0 {
			_, err := w.Write(v)
			return err
		}
	}
	return nil
}

func writeChunks[T any](w io.Writer, values []T, perChunk int, buf []byte, add func([]byte, T) []byte) error {
	for chunk := range slices.Chunk(values, perChunk) {
		b := buf[:0]
		for _, x := range chunk {
			b = add(b, x)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// appendString appends s as JSON with the escapes that must be and no others, as the reference
// implementation does; encoding/json would also escape U+2028 and U+2029.
func appendString(b []byte, s string) []byte {
	const short = "\b\t\n\f\r"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case strings.IndexByte(short, c) >= 0:
			b = append(b, '\\', "btnfr"[strings.IndexByte(short, c)])
		case c < 0x20:
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// shorten quotes a name for an error message; a hostile one may be megabytes long.
func shorten(name string) string {
	const limit = 80
	if len(name) > limit {
		return strconv.Quote(name[:limit]) + "..."
	}
	return strconv.Quote(name)
}
