package runs

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"ganlib/vfs"
)

// makeFolders makes a folder, and those above it that do not exist, and their names durable.
func makeFolders(fsys vfs.FS, path string) error {
	info, err := fsys.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(path)
	if parent == path { // a volume that is not there
		return err
	}
	if err := makeFolders(fsys, parent); err != nil {
		return err
	}
	if err := fsys.Mkdir(path, 0o777); err != nil && !errors.Is(err, fs.ErrExist) { // or another process was faster
		return err
	}
	return fsys.SyncDir(parent)
}

// removeAll removes a folder with all that is in it.
func removeAll(fsys vfs.FS, path string) error {
	err := walk(fsys, path, func(path string, e fs.DirEntry) error { return fsys.Remove(path) })
	return errors.Join(err, fsys.Remove(path))
}

// walk calls visit for everything below a folder: for what is in a folder before the folder itself. Links
// are not followed.
func walk(fsys vfs.FS, folder string, visit func(path string, e fs.DirEntry) error) error {
	entries, err := fsys.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if e.IsDir() {
			if err := walk(fsys, path, visit); err != nil {
				return err
			}
		}
		if err := visit(path, e); err != nil {
			return err
		}
	}
	return nil
}
