package packed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"unicode/utf8"
)

// Writer writes a packed set, image after image. One goroutine at a time may use it. After an error it
// is of no more use, and neither is what it wrote.
type Writer struct {
	w      io.Writer
	shape  shape
	pixels hash.Hash
	sums   []byte // of the images, as in the index
	ends   []byte // of the names, as in the index
	names  []byte
	n      int
	err    error // the first
}

// NewWriter begins a packed set of images of shape (h,w,c), 1 <= h, w <= MaxSide, c 1 (grey) or 3
// (RGB), on w. Other shapes are an error, before anything is written.
func NewWriter(w io.Writer, height, width, channels int) (*Writer, error) {
	s := shape{height, width, channels}
	err := s.check()
	if err == nil {
		_, err = w.Write(s.header())
	}
	if err != nil {
		return nil, fmt.Errorf("packed: write: %w", err)
	}
	return &Writer{w: w, shape: s, pixels: sha256.New()}, nil
}

// Len returns the number of images so far.
func (w *Writer) Len() int { return w.n }

// Add writes one image, h·w·c bytes in the order (H,W,C), which came from the file name, any text in
// UTF-8. A pix of another length, a name that is not UTF-8 and more than 4 GiB of names are errors.
func (w *Writer) Add(pix []byte, name string) error {
	return w.step("image "+fmt.Sprint(w.n), func() error {
		switch {
		case len(pix) != w.shape.each():
			return fmt.Errorf("pix has %d bytes: want %d, an image of %d×%d×%d", len(pix), w.shape.each(), w.shape.h, w.shape.w, w.shape.c)
		case !utf8.ValidString(name):
			return fmt.Errorf("name %q: want UTF-8", name)
		case w.n == MaxLen || uint64(len(w.names))+uint64(len(name)) > math.MaxUint32:
			return errors.New("too many images or names in one set")
		}
		w.n++
		w.pixels.Write(pix)
		w.names = append(w.names, name...)
		w.sums = binary.LittleEndian.AppendUint32(w.sums, crc32.Checksum(pix, castagnoli))
		w.ends = binary.LittleEndian.AppendUint32(w.ends, uint32(len(w.names)))
		_, err := w.w.Write(pix)
		return err
	})
}

// Close writes the index, with the metadata, and the trailer. It does not close what is below. A set
// without images, and metadata that are not UTF-8 or take more than [MaxMetadata], are errors.
func (w *Writer) Close(metadata map[string]string) error {
	return w.step("index", func() error {
		w.err = errors.New("the set is closed") // also for who closes it twice
		if w.n == 0 {
			return errors.New("want at least 1 image")
		}
		meta, err := encodeMetadata(metadata)
		if err != nil {
			return err
		}
		end := headerLen + int64(w.n)*int64(w.shape.each())
		t := trailer{n: int64(w.n), index: aligned(end), names: int64(len(w.names)), metadata: int64(len(meta))}
		w.pixels.Sum(t.pixels[:0])
		index := sha256.New()
		if _, err := w.w.Write(make([]byte, t.index-end)); err != nil {
			return err
		}
		for _, part := range [][]byte{w.sums, w.ends, w.names, meta} {
			index.Write(part)
			if _, err := w.w.Write(part); err != nil {
				return err
			}
		}
		index.Sum(t.indexed[:0])
		_, err = w.w.Write(t.bytes(w.shape.header()))
		return err
	})
}

// step does one thing unless an earlier one failed.
func (w *Writer) step(what string, do func() error) error {
	err := w.err
	if err == nil {
		err = do()
	}
	if err == nil {
		return nil
	}
	if w.err == nil {
		w.err = err
	}
	return fmt.Errorf("packed: write: %s: %w", what, err)
}

// MaxMetadata is the most that the metadata may take, as JSON, in bytes.
const MaxMetadata = 1 << 20

// encodeMetadata writes metadata as JSON, sorted by key.
func encodeMetadata(metadata map[string]string) ([]byte, error) {
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("metadata %q: want UTF-8", key)
		}
	}
	if metadata == nil {
		metadata = map[string]string{}
	}
	b, err := json.Marshal(metadata)
	if err == nil && len(b) > MaxMetadata {
		err = fmt.Errorf("metadata of %d bytes: want at most %d", len(b), MaxMetadata)
	}
	return b, err
}
