package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"ganlib/internal/readat"
)

// DefaultMaxHeader is the longest header, in bytes, that [Read] accepts and [Write] makes. A network
// with 100,000 tensors stays below it; the format itself allows 100 MB.
const DefaultMaxHeader = 16 << 20

// ErrMissing is wrapped by the error for a tensor that the file does not have.
var ErrMissing = errors.New("not in the file")

// Options change how a file is read. The zero value is what [Read] uses.
type Options struct {
	// MaxHeader is the longest header that is accepted, in bytes; 0 means [DefaultMaxHeader].
	MaxHeader int64
}

// Info describes one tensor of a file.
type Info struct {
	Name  string
	DType DType
	Shape []int // nil for a scalar

	elements   int
	begin, end int64 // within the file's elements
}

// Len returns the number of elements.
func (in Info) Len() int { return in.elements }

// File is the checked header of a file and the reader that its tensors are read from. Any number of
// goroutines may use a File if they may use its reader.
type File struct {
	r        io.ReaderAt
	start    int64 // where the elements begin
	tensors  map[string]Info
	metadata map[string]string
}

// Read reads and checks the header of a file of size bytes. r is read again whenever a tensor is
// asked for, so it must stay open. An invalid header is an error that names the tensor and what is
// wrong with it.
func Read(r io.ReaderAt, size int64) (*File, error) { return Options{}.Read(r, size) }

// Read is [Read] with options.
func (o Options) Read(r io.ReaderAt, size int64) (*File, error) {
	limit := o.MaxHeader
	if limit == 0 {
		limit = DefaultMaxHeader
	}
	if size < 8 {
		return nil, fmt.Errorf("safetensors: read: file of %d bytes: want at least 8", size)
	}
	var length [8]byte
	if err := readat.Full(r, length[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors: read: header length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(max(limit, 0)) {
		return nil, fmt.Errorf("safetensors: read: header length %d: want at most %d bytes", n, limit)
	}
	if n > uint64(size-8) {
		return nil, fmt.Errorf("safetensors: read: header length %d: file has only %d bytes", n, size)
	}
	header := make([]byte, n)
	if err := readat.Full(r, header, 8); err != nil {
		return nil, fmt.Errorf("safetensors: read: header: %w", err)
	}
	f := &File{r: r, start: 8 + int64(n)}
	infos, metadata, err := parseHeader(header, size-f.start)
	if err != nil {
		return nil, fmt.Errorf("safetensors: read: header: %w", err)
	}
	f.metadata = metadata
	f.tensors = make(map[string]Info, len(infos))
	for _, in := range infos {
		f.tensors[in.Name] = in
	}
	return f, nil
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Metadata returns a copy of the file's metadata; it is empty, not nil, if the file has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Info returns the description of a tensor and whether the file has it.
func (f *File) Info(name string) (Info, bool) {
	in, ok := f.tensors[name]
	in.Shape = slices.Clone(in.Shape)
	return in, ok
}

// Tensor returns a tensor of any type, its Data as little-endian bytes. A name that the file does
// not have gives [ErrMissing].
func (f *File) Tensor(name string) (Tensor, error) {
	in, ok := f.Info(name)
	if !ok {
		return Tensor{}, fmt.Errorf("safetensors: tensor %s: %w", shorten(name), ErrMissing)
	}
	data := make([]byte, in.end-in.begin)
	if err := readat.Full(f.r, data, f.start+in.begin); err != nil {
		return Tensor{}, fmt.Errorf("safetensors: tensor %s: %w", shorten(name), err)
	}
	return Tensor{Name: name, DType: in.DType, Shape: in.Shape, Data: data}, nil
}
