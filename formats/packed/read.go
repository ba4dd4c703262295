package packed

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"strconv"
	"unicode/utf8"

	"ganlib/internal/readat"
)

// DefaultMaxIndex is the largest index that [Read] accepts, in bytes: of 16 million images with names
// of eight letters.
const DefaultMaxIndex = 256 << 20

// Options change how a file is read. The zero value is what [Read] uses.
type Options struct {
	// MaxIndex is the largest index that is accepted, in bytes; 0 means [DefaultMaxIndex].
	MaxIndex int64
}

// File is the checked index of a packed set and the reader that its images are read from. Any number
// of goroutines may use a File if they may use its reader.
type File struct {
	r        io.ReaderAt
	shape    shape
	t        trailer
	sums     []byte // of the images
	ends     []byte // of the names
	names    []byte
	metadata map[string]string
}

// Read reads and checks the header, the trailer and the index of a file of size bytes. r is read again
// whenever an image is asked for, so it must stay open. A file that is cut off or damaged there, and
// lengths that contradict one another or the size, are errors that say what is wrong.
func Read(r io.ReaderAt, size int64) (*File, error) { return Options{}.Read(r, size) }

// Read is [Read] with options.
func (o Options) Read(r io.ReaderAt, size int64) (*File, error) {
	f, err := o.read(r, size)
	if err != nil {
		return nil, fmt.Errorf("packed: read: %w", err)
	}
	return f, nil
}

func (o Options) read(r io.ReaderAt, size int64) (*File, error) {
	if o.MaxIndex == 0 {
		o.MaxIndex = DefaultMaxIndex
	}
	if size < headerLen+trailerLen {
		return nil, fmt.Errorf("file of %d bytes: want at least %d", size, headerLen+trailerLen)
	}
	header, tail := make([]byte, headerLen), make([]byte, trailerLen)
	if err := readat.Full(r, header, 0); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	s, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	if err := readat.Full(r, tail, size-trailerLen); err != nil {
		return nil, fmt.Errorf("trailer: %w", err)
	}
	t, err := parseTrailer(tail, header, s, size)
	if err != nil {
		return nil, err
	}
	if t.metadata > MaxMetadata {
		return nil, fmt.Errorf("metadata of %d bytes: want at most %d", t.metadata, MaxMetadata)
	}
	// Padding and index are read together; the padding is less than align.
	end := headerLen + t.n*int64(s.each())
	length := t.index - end + t.indexLen()
	if t.indexLen() > o.MaxIndex {
		return nil, fmt.Errorf("index of %d bytes: want at most %d", t.indexLen(), o.MaxIndex)
	}
	index := make([]byte, length)
	if err := readat.Full(r, index, end); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	f := &File{r: r, shape: s, t: t}
	return f, f.parseIndex(index[t.index-end:], index[:t.index-end])
}

// parseIndex checks the index and the padding before it.
func (f *File) parseIndex(b, padding []byte) error {
	if !allZero(padding) {
		return errors.New("want zeros after the pixels")
	}
	if sha256.Sum256(b) != f.t.indexed {
		return errors.New("the index (names and check sums) does not match its SHA-256")
	}
	n := f.t.n
	f.sums, f.ends, f.names = b[:4*n], b[4*n:8*n], b[8*n:8*n+f.t.names]
	last := uint32(0)
	for i := range f.Len() {
		end := binary.LittleEndian.Uint32(f.ends[4*i:])
		if end < last || int64(end) > f.t.names || !utf8.Valid(f.names[last:end]) {
			return fmt.Errorf("index: name of image %d: want UTF-8 within the %d bytes of names, after the name before", i, f.t.names)
		}
		last = end
	}
	if int64(last) != f.t.names {
		return fmt.Errorf("index: %d bytes after the last name", f.t.names-int64(last))
	}
	// A null would leave the map nil.
	meta := b[8*n+f.t.names:]
	if err := json.Unmarshal(meta, &f.metadata); err != nil || f.metadata == nil || !utf8.Valid(meta) {
		return errors.Join(errors.New("index: metadata: want a JSON object of strings"), err)
	}
	return nil
}

