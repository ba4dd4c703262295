package torchfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"ganlib/internal/readat"
)

// DefaultMaxPickle is the longest pickle, in bytes, that [Read] accepts. A network of 30,000 tensors stays
// below it, elements not counted. What a pickle is made into takes at most 128 times its length.
const DefaultMaxPickle = 4 << 20

// Options change how a file is read. The zero value is what [Read] uses.
type Options struct {
	// MaxPickle is the longest pickle that is accepted, in bytes; of a file before PyTorch 1.6, all its
	// pickles together. 0 or less means [DefaultMaxPickle].
	MaxPickle int
}

// Format says how a file is laid out.
type Format string

// The formats.
const (
	Zip    Format = "zip"    // since PyTorch 1.6
	Legacy Format = "legacy" // before PyTorch 1.6
)

// File is what torch.save was given. Its objects are in memory, its tensors' elements in the file.
type File struct {
	root   any
	format Format
}

// Root returns the object that was saved: often a *[Dict].
func (f *File) Root() any { return f.root }

// Format returns how the file is laid out.
func (f *File) Format() Format { return f.format }

// Read reads the objects of a file of size bytes; see the package comment. r is read again whenever a tensor
// is asked for its elements, so it must stay open. Every tensor of the result lies within its storage, and
// every storage within the file. A file that is cut off or inconsistent is an error; one that asks for more
// than tensors and plain values is a [*RefusedError].
func Read(r io.ReaderAt, size int64) (*File, error) { return Options{}.Read(r, size) }

// Read is [Read] with options.
func (o Options) Read(r io.ReaderAt, size int64) (*File, error) {
	if o.MaxPickle <= 0 {
		o.MaxPickle = DefaultMaxPickle
	}
	var head [sniffed]byte
	n := min(size, int64(len(head)))
	if n < 4 {
		return nil, fmt.Errorf("torchfile: read: file of %d bytes: want a zip archive or a row of pickles", max(size, 0))
	}
	if err := readat.Full(r, head[:n], 0); err != nil {
		return nil, fmt.Errorf("torchfile: read: %w", err)
	}
	read, format := o.readZip, Zip
	switch {
	case isZip(head[:n]):
	case head[0] == opProto:
		read, format = o.readLegacy, Legacy
	case bytes.HasPrefix(head[:n], []byte("sys_info\x00")) || bytes.HasPrefix(head[:n], []byte("storages\x00")):
		return nil, errors.New("torchfile: read: a tar archive of PyTorch before 0.1.10: load it with PyTorch and save it again")
	default:
		return nil, errors.New("torchfile: read: neither a zip archive nor a row of pickles: no file of torch.save")
	}
	root, err := read(r, size)
	if err != nil {
		return nil, fmt.Errorf("torchfile: read: %w", err)
	}
	return &File{root, format}, nil
}

// sniffed is how many bytes of a file's beginning say what it is.
const sniffed = 64

// Sniff reports whether a file that begins so may be one of torch.save: a pickle, or a zip archive whose
// first entry is no NumPy array. Read says whether it is one.
func Sniff(head []byte) bool {
	if len(head) >= 2 && head[0] == opProto && head[1] <= 5 {
		return true
	}
	if !isZip(head) || len(head) < 30 {
		return false
	}
	name := head[30:min(len(head), 30+int(head[26])+int(head[27])<<8)]
	return !bytes.HasSuffix(name, []byte(".npy"))
}

// isZip reports whether a file begins as a zip archive, an empty one too.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// storages are those that a file's pickle has named so far.
type storages struct {
	byKey map[string]*view
	// open finds a new one in the file; of a legacy file, that comes later.
	open func(s *storage) error
	// views, of a legacy file, allows parts of storages.
	views map[string]*view
}

// persist resolves a reference to a storage, ('storage', class, key, device, number of elements), or in
// legacy files with one more: None or (key, first element, number of elements) of a part.
func (s *storages) persist(id Tuple) (any, error) {
	if len(id) > 0 && id[0] == "module" {
		return nil, errors.New("holds a whole module with its source: save its state_dict instead")
	}
	if len(id) < 5 || id[0] != "storage" {
		return nil, errors.New("a reference that is none to a storage")
	}
	c, ok1 := id[1].(storageClass)
	key, ok2 := id[2].(string)
	n, ok3 := id[4].(int64)
	if !ok1 || !ok2 || !ok3 || n < 0 {
		return nil, fmt.Errorf("a storage of %s, key %s, %s elements", kindOf(id[1]), kindOf(id[2]), kindOf(id[4]))
	}
	width := int64(max(DType(c).Size(), 1)) // of an untyped storage, bytes are counted
	if n > maxBytes/width {
		return nil, fmt.Errorf("storage %s of %d elements: too many", shorten(key), n)
	}
	v, ok := s.byKey[key]
	if ok && (v.storage.dtype != DType(c) || v.storage.size != n*width) {
		return nil, fmt.Errorf("storage %s is of %d bytes of type %q here and of %d of %q elsewhere", shorten(key), n*width, string(c), v.storage.size, string(v.storage.dtype))
	}
	if !ok {
		v = &view{storage: &storage{key: key, dtype: DType(c), size: n * width}, size: n * width}
		if err := s.open(v.storage); err != nil {
			return nil, err
		}
		s.byKey[key] = v
	}
	if len(id) < 6 || id[5] == nil || s.views == nil {
		return v, nil
	}
	return s.part(v, id[5], width)
}

// maxBytes is the most bytes of a storage, which keeps sums of places from overflowing.
const maxBytes = 1 << 60

// part resolves a part of a storage.
func (s *storages) part(root *view, id any, width int64) (*view, error) {
	tuple, _ := id.(Tuple)
	if len(tuple) != 3 {
		return nil, fmt.Errorf("a part of storage %s is %s", shorten(root.storage.key), kindOf(id))
	}
	key, ok1 := tuple[0].(string)
	from, ok2 := tuple[1].(int64)
	n, ok3 := tuple[2].(int64)
	total := root.size / width
	if !ok1 || !ok2 || !ok3 || from < 0 || n < 0 || from > total || n > total-from {
		return nil, fmt.Errorf("a part of storage %s: %s elements from number %s, of %d", shorten(root.storage.key), shown(tuple[2]), shown(tuple[1]), total)
	}
	if v, ok := s.views[key]; ok {
		return v, nil
	}
	v := &view{storage: root.storage, from: from * width, size: n * width}
	s.views[key] = v
	return v, nil
}
