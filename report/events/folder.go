package events

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"ganlib/vfs"
)

// Options of a [Folder]. The zero value is valid.
type Options struct {
	// MaxBytes is the size from which on a new file is begun; 0: 64 MiB. A file is larger than that by one
	// event at most.
	MaxBytes int64
	// Keep is how many files of the folder stay, the newest, when a new one is begun; 0: all.
	Keep int
	// Resumed says that the training goes on from step From: the first thing written is that what older
	// files have of this step and later ones is void, for a TensorBoard that has read it already.
	Resumed bool
	From    int64
	// Clock tells the time; nil: time.Now.
	Clock func() time.Time
	// FS is the file system of the folder; nil: the computer's.
	FS vfs.FS
}

const (
	defaultMaxBytes = 64 << 20
	bufferBytes     = 64 << 10 // that wait to be written
)

// Folder writes a sequence of event files. It buffers: Flush hands all to the operating system. It is
// for one goroutine.
//
// The first error ends it: what cannot be written whole is taken back, and every later call returns the
// error again. So a full disk leaves files that can be read.
type Folder struct {
	dir     string
	o       Options
	file    vfs.File // nil before the first event
	path    string   // of it
	written int64    // bytes of it
	pending []byte   // whole records
	err     error
}

// Open returns a Folder that writes after the files that dir has. The folder, but not its parent, is made
// with the first event if it does not exist.
func Open(dir string, o Options) (*Folder, error) {
	if o.MaxBytes < 0 || o.Keep < 0 {
		return nil, fmt.Errorf("events: open %s: %d files of %d bytes: want at least 0", dir, o.Keep, o.MaxBytes)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.FS == nil {
		o.FS = vfs.OS
	}
	return &Folder{dir: dir, o: o}, nil
}

// Write adds an event. Steps should not fall. Data that cannot be written are an error that changes
// nothing.
func (f *Folder) Write(e Event) error {
	if f.err != nil {
		return f.err
	}
	if e.Time.IsZero() {
		e.Time = f.o.Clock()
	}
	start := len(f.pending)
	b, err := Append(f.pending, e)
	if err != nil {
		return err
	}
	record := b[start:]
	if f.file == nil || f.written+int64(start) >= f.o.MaxBytes {
		record = slices.Clone(record) // the file's first events come before it
		if err := f.next(); err != nil {
			return err
		}
		b = append(f.pending, record...)
	}
	f.pending = b
	if len(f.pending) < bufferBytes {
		return nil
	}
	return f.Flush()
}

// next begins a new file.
func (f *Folder) next() error {
	first := f.file == nil
	if err := f.end(); err != nil {
		return err
	}
	now := f.o.Clock()
	if err := f.create(now); err != nil {
		f.err = fmt.Errorf("events: %w", err)
		return f.err
	}
	f.pending, f.err = Append(f.pending[:0], Event{Time: now, Version: version})
	if f.err == nil && first && f.o.Resumed {
		f.pending, f.err = Append(f.pending, Event{Time: now, Step: f.o.From, Start: true})
	}
	return f.err
}

// Flush hands what was written to the operating system, so that others can read it.
func (f *Folder) Flush() error {
	if f.err != nil || f.file == nil || len(f.pending) == 0 {
		return f.err
	}
	n, err := f.file.Write(f.pending)
	if err == nil && n < len(f.pending) {
		err = io.ErrShortWrite
	}
	if err != nil {
		// Half a record at the end would be no harm, but it is of no use either.
		f.err = fmt.Errorf("events: %w", errors.Join(err, f.file.Truncate(f.written)))
		if f.written == 0 { // so that tries leave no empty files
			_ = f.file.Close()
			_ = f.o.FS.Remove(f.path)
			f.file = nil
		}
		return f.err
	}
	f.written += int64(len(f.pending))
	f.pending = f.pending[:0]
	return nil
}

// end flushes and closes the file at hand.
func (f *Folder) end() error {
	if f.file == nil {
		return f.err
	}
	err := f.Flush()
	if f.file == nil { // it would have been empty
		return err
	}
	if closeErr := f.file.Close(); closeErr != nil && err == nil {
		f.err = fmt.Errorf("events: %w", closeErr)
		err = f.err
	}
	f.file = nil
	return err
}

// Close flushes and ends the sequence. It returns the first error, also if Write or Flush has already.
func (f *Folder) Close() error {
	err := f.end()
	if f.err == nil {
		f.err = fmt.Errorf("events: %s: %w", f.dir, fs.ErrClosed)
	}
	return err
}

// fileName is a name that TensorBoard takes for that of event files: the time in seconds, and a number
// that counts the folder's files, so that their order is that in which they were made.
var fileName = regexp.MustCompile(`^events\.out\.tfevents\.(\d{10,18})\.ganlib\.(\d{6,9})$`)

// create makes the next file. Its name comes after all others, whatever the clock says. Older files than are
// kept are removed.
func (f *Folder) create(now time.Time) error {
	if err := f.o.FS.Mkdir(f.dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	files, err := list(f.o.FS, f.dir)
	if err != nil {
		return err
	}
	at, number := max(now.Unix(), 0), 0
	if len(files) > 0 {
		match := fileName.FindStringSubmatch(filepath.Base(files[len(files)-1]))
		last, _ := strconv.ParseInt(match[1], 10, 64) // digits that fit
		number, _ = strconv.Atoi(match[2])
		at, number = max(at, last), number+1
	}
	f.path = filepath.Join(f.dir, fmt.Sprintf("events.out.tfevents.%010d.ganlib.%06d", at, number))
	if f.file, err = f.o.FS.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		f.file = nil
		return err
	}
	f.written = 0
	for ; f.o.Keep > 0 && len(files) >= f.o.Keep; files = files[1:] {
		if err := f.o.FS.Remove(files[0]); err != nil {
			break // somebody reads it: another time
		}
	}
	return nil
}

// list returns the paths of a folder's event files, in order; none if there is no folder. Files of other
// programs are not among them.
func list(fsys vfs.FS, dir string) ([]string, error) {
	entries, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries { // sorted by name
		if e.Type().IsRegular() && fileName.MatchString(e.Name()) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}
