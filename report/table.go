package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ganlib/vfs"
)

// maxLine is more than any line that we write, in bytes.
const maxLine = 64 << 10

// maxTail is how much of a file's end is dropped at most: after a loss of power, blocks that were
// never written out may read as zeros.
const maxTail = 1 << 20

// maxUnsynced is how many bytes are not synced, if syncs succeed: no more than may be dropped.
const maxUnsynced = maxTail / 2

// maxRows is how many bytes of rows wait for a disk that cannot be written. What comes then is left out.
const maxRows = 16 << 20

// csvHeader is the first line of scalars.csv.
var csvHeader = strings.Join(scalarColumns, ",") + "\n"

// table is a text file with a line per step, rising, after an optional header.
//
// Rows stay in memory until they are synced, so that a write or a sync that fails loses none: the next one
// does it again, from the byte on that the disk may not have.
type table struct {
	file   vfs.File
	path   string
	header string
	// stepOf returns a line's step, or false if the line is not a row.
	stepOf func(line []byte) (int64, bool)

	mu      sync.Mutex // a sync may go on beside everything else
	base    int64      // bytes of the file that need no sync any more
	rows    []byte     // what follows them
	written int        // bytes of rows that the file has
	failure error      // of the last write

	syncing sync.Mutex // one at a time
}

// openTable opens or makes a table, checks its header and removes half a line at its end. The file is
// not opened for appending, since Windows does not shorten such a file.
func openTable(fsys vfs.FS, path, header string, stepOf func([]byte) (int64, bool)) (*table, error) {
	file, err := fsys.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	t := &table{file: file, path: path, header: header, stepOf: stepOf}
	if err := t.repair(); err != nil {
		return nil, errors.Join(t.named(err), file.Close())
	}
	return t, nil
}

// repair cuts the file after its last newline, and checks or writes the header.
func (t *table) repair() error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	tail := make([]byte, min(size, maxTail))
	if _, err := t.file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	end := bytes.LastIndexByte(tail, '\n') + 1
	if end == 0 && size > maxTail {
		return fmt.Errorf("no line ends in the last %d bytes: want a table of scalars", maxTail)
	}
	size += int64(end - len(tail))
	if size > 0 {
		head := make([]byte, len(t.header))
		if _, err := t.file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if string(head) != t.header {
			return fmt.Errorf("line 1: want the columns %s", strings.TrimSpace(t.header))
		}
	}
	return t.cut(size)
}

// cut shortens the file to size bytes and continues there, with the header if nothing is left.
func (t *table) cut(size int64) error {
	if err := t.file.Truncate(size); err != nil {
		return err
	}
	t.base, t.rows, t.written = size, t.rows[:0], 0
	if size == 0 {
		return t.write(t.header)
	}
	return nil
}

// truncate drops everything after the last row of a step below the given one. Lines before it that are no such
// rows mean that the file is damaged: they stay.
func (t *table) truncate(step int64) error {
	if err := t.flush(); err != nil {
		return err
	}
	begin := int64(len(t.header))
	r := bufio.NewReaderSize(io.NewSectionReader(t.file, begin, t.base+int64(t.written)-begin), maxLine)
	keep, end := begin, begin
	odd, damaged := 0, 0 // the first line that is no such row, if there is one, and if one follows
	for number := 1 + strings.Count(t.header, "\n"); ; number++ {
		line, length, err := readLine(r)
		if err == io.EOF {
			break
		} else if err != nil {
			return t.named(err)
		}
		end += length
		if got, ok := t.stepOf(line); ok && got < step {
			keep, damaged = end, odd
		} else if odd == 0 {
			odd = number
		}
	}
	if err := t.cut(keep); err != nil || damaged == 0 {
		return t.named(err)
	}
	return t.named(fmt.Errorf("line %d: %w: it is not a row of a step below %d, but later ones are", damaged, ErrDamaged, step))
}

// readLine returns a line without its newline and its length with it, [io.EOF] at the end of the
// file or in half a line. A line longer than the buffer is returned as empty.
func readLine(r *bufio.Reader) (line []byte, length int64, err error) {
	for {
		line, err = r.ReadSlice('\n')
		length += int64(len(line))
		if err == nil && length == int64(len(line)) {
			return line[:len(line)-1], length, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, length, err
		}
	}
}

// write adds a row.
func (t *table) write(row string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) > maxRows {
		return t.named(fmt.Errorf("a row is left out, since %d MiB wait to be written: %w", maxRows>>20, t.failure))
	}
	t.rows = append(t.rows, row...)
	return nil
}

// flush writes the rows that the file does not have.
func (t *table) flush() error {
	if err := t.put(); err != nil {
		return err
	}
	if t.unsynced() > maxUnsynced && t.syncing.TryLock() { // else somebody is at it
		defer t.syncing.Unlock()
		return t.persist()
	}
	return nil
}

// put is flush without what follows.
func (t *table) put() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.written == len(t.rows) {
		return nil
	}
	n, err := t.file.WriteAt(t.rows[t.written:], t.base+int64(t.written))
	t.written += n
	if err == nil && t.written < len(t.rows) {
		err = io.ErrShortWrite
	}
	t.failure = err
	return t.named(err)
}

func (t *table) unsynced() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// sync makes all rows durable.
func (t *table) sync() error {
	t.syncing.Lock()
	defer t.syncing.Unlock()
	if err := t.put(); err != nil {
		return err
	}
	return t.persist()
}

// persist makes durable what was written until now. t.syncing is held, but not t.mu: rows may be added
// meanwhile.
func (t *table) persist() error {
	done := t.unsynced()
	err := t.file.Sync()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		// The system may have dropped what it could not write, and a second sync would not say so.
		t.written, t.failure = 0, err
		return t.named(err)
	}
	t.base += int64(done)
	t.rows, t.written = slices.Delete(t.rows, 0, done), t.written-done
	return nil
}

func (t *table) close() error { return errors.Join(t.put(), t.file.Close()) }

// named adds the file's name to an error that does not have it.
func (t *table) named(err error) error {
	var hasName *fs.PathError
	if err == nil || errors.As(err, &hasName) {
		return err
	}
	return fmt.Errorf("%s: %w", t.path, err)
}

func csvStep(line []byte) (int64, bool) {
	first, _, _ := strings.Cut(string(line), ",")
	step, err := strconv.ParseInt(first, 10, 64)
	return step, err == nil && bytes.Count(line, []byte(",")) == len(scalarColumns)-1
}

func jsonStep(line []byte) (int64, bool) {
	var row struct{ Step *int64 }
	if json.Unmarshal(line, &row) != nil || row.Step == nil {
		return 0, false
	}
	return *row.Step, true
}
