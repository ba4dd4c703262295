package torchfile

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"ganlib/internal/readat"
)

// storage is a block of elements that tensors are views of: a part of a file, or numbers to be written.
type storage struct {
	key   string
	dtype DType // "" for an UntypedStorage, whose tensors bring their type
	size  int64 // bytes

	// Of a file that was read:
	r      io.ReaderAt
	at     int64  // where the elements begin
	crc    uint32 // of all elements; 0: not known, as PyTorch writes it with set_crc32_options(False)
	once   sync.Once
	broken error

	// Of a tensor to be written: appends the elements to b.
	make func(b []byte) ([]byte, error)
}

// verify compares the elements with their checksum, once.
func (s *storage) verify() error {
	s.once.Do(func() {
		if s.crc == 0 {
			return
		}
		hash := crc32.NewIEEE()
		if _, err := io.CopyBuffer(hash, io.NewSectionReader(s.r, s.at, s.size), make([]byte, min(64<<10, s.size+1))); err != nil {
			s.broken = err
			return
		}
		if got := hash.Sum32(); got != s.crc {
			s.broken = fmt.Errorf("storage %s: checksum %08x, the archive says %08x: the file is damaged", shorten(s.key), got, s.crc)
		}
	})
	return s.broken
}

// all returns all elements, in b if they are to be made.
func (s *storage) all(b []byte) ([]byte, error) {
	if s.make == nil {
		return s.read(0, s.size)
	}
	b, err := s.make(b[:0])
	if err != nil {
		return nil, err
	}
	if int64(len(b)) != s.size {
		return nil, fmt.Errorf("%d bytes were made, want %d for the shape", len(b), s.size)
	}
	return b, nil
}

// read returns n bytes from offset.
func (s *storage) read(offset, n int64) ([]byte, error) {
	if s.make != nil {
		b, err := s.all(nil)
		if err != nil {
			return nil, err
		}
		return b[offset : offset+n], nil
	}
	if s.r == nil {
		return nil, errors.New("has no elements: make tensors with this package's functions")
	}
	if int64(int(n)) != n {
		return nil, fmt.Errorf("%d bytes of storage %s: too large for this machine", n, shorten(s.key))
	}
	if err := s.verify(); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if err := readat.Full(s.r, b, s.at+offset); err != nil {
		return nil, err
	}
	return b, nil
}
