package packed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Magic is what every packed file starts with.
const Magic = "\x89GPK\r\n\x1a\n"

// Limits of the format.
const (
	MaxSide = 16_384    // largest height and width, in pixels
	MaxLen  = 1<<31 - 1 // most images
)

const (
	version    = 1
	headerLen  = 64
	trailerLen = 128
	align      = 64 // of the pixels and of the index
	sumAt      = 116
)

// castagnoli is the polynomial of CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// shape is the size of each image.
type shape struct{ h, w, c int }

// each returns the number of bytes of one image, at most 3·2^28.
func (s shape) each() int { return s.h * s.w * s.c }

func (s shape) check() error {
	if s.h < 1 || s.h > MaxSide || s.w < 1 || s.w > MaxSide || s.c != 1 && s.c != 3 {
		return fmt.Errorf("images of %d×%d×%d: want sides of 1 to %d and 1 or 3 channels", s.h, s.w, s.c, MaxSide)
	}
	return nil
}

// header returns the header's bytes.
func (s shape) header() []byte {
	b := append(make([]byte, 0, headerLen), Magic...)
	for _, v := range []int{version, s.h, s.w, s.c} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b[:headerLen]
}

// parseHeader reads the header's bytes; its sum is in the trailer.
func parseHeader(b []byte) (shape, error) {
	if string(b[:8]) != Magic {
		return shape{}, fmt.Errorf("it starts with %q: want %q, a packed set's magic", b[:8], Magic)
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return shape{}, fmt.Errorf("version %d: want %d", v, version)
	}
	var d [3]int
	for i := range d {
		d[i] = int(min(binary.LittleEndian.Uint32(b[12+4*i:]), math.MaxInt32))
	}
	s := shape{d[0], d[1], d[2]}
	if !allZero(b[24:]) {
		return s, errors.New("header: want zeros after the dimensions")
	}
	return s, s.check()
}

// trailer is what stands at the end of a file.
type trailer struct {
	n               int64 // images
	index           int64 // its offset
	names, metadata int64 // bytes of each
	pixels, indexed [sha256.Size]byte
}

// bytes returns the trailer's bytes, with the sum over them and the header.
func (t trailer) bytes(header []byte) []byte {
	b := make([]byte, 0, trailerLen)
	for _, v := range []int64{t.n, headerLen, t.index, t.names, t.metadata} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	b = append(append(b, t.pixels[:]...), t.indexed[:]...)
	b = b[:sumAt]
	b = binary.LittleEndian.AppendUint32(b, headSum(header, b))
	return append(b, Magic...)
}

// parseTrailer reads the trailer's bytes and checks that all that it says fits a file of size bytes, to
// the byte.
func parseTrailer(b, header []byte, s shape, size int64) (t trailer, err error) {
	if string(b[sumAt+4:]) != Magic {
		return t, errors.New("it does not end with a packed set's trailer: it is cut off, or bytes were added")
	}
	if binary.LittleEndian.Uint32(b[sumAt:]) != headSum(header, b[:sumAt]) {
		return t, errors.New("header and trailer do not match their check sum")
	}
	var fields [5]int64
	for i := range fields {
		v := binary.LittleEndian.Uint64(b[8*i:])
		if v > uint64(size) {
			return t, fmt.Errorf("trailer: field %d says %d: more than the file's %d bytes", i, v, size)
		}
		fields[i] = int64(v)
	}
	t = trailer{n: fields[0], index: fields[2], names: fields[3], metadata: fields[4]}
	copy(t.pixels[:], b[40:])
	copy(t.indexed[:], b[72:])
	switch {
	case t.n < 1 || t.n > MaxLen:
		return t, fmt.Errorf("trailer: %d images: want 1 to %d", t.n, MaxLen)
	case fields[1] != headerLen:
		return t, fmt.Errorf("trailer: pixels at %d: want %d", fields[1], headerLen)
	case !allZero(b[104:sumAt]):
		return t, errors.New("trailer: want zeros before its check sum")
	case t.n > size/int64(s.each()):
		return t, fmt.Errorf("trailer: %d images of %d×%d×%d: more than the file's %d bytes", t.n, s.h, s.w, s.c, size)
	case t.index != aligned(headerLen+t.n*int64(s.each())):
		return t, fmt.Errorf("trailer: index at %d: want %d, after %d images of %d×%d×%d", t.index, aligned(headerLen+t.n*int64(s.each())), t.n, s.h, s.w, s.c)
	case t.index+t.indexLen()+trailerLen != size:
		return t, fmt.Errorf("trailer: it describes %d bytes: the file has %d", t.index+t.indexLen()+trailerLen, size)
	}
	return t, nil
}

// indexLen returns the bytes of the index.
func (t trailer) indexLen() int64 { return 8*t.n + t.names + t.metadata }

// headSum is the check sum of the header and of the trailer before the sum.
func headSum(header, trailer []byte) uint32 {
	return crc32.Update(crc32.Checksum(header, castagnoli), castagnoli, trailer)
}

// aligned returns the next multiple of align from n on.
func aligned(n int64) int64 { return (n + align - 1) / align * align }

func allZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }
