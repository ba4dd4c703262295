package events

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A record is
//
//	length    8 bytes, little-endian
//	checksum  4 bytes: masked CRC-32C of the length's bytes
//	payload   length bytes
//	checksum  4 bytes: masked CRC-32C of the payload
//
// as in tensorflow/core/lib/io/record_writer.h.
const (
	headBytes = 12
	tailBytes = 4
)

// maxRecord is the largest payload, in bytes: more than any picture that we write.
const maxRecord = 64 << 20

// ErrTruncated is wrapped by the error for a file that ends within a record: its writer is still at it,
// or was stopped.
var ErrTruncated = errors.New("the file ends within a record")

// ErrCorrupt is wrapped by the error for a record whose bytes cannot be right.
var ErrCorrupt = errors.New("corrupt record")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the masked CRC-32C: a plain one would be worth little over data that contain
// checksums themselves.
func checksum(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// openRecord appends place for the head of a record whose payload is appended next.
func openRecord(b []byte) []byte { return append(b, make([]byte, headBytes)...) }

// closeRecord finishes the record that begins at start.
func closeRecord(b []byte, start int) ([]byte, error) {
	payload := b[start+headBytes:]
	if len(payload) > maxRecord {
		return b, fmt.Errorf("an event of %d bytes: want at most %d", len(payload), maxRecord)
	}
	head := b[start:]
	binary.LittleEndian.PutUint64(head, uint64(len(payload)))
	binary.LittleEndian.PutUint32(head[8:], checksum(head[:8]))
	return binary.LittleEndian.AppendUint32(b, checksum(payload)), nil
}

// readRecord returns the payload of the next record, io.EOF if there is none. A length is believed only
// as far as bytes come: a false one costs no memory.
func readRecord(r io.Reader) ([]byte, error) {
	var head [headBytes]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n > 0 {
			err = truncated(err)
		}
		return nil, err
	}
	if got, want := binary.LittleEndian.Uint32(head[8:]), checksum(head[:8]); got != want {
		return nil, fmt.Errorf("%w: checksum of the length is %08x, want %08x", ErrCorrupt, got, want)
	}
	length := binary.LittleEndian.Uint64(head[:8])
	if length > maxRecord {
		return nil, fmt.Errorf("%w: a payload of %d bytes: want at most %d", ErrCorrupt, length, maxRecord)
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(length)+tailBytes); err != nil {
		return nil, truncated(err)
	}
	payload := body.Bytes()[:length:length]
	if got, want := binary.LittleEndian.Uint32(body.Bytes()[length:]), checksum(payload); got != want {
		return nil, fmt.Errorf("%w: checksum of the payload is %08x, want %08x", ErrCorrupt, got, want)
	}
	return payload, nil
}

// truncated names the end of a file within a record; other errors stay what they are.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}
