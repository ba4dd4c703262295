package torchfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	"ganlib/internal/readat"
)

// The two numbers that a file before PyTorch 1.6 begins with.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

const legacyProtocol = 1001

// legacy is a file before PyTorch 1.6 as it is read: a row of pickles, then the storages.
type legacy struct {
	r    io.ReaderAt
	size int64
	head []byte // as much of the file as pickles may take
	at   int    // the next pickle
}

func (o Options) readLegacy(r io.ReaderAt, size int64) (any, error) {
	l := &legacy{r: r, size: size, head: make([]byte, min(size, int64(o.MaxPickle)))}
	if err := readat.Full(r, l.head, 0); err != nil {
		return nil, err
	}
	if err := l.checkHeader(); err != nil {
		return nil, err
	}
	s := &storages{byKey: map[string]*view{}, views: map[string]*view{}, open: func(*storage) error { return nil }}
	root, err := l.next("objects", s.persist)
	if err != nil {
		return nil, err
	}
	keys, err := l.next("storages' keys", nil)
	if err != nil {
		return nil, err
	}
	return root, l.locate(keys, s.byKey)
}

// next reads a pickle of the row.
func (l *legacy) next(what string, persist func(Tuple) (any, error)) (any, error) {
	v, n, err := unpickle(l.head[l.at:], persist)
	if err != nil {
		if int64(len(l.head)) < l.size {
			what += fmt.Sprintf(" (of which the first %d bytes of the file are read)", len(l.head))
		}
		return nil, fmt.Errorf("pickle of the %s: %w", what, err)
	}
	l.at += n
	return v, nil
}

// checkHeader reads the three pickles before the objects.
func (l *legacy) checkHeader() error {
	magic, err := l.next("magic number", nil)
	if err != nil {
		return err
	}
	if n, ok := magic.(*big.Int); !ok || n.Cmp(legacyMagic) != 0 {
		return errors.New("a pickle without PyTorch's magic number: no file of torch.save")
	}
	version, err := l.next("version", nil)
	if err != nil {
		return err
	}
	if version != int64(legacyProtocol) {
		return fmt.Errorf("version %s: want %d", shown(version), legacyProtocol)
	}
	machine, err := l.next("machine's description", nil)
	if err != nil {
		return err
	}
	d, ok := machine.(*Dict)
	if !ok {
		return fmt.Errorf("the machine's description is %s, want a dict", kindOf(machine))
	}
	if little, ok := d.Get("little_endian"); ok && little != true {
		return fmt.Errorf("little_endian is %s: only little-endian files are read", shown(little))
	}
	return nil
}

// locate finds the storages, which follow the pickles in the order of their keys, each behind its number of
// elements.
func (l *legacy) locate(keys any, byKey map[string]*view) error {
	list, ok := keys.(*List)
	if !ok || len(list.Items) != len(byKey) {
		return fmt.Errorf("the storages' keys are %s, want a list of the %d that tensors have", kindOf(keys), len(byKey))
	}
	at := int64(l.at)
	for _, item := range list.Items {
		key, ok := item.(string)
		v := byKey[key]
		if !ok || v == nil || v.storage.r != nil {
			return fmt.Errorf("the storages' keys have %s, which is no tensor's, or twice there", kindOf(item))
		}
		s := v.storage
		var count [8]byte
		if err := readat.Full(l.r, count[:], at); err != nil {
			return fmt.Errorf("storage %s: %w", shorten(key), err)
		}
		at += 8
		width := uint64(max(s.dtype.Size(), 1))
		if n := binary.LittleEndian.Uint64(count[:]); n != uint64(s.size)/width {
			return fmt.Errorf("storage %s has %d elements, want %d as the pickle says", shorten(key), n, uint64(s.size)/width)
		}
		if s.size > l.size-at {
			return fmt.Errorf("storage %s: %d bytes at offset %d, the file has %d: %w", shorten(key), s.size, at, l.size, io.ErrUnexpectedEOF)
		}
		s.r, s.at = l.r, at
		at += s.size
	}
	return nil
}
