package events

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"ganlib/vfs"
)

// Reader reads the events of one file.
type Reader struct {
	r      *bufio.Reader
	offset int64
}

// NewReader returns a reader of the file that r has from its start.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReader(r)} }

// Next returns the next event, and io.EOF after the last. A file that ends within a record gives
// [ErrTruncated], and a record that is not what its checksums say, or no event, [ErrCorrupt]: in both
// cases what was returned before is sound, and Offset says where it ends. What an event has of a kind
// that this package does not know is an [Other], or left out.
//
// A record has at most 64 MiB. Reading one takes no more memory than four times its length, and 16 MB for its
// values, texts and parameters, of which there may be 65,536.
func (r *Reader) Next() (*Event, error) {
	payload, err := readRecord(r.r)
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("events: read at byte %d: %w", r.offset, err)
	}
	e, err := decodeEvent(payload)
	if err != nil {
		return nil, fmt.Errorf("events: read at byte %d: %w: %w", r.offset, ErrCorrupt, err)
	}
	r.offset += int64(headBytes + len(payload) + tailBytes)
	return e, nil
}

// Offset returns where the event that Next returned last ends, in bytes from the start.
func (r *Reader) Offset() int64 { return r.offset }

// ReadFolder calls each for every event of a folder's files, in order, but for those that only name the
// format. A file ends where its records do: half a record at its end, and what comes after a corrupt one,
// are passed over. An error of each ends the reading and is returned.
func ReadFolder(dir string, each func(*Event) error) error {
	files, err := list(vfs.OS, dir)
	if err != nil {
		return fmt.Errorf("events: read %s: %w", dir, err)
	}
	for _, file := range files {
		if err := readFile(file, each); err != nil {
			return err
		}
	}
	return nil
}

// ended reports whether an error of Next is that there is nothing more to read.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, ErrTruncated) || errors.Is(err, ErrCorrupt)
}

func readFile(path string, each func(*Event) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("events: read: %w", err)
	}
	defer f.Close()
	for r := NewReader(f); ; {
		e, err := r.Next()
		switch {
		case ended(err):
			return nil
		case err != nil:
			return fmt.Errorf("%w (%s)", err, path)
		case e.Version != "":
			continue
		}
		if err := each(e); err != nil {
			return err
		}
	}
}
