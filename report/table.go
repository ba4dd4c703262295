package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxLine is more than any line that we write, in bytes.
const maxLine = 64 << 10

// maxTail is how much of a file's end is dropped at most: after a loss of power, blocks that were
// never written out may read as zeros.
const maxTail = 1 << 20

// csvHeader is the first line of scalars.csv.
var csvHeader = strings.Join(scalarColumns, ",") + "\n"

// table is a text file with a line per step, rising, after an optional header.
type table struct {
	file   *os.File
	buf    *bufio.Writer
	header string
	// stepOf returns a line's step, or false if the line is not a row.
	stepOf func(line []byte) (int64, bool)
}

// openTable opens or makes a table, checks its header and removes half a line at its end. The file is
// not opened for appending, since Windows does not shorten such a file.
func openTable(path, header string, stepOf func([]byte) (int64, bool)) (*table, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	t := &table{file: file, buf: bufio.NewWriterSize(file, maxLine), header: header, stepOf: stepOf}
	if err := t.repair(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, file.Close()))
	}
	return t, nil
}

// repair cuts the file after its last newline, checks or writes the header, and goes to the end.
func (t *table) repair() error {
	size, err := t.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
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
	if _, err := t.file.Seek(size, io.SeekStart); err != nil {
		return err
	}
	if size == 0 {
		return t.write(t.header)
	}
	return nil
}

// truncate drops the first line whose step is at least the given one, or that is not a row, and
// everything after it. A row of a smaller step after that line means that the file is damaged.
func (t *table) truncate(step int64) error {
	if err := t.flush(); err != nil {
		return err
	}
	if _, err := t.file.Seek(int64(len(t.header)), io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(t.file, maxLine)
	keep, end, first := int64(-1), int64(len(t.header)), 0
	for number := 1 + strings.Count(t.header, "\n"); ; number++ {
		line, length, err := readLine(r)
		if err == io.EOF {
			break
		} else if err != nil {
			return t.named(err)
		}
		got, ok := t.stepOf(line)
		switch {
		case keep < 0 && (!ok || got >= step):
			keep, first = end, number
		case keep >= 0 && ok && got < step:
			return t.named(fmt.Errorf("line %d: not a row of a step below %d, but line %d is", first, step, number))
		}
		end += length
	}
	if keep < 0 {
		keep = end
	}
	return t.named(t.cut(keep))
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

func (t *table) write(s string) error {
	_, err := t.buf.WriteString(s)
	return t.named(err)
}

func (t *table) flush() error { return t.named(t.buf.Flush()) }

func (t *table) sync() error {
	if err := t.flush(); err != nil {
		return err
	}
	return t.named(t.file.Sync())
}

func (t *table) close() error { return errors.Join(t.flush(), t.file.Close()) }

// named adds the file's name to an error that does not have it.
func (t *table) named(err error) error {
	var hasName *os.PathError
	if err == nil || errors.As(err, &hasName) {
		return err
	}
	return fmt.Errorf("%s: %w", t.file.Name(), err)
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
