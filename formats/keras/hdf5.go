package keras

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Limits of what is read to find the datasets of a file.
const (
	maxObjects  = 20_000   // groups and datasets
	maxDepth    = 16       // groups in groups
	maxMetadata = 64 << 20 // bytes of headers, trees and names, in all
	maxPieces   = 256      // continuations of one header
)

const signature = "\x89HDF\r\n\x1a\n"

// undefined is the address of what does not exist.
const undefined = 1<<64 - 1

var le = binary.LittleEndian

// file reads structures of a file at their addresses.
type file struct {
	r       io.ReaderAt
	size    int64
	base    uint64 // address 0, in the file
	left    int64  // of maxMetadata
	objects int
	groups  map[uint64]bool // headers of groups that have been entered
	nodes   map[uint64]bool // nodes of trees that have been read
	found   []Dataset
}

// open finds the datasets of a file.
func open(r io.ReaderAt, size int64) (*file, error) {
	f := &file{r: r, size: size, left: maxMetadata, groups: map[uint64]bool{}, nodes: map[uint64]bool{}}
	root, err := f.superblock()
	if err != nil {
		return nil, err
	}
	return f, f.visit(root, "", 0)
}

// superblock reads the file's beginning and returns the address of the root group. Addresses and lengths of
// other than 8 bytes, which nobody writes, are an error.
func (f *file) superblock() (root uint64, err error) {
	b, err := f.at(0, 9)
	if err != nil || string(b[:8]) != signature {
		return 0, errors.New(`not an HDF5 file: want "\x89HDF" at its start`)
	}
	sizes, bases, roots := 13, 24, 64 // of versions 0 and 1
	switch b[8] {
	case 0:
	case 1:
		bases, roots = 28, 68
	case 2, 3:
		sizes, bases, roots = 9, 12, 36
	default:
		return 0, fmt.Errorf("superblock of version %d: want 0 to 3", b[8])
	}
	if b, err = f.at(0, uint64(roots+8)); err != nil {
		return 0, err
	}
	if b[sizes] != 8 || b[sizes+1] != 8 {
		return 0, fmt.Errorf("addresses of %d bytes, lengths of %d: want 8", b[sizes], b[sizes+1])
	}
	f.base = le.Uint64(b[bases:])
	return le.Uint64(b[roots:]), nil
}

// at returns n bytes of metadata.
func (f *file) at(address, n uint64) ([]byte, error) {
	if f.left -= int64(min(n, maxMetadata+1)); f.left < 0 {
		return nil, fmt.Errorf("more than %d bytes of headers, trees and names", maxMetadata)
	}
	return f.bytes(address, n)
}

// bytes returns n bytes at an address; what the file does not have is an error before memory is taken.
func (f *file) bytes(address, n uint64) ([]byte, error) {
	from := f.base + address
	if from < address || from > uint64(f.size) || n > uint64(f.size)-from {
		return nil, fmt.Errorf("%d bytes at %d: the file has %d: %w", n, address, f.size, io.ErrUnexpectedEOF)
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, int64(from)); got < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// Messages of an object's header that matter here.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgLink         = 0x06
	msgLayout       = 0x08
	msgFilters      = 0x0b
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
)

// message is one of an object's header.
type message struct {
	kind   int
	shared bool // lies elsewhere
	data   []byte
}

// header returns the messages of an object.
func (f *file) header(address uint64) ([]message, error) {
	b, err := f.at(address, 16)
	if err != nil {
		return nil, err
	}
	h := headerReader{file: f}
	if string(b[:4]) == "OHDR" {
		err = h.second(address, b)
	} else {
		err = h.first(address, b)
	}
	if err != nil {
		return nil, fmt.Errorf("object at %d: %w", address, err)
	}
	return h.messages, nil
}

// headerReader collects the messages of a header's pieces.
type headerReader struct {
	*file
	messages []message
	pieces   int
}

// first reads a header of version 1.
func (h *headerReader) first(address uint64, start []byte) error {
	if start[0] != 1 {
		return fmt.Errorf("header of version %d: want 1 or 2", start[0])
	}
	return h.piece(address+16, uint64(le.Uint32(start[8:])), h.firstMessages)
}

// second reads a header of version 2.
func (h *headerReader) second(address uint64, start []byte) error {
	if start[4] != 2 {
		return fmt.Errorf("header of version %d: want 1 or 2", start[4])
	}
	flags := start[5]
	at := address + 6
	if flags&0x20 != 0 { // times
		at += 16
	}
	if flags&0x10 != 0 { // how attributes are stored
		at += 4
	}
	width := uint64(1) << (flags & 3)
	b, err := h.at(at, width)
	if err != nil {
		return err
	}
	var size [8]byte
	copy(size[:], b)
	ordered := flags&4 != 0
	return h.piece(at+width, le.Uint64(size[:]), func(b []byte) error { return h.secondMessages(b, ordered) })
}

// piece reads a part of a header.
func (h *headerReader) piece(address, size uint64, read func([]byte) error) error {
	if h.pieces++; h.pieces > maxPieces {
		return fmt.Errorf("header in more than %d pieces", maxPieces)
	}
	b, err := h.at(address, size)
	if err != nil {
		return err
	}
	return read(b)
}

func (h *headerReader) firstMessages(b []byte) error {
	for len(b) >= 8 {
		kind, size, flags := int(le.Uint16(b)), int(le.Uint16(b[2:])), b[4]
		if size > len(b)-8 {
			return errors.New("message that ends outside of its header")
		}
		data := b[8 : 8+size]
		b = b[8+size:]
		if kind != msgContinuation {
			h.messages = append(h.messages, message{kind, flags&2 != 0, data})
			continue
		}
		if len(data) < 16 {
			return errors.New("continuation of less than 16 bytes")
		}
		if err := h.piece(le.Uint64(data), le.Uint64(data[8:]), h.firstMessages); err != nil {
			return err
		}
	}
	return nil
}

func (h *headerReader) secondMessages(b []byte, ordered bool) error {
	head := 4
	if ordered {
		head = 6
	}
	for len(b) >= head {
		kind, size, flags := int(b[0]), int(le.Uint16(b[1:])), b[3]
		if size > len(b)-head {
			return errors.New("message that ends outside of its header")
		}
		data := b[head : head+size]
		b = b[head+size:]
		if kind != msgContinuation {
			h.messages = append(h.messages, message{kind, flags&2 != 0, data})
			continue
		}
		if len(data) < 16 {
			return errors.New("continuation of less than 16 bytes")
		}
		err := h.piece(le.Uint64(data), le.Uint64(data[8:]), func(b []byte) error {
			if len(b) < 8 || string(b[:4]) != "OCHK" {
				return errors.New("continuation without its signature")
			}
			return h.secondMessages(b[4:len(b)-4], ordered)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// shorten quotes a name for an error message; a hostile one may be megabytes long.
func shorten(name string) string {
	const limit = 80
	if len(name) > limit {
		return strconv.Quote(name[:limit]) + "..."
	}
	return strconv.Quote(name)
}
