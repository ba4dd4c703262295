// Package faultfs is a file system that fails on demand, as [testing/iotest]'s readers do: full disks, disks
// that cannot be read, short writes, processes that are killed and machines that lose power, at any operation.
//
//	disk, err := faultfs.New(dir)
//	disk.Inject(faultfs.At(17, syscall.ENOSPC))
//
// A [FS] lies over a real folder, so that tests can look at what is there. It counts its operations, asks its
// rule about each before it happens, and knows what of the folder is durable: [FS.PowerCut] leaves only that.
package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"ganlib/vfs"
)

// ErrKilled is the error of every operation after the process was killed.
var ErrKilled = errors.New("the process was killed")

// Kind is a kind of operation.
type Kind string

// The kinds of operations. Those of the first line change what is on the disk, or make it durable.
const (
	Create, Mkdir, Rename, Remove, Write, Truncate, Sync, SyncDir Kind = "create", "mkdir", "rename", "remove", "write", "truncate", "sync", "syncdir"
	Open, Read, ReadDir, Stat, Lock, Close                        Kind = "open", "read", "readdir", "stat", "lock", "close"
)

// Changes reports whether operations of the kind need a disk that can be written.
func (k Kind) Changes() bool {
	switch k {
	case Create, Mkdir, Rename, Remove, Write, Truncate, Sync, SyncDir:
		return true
	}
	return false
}

// Op is an operation that is about to happen.
type Op struct {
	N    int // its number, from 1
	Kind Kind
	Path string // of a rename, the old one
}

// FS is a file system over a folder. Everything outside the folder is an error.
type FS struct {
	dir string

	mu     sync.Mutex
	rule   Rule
	ops    []Op
	killed bool
	root   *node
}

// New returns a file system over a folder, of which all that is there now is durable.
func New(dir string) (*FS, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := scan(dir)
	return &FS{dir: dir, root: root}, err
}

// Inject sets the rule that decides about operations from now on; nil lets all happen.
func (f *FS) Inject(r Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rule = r
}

// Ops returns the operations so far, those that failed included.
func (f *FS) Ops() []Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Op(nil), f.ops...)
}

// begin counts an operation and decides whether it happens. It returns with f.mu held.
func (f *FS) begin(kind Kind, path string) error {
	f.mu.Lock()
	op := Op{N: len(f.ops) + 1, Kind: kind, Path: path}
	f.ops = append(f.ops, op)
	var err error
	switch {
	case f.killed:
		err = ErrKilled
	case f.rule != nil:
		err = f.rule(op)
		f.killed = errors.Is(err, ErrKilled)
	}
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: string(kind), Path: path, Err: err}
}

// beginIn is begin for an operation on a name in a folder, which it finds.
func (f *FS) beginIn(kind Kind, path string) (folder *node, name string, err error) {
	if err := f.begin(kind, path); err != nil {
		return nil, "", err
	}
	return f.parent(path)
}

// OpenFile implements [vfs.FS].
func (f *FS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	kind := Open
	if flag&(os.O_CREATE|os.O_TRUNC) != 0 {
		kind = Create
	}
	parent, base, err := f.beginIn(kind, name)
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if flag&os.O_WRONLY != 0 {
		flag ^= os.O_WRONLY | os.O_RDWR // syncs read what was written
	}
	under, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &file{f, name, parent.file(base), under}, nil
}

// Mkdir implements [vfs.FS].
func (f *FS) Mkdir(name string, perm fs.FileMode) error {
	err := f.begin(Mkdir, name)
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	if err := os.Mkdir(name, perm); err != nil {
		return err
	}
	parent, base, err := f.parent(name)
	if err == nil {
		parent.change(entry{base, newFolder()})
	}
	return err
}

// Rename implements [vfs.FS].
func (f *FS) Rename(from, to string) error { return f.rename(from, to, vfs.OS.Rename) }

// RenameNew implements [vfs.FS].
func (f *FS) RenameNew(from, to string) error { return f.rename(from, to, vfs.OS.RenameNew) }

// errFolders says what is not simulated.
var errFolders = errors.New("faultfs: want a new name in the same folder")

func (f *FS) rename(from, to string, rename func(from, to string) error) error {
	parent, old, err := f.beginIn(Rename, from)
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	if filepath.Dir(from) != filepath.Dir(to) {
		return errFolders
	}
	if err := rename(from, to); err != nil {
		return err
	}
	parent.change(entry{old, nil}, entry{filepath.Base(to), parent.live[old]})
	return nil
}

// Remove implements [vfs.FS].
func (f *FS) Remove(name string) error {
	parent, base, err := f.beginIn(Remove, name)
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	parent.change(entry{base, nil})
	return nil
}

// ReadDir implements [vfs.FS].
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	err := f.begin(ReadDir, name)
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return os.ReadDir(name)
}

// Stat implements [vfs.FS].
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	err := f.begin(Stat, name)
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return os.Stat(name)
}

// SyncDir implements [vfs.FS].
func (f *FS) SyncDir(name string) error {
	err := f.begin(SyncDir, name)
	defer f.mu.Unlock()
	if err != nil {
		return err
	}
	n, err := f.find(name)
	if err == nil {
		n.sync()
	}
	return err
}

// Lock implements [vfs.FS].
func (f *FS) Lock(name string) (io.Closer, error) {
	parent, base, err := f.beginIn(Lock, name)
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	lock, err := vfs.OS.Lock(name)
	if err == nil {
		parent.file(base)
	}
	return lock, err
}
