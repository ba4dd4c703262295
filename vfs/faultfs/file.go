package faultfs

import (
	"errors"
	"io/fs"
	"os"
)

// file is an open file.
type file struct {
	fs    *FS
	name  string
	node  *node
	under *os.File
}

func (f *file) Read(p []byte) (int, error) {
	err := f.fs.begin(Read, f.name)
	defer f.fs.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return f.under.Read(p)
}

func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	err := f.fs.begin(Read, f.name)
	defer f.fs.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return f.under.ReadAt(p, offset)
}

func (f *file) Write(p []byte) (int, error) { return f.write(p, f.under.Write) }

func (f *file) WriteAt(p []byte, offset int64) (int, error) {
	return f.write(p, func(p []byte) (int, error) { return f.under.WriteAt(p, offset) })
}

func (f *file) write(p []byte, write func([]byte) (int, error)) (n int, err error) {
	err = f.fs.begin(Write, f.name)
	defer f.fs.mu.Unlock()
	if err == nil {
		return write(p)
	}
	if short := (Short{}); errors.As(err, &short) {
		n, _ = write(p[:len(p)/2]) // the rule's error is the one to return
	}
	return n, err
}

func (f *file) Truncate(size int64) error {
	err := f.fs.begin(Truncate, f.name)
	defer f.fs.mu.Unlock()
	if err != nil {
		return err
	}
	return f.under.Truncate(size)
}

func (f *file) Sync() error {
	err := f.fs.begin(Sync, f.name)
	defer f.fs.mu.Unlock()
	if err != nil {
		return err
	}
	return f.node.syncFile(f.under)
}

func (f *file) Stat() (fs.FileInfo, error) {
	err := f.fs.begin(Stat, f.name)
	defer f.fs.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return f.under.Stat()
}

// Close closes the file even if it is to fail, since a process that is killed has no files either.
func (f *file) Close() error {
	err := f.fs.begin(Close, f.name)
	defer f.fs.mu.Unlock()
	return errors.Join(err, f.under.Close())
}