// On returns f with its images read from r, which holds the same file opened again, say.
func (f *File) On(r io.ReaderAt) *File {
	g := *f
	g.r = r
	return &g
}

// Len returns the number of images, at least 1.
func (f *File) Len() int { return int(f.t.n) }

// Size returns height, width and channels (1 grey, 3 RGB) of every image.
func (f *File) Size() (h, w, c int) { return f.shape.h, f.shape.w, f.shape.c }

// Name returns the name of image i, "" if it has none or i is not from 0 to Len-1.
func (f *File) Name(i int) string {
	if i < 0 || i >= f.Len() {
		return ""
	}
	from := uint32(0)
	if i > 0 {
		from = binary.LittleEndian.Uint32(f.ends[4*i-4:])
	}
	return string(f.names[from:binary.LittleEndian.Uint32(f.ends[4*i:])])
}

// Metadata returns a copy of the file's metadata; it is empty, not nil, if the file has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// PixelSum returns what the file says is the SHA-256 of all pixels, in hexadecimal.
func (f *File) PixelSum() string { return hex.EncodeToString(f.t.pixels[:]) }

// Image reads image i, 0 <= i < Len, to dst, which has h·w·c bytes, in the order (H,W,C), and checks
// it as [File.Check] does.
func (f *File) Image(i int, dst []byte) error {
	if err := f.fits(i, dst); err != nil {
		return fmt.Errorf("packed: %w", err)
	}
	if err := readat.Full(f.r, dst, headerLen+int64(i)*int64(len(dst))); err != nil {
		return fmt.Errorf("packed: %s: %w", f.describe(i), err)
	}
	return f.Check(i, dst)
}

// Check reports whether pix are the pixels of image i, by their CRC-32C: an error names the image.
func (f *File) Check(i int, pix []byte) error {
	if err := f.fits(i, pix); err != nil {
		return fmt.Errorf("packed: %w", err)
	}
	if got, want := crc32.Checksum(pix, castagnoli), binary.LittleEndian.Uint32(f.sums[4*i:]); got != want {
		return fmt.Errorf("packed: %s: the pixels have the check sum %08x: want %08x", f.describe(i), got, want)
	}
	return nil
}

// Verify reads all pixels and checks them: each image's CRC-32C, then the SHA-256 of all. The error
// names the first damaged image. Between images it looks at ctx. progress, if not nil, is called after
// each image.
func (f *File) Verify(ctx context.Context, progress func(done, total int)) error {
	all := sha256.New()
	pix := make([]byte, f.shape.each())
	for i := range f.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.Image(i, pix); err != nil {
			return err
		}
		all.Write(pix)
		if progress != nil {
			progress(i+1, f.Len())
		}
	}
	if [sha256.Size]byte(all.Sum(nil)) != f.t.pixels {
		return fmt.Errorf("packed: the pixels have the SHA-256 %x: want %s", all.Sum(nil), f.PixelSum())
	}
	return nil
}

// fits checks the arguments of Image and Check.
func (f *File) fits(i int, pix []byte) error {
	switch {
	case i < 0 || i >= f.Len():
		return fmt.Errorf("image %d: want 0 to %d", i, f.Len()-1)
	case len(pix) != f.shape.each():
		return fmt.Errorf("%s: %d bytes: want %d, an image of %d×%d×%d", f.describe(i), len(pix), f.shape.each(), f.shape.h, f.shape.w, f.shape.c)
	}
	return nil
}

// describe names an image in a message; a hostile name may be megabytes long.
func (f *File) describe(i int) string {
	const limit = 200
	name := f.Name(i)
	if name == "" {
		return fmt.Sprintf("image %d", i)
	}
	return fmt.Sprintf("image %d (%s)", i, strconv.Quote(name[:min(len(name), limit)]))
}
