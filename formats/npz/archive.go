package npz

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Defaults of [Options].
const (
	DefaultMaxBytes  = 4 << 30
	DefaultMaxArrays = 100_000
)

// deflateRatio is the most bytes that one byte of a deflate stream can stand for.
const deflateRatio = 1032

// extension is the end of an array's name in an archive.
const extension = ".npy"

// ErrMissing is wrapped by the error for an array that the file does not have.
var ErrMissing = errors.New("not in the file")

// Options change how a file is read. The zero value is what [Read] uses.
type Options struct {
	MaxBytes  int64 // of the elements of one array; 0: DefaultMaxBytes
	MaxArrays int   // 0: DefaultMaxArrays
}

// File is an open .npz file whose headers have been checked. Any number of goroutines may use it if they
// may use its reader.
type File struct {
	limit   int64
	members map[string]member
	comment string
}

type member struct {
	info Info
	file *zip.File
}

// Read reads and checks the archive's directory and the header of every array in a file of size bytes. r
// is read again whenever an array is asked for, so it must stay open. Members that are no arrays, which
// NumPy allows too, are passed over.
func Read(r io.ReaderAt, size int64) (*File, error) { return Options{}.Read(r, size) }

// Read is [Read] with options.
func (o Options) Read(r io.ReaderAt, size int64) (*File, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxArrays == 0 {
		o.MaxArrays = DefaultMaxArrays
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("npz: read: %w", err)
	}
	f := &File{limit: o.MaxBytes, members: map[string]member{}, comment: archive.Comment}
	for _, file := range archive.File {
		name, ok := strings.CutSuffix(file.Name, extension)
		if !ok {
			continue
		}
		if err := f.add(name, file, size, o.MaxArrays); err != nil {
			return nil, fmt.Errorf("npz: read: array %s: %w", shorten(name), err)
		}
	}
	return f, nil
}

// add checks a member and its header.
func (f *File) add(name string, file *zip.File, size int64, most int) error {
	if _, ok := f.members[name]; ok {
		return errors.New("appears twice")
	}
	if len(f.members) == most {
		return fmt.Errorf("more than %d arrays", most)
	}
	if !utf8.ValidString(name) {
		return errors.New("want a name in UTF-8")
	}
	packed, plain := file.CompressedSize64, file.UncompressedSize64
	ratio := uint64(1)
	if file.Method == zip.Deflate {
		ratio = deflateRatio
	}
	if packed > uint64(size) || plain > packed*ratio {
		return fmt.Errorf("%d bytes in %d: more than the file can hold", plain, packed)
	}
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	in, header, err := readHeader(r)
	if err != nil {
		return err
	}
	elements, err := in.size()
	if err != nil {
		return err
	}
	if got := int64(plain) - header; got != int64(elements) {
		return fmt.Errorf("%d bytes of elements: want %d for shape %v of %s", got, elements, in.Shape, in.DType)
	}
	in.Name = name
	f.members[name] = member{in, file}
	return nil
}

// Names returns the names of all arrays, sorted, without ".npy".
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.members)) }

// Comment returns the archive's comment, where [Write] puts text about the arrays.
func (f *File) Comment() string { return f.comment }

// Info returns the description of an array and whether the file has it.
func (f *File) Info(name string) (Info, bool) {
	m, ok := f.members[name]
	m.info.Shape = slices.Clone(m.info.Shape)
	return m.info, ok
}

// Array reads an array, its Data as bytes; the archive's checksum is verified. A name that the file does
// not have gives [ErrMissing].
func (f *File) Array(name string) (Array, error) {
	a, err := f.array(name)
	if err != nil {
		return Array{}, fmt.Errorf("npz: array %s: %w", shorten(name), err)
	}
	return a, nil
}

func (f *File) array(name string) (Array, error) {
	m, ok := f.members[name]
	if !ok {
		return Array{}, ErrMissing
	}
	r, err := m.file.Open()
	if err != nil {
		return Array{}, err
	}
	defer r.Close()
	in, _, err := readHeader(r)
	if err != nil {
		return Array{}, err
	}
	in.Name = name
	a, err := readElements(r, in, f.limit)
	if err != nil {
		return Array{}, err
	}
	// Only at its end is the checksum compared.
	if n, err := io.Copy(io.Discard, r); err != nil || n > 0 {
		return Array{}, errors.Join(err, fmt.Errorf("%d bytes after the elements", n))
	}
	return a, nil
}

// WriteOptions change how an archive is written. The zero value is valid.
type WriteOptions struct {
	Compress bool   // deflate, as numpy.savez_compressed; otherwise as numpy.savez
	Comment  string // of the archive, in UTF-8, at most 65,535 bytes; NumPy passes over it
}

// Write writes an archive of the arrays, in the order of their names. Equal arrays give equal bytes: there
// is no time in it. Arrays that are inconsistent, and names that appear twice, are empty or hold what
// does not belong into a file's name, are errors before anything is written.
func Write(w io.Writer, arrays []Array, o WriteOptions) error {
	sorted := slices.SortedFunc(slices.Values(arrays), func(a, b Array) int { return strings.Compare(a.Name, b.Name) })
	for i, a := range sorted {
		err := a.check()
		switch {
		case err != nil:
		case a.Name == "" || !utf8.ValidString(a.Name) || strings.ContainsAny(a.Name, "\\\x00") || len(a.Name) > math.MaxUint16-len(extension):
			err = errors.New("want a name in UTF-8, without backslash and zero, of 1 to 65,531 bytes")
		case i > 0 && sorted[i-1].Name == a.Name:
			err = errors.New("want one array of this name")
		}
		if err != nil {
			return fmt.Errorf("npz: write: array %s: %w", shorten(a.Name), err)
		}
	}
	if len(o.Comment) > math.MaxUint16 || !utf8.ValidString(o.Comment) {
		return fmt.Errorf("npz: write: comment of %d bytes: want UTF-8, at most %d bytes", len(o.Comment), math.MaxUint16)
	}
	if err := write(w, sorted, o); err != nil {
		return fmt.Errorf("npz: write: %w", err)
	}
	return nil
}

// epoch is the time of every member, the first that the format has.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func write(w io.Writer, arrays []Array, o WriteOptions) error {
	archive := zip.NewWriter(w)
	if err := archive.SetComment(o.Comment); err != nil {
		return err
	}
	for _, a := range arrays {
		header := &zip.FileHeader{Name: a.Name + extension, Method: zip.Store, Modified: epoch}
		if o.Compress {
			header.Method = zip.Deflate
		}
		member, err := archive.CreateHeader(header)
		if err == nil {
			err = a.write(member)
		}
		if err != nil {
			return fmt.Errorf("array %s: %w", shorten(a.Name), err)
		}
	}
	return archive.Close()
}

// IsArchive reports whether the first bytes of a file are those of an archive, IsArray whether they are
// those of a .npy file.
func IsArchive(start []byte) bool {
	return bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("PK\x05\x06"))
}
func IsArray(start []byte) bool { return bytes.HasPrefix(start, []byte(magic)) }
