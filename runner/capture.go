package runner

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"ganlib/vfs"
)

// capture is a file system of which files are read, while what is written stays in memory.
type capture struct {
	vfs.FS
	files map[string][]byte
}

// OpenFile implements [vfs.FS].
func (c *capture) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return c.FS.OpenFile(name, flag, perm)
	}
	return &captured{in: c, name: name}, nil
}

// Rename implements [vfs.FS].
func (c *capture) Rename(from, to string) error {
	c.files[to] = c.files[from]
	delete(c.files, from)
	return nil
}

// Remove implements [vfs.FS].
func (c *capture) Remove(name string) error { delete(c.files, name); return nil }

// SyncDir implements [vfs.FS].
func (c *capture) SyncDir(string) error { return nil }

// Mkdir implements [vfs.FS].
func (c *capture) Mkdir(string, fs.FileMode) error { return errReadOnly }

// RenameNew implements [vfs.FS].
func (c *capture) RenameNew(string, string) error { return errReadOnly }

// Lock implements [vfs.FS].
func (c *capture) Lock(string) (io.Closer, error) { return nil, errReadOnly }

var errReadOnly = errors.New("runner: a run that is made again writes nothing")

// captured is a new file.
type captured struct {
	bytes.Buffer
	in   *capture
	name string
}

func (f *captured) Sync() error                        { return nil }
func (f *captured) Close() error                       { f.in.files[f.name] = f.Bytes(); return nil }
func (f *captured) ReadAt([]byte, int64) (int, error)  { return 0, errReadOnly }
func (f *captured) WriteAt([]byte, int64) (int, error) { return 0, errReadOnly }
func (f *captured) Stat() (fs.FileInfo, error)         { return nil, errReadOnly }
func (f *captured) Truncate(int64) error               { return errReadOnly }
