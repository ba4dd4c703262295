// Package vfs is what a training asks of the file system that its run lies on: few operations, behind an
// interface, so that each of them can fail on demand. [OS] is the computer's; package ganlib/vfs/faultfs is
// the one that fails.
//
// Durability is explicit, as POSIX has it: what was written to a file survives a loss of power after
// [File].Sync, and the names in a folder (new, renamed, removed) after SyncDir of that folder.
package vfs

import (
	"errors"
	"io"
	"io/fs"
)

// ErrLocked is wrapped by the error for a file whose lock somebody has.
var ErrLocked = errors.New("locked")

// FS is a file system. Names are paths as package os takes them, and errors are those of package os: a
// [fs.PathError] or an [os.LinkError] around the system's. Any number of goroutines may use it.
type FS interface {
	// OpenFile opens a file as [os.OpenFile] does.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	// Mkdir makes a folder in one that exists.
	Mkdir(name string, perm fs.FileMode) error
	// Rename renames a file, in one step, over one that exists.
	Rename(from, to string) error
	// RenameNew renames a folder. If the new name exists, whatever it is, nothing changes and the error is
	// [fs.ErrExist].
	RenameNew(from, to string) error
	// Remove removes a file or an empty folder.
	Remove(name string) error
	// ReadDir lists a folder, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Stat describes a file or a folder, following links.
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes the names in a folder durable, where the system can.
	SyncDir(name string) error
	// Lock takes the lock of a file, which is made if it does not exist, without waiting. Closing gives it
	// up, and so does the end of the process, however it comes. If somebody has it the error is [ErrLocked].
	Lock(name string) (io.Closer, error)
}

// File is an open file. Sync may be called while another goroutine writes: it makes durable what was written
// before.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	Sync() error
}
