package runs

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"

	"ganlib/vfs"
)

// maxTries bounds the search for a free id.
const maxTries = 10_000

// Create makes the folder of a new run in root, which is made if it does not exist, and locks it. The
// run has every folder of the layout and the given files: paths relative to the run, with slashes,
// and their contents; [ConfigFile] must be among them.
//
// The folder's name is name and an id: that of [NextID], or the first free one after it. It is complete
// when it appears under that name: it is made under a temporary one, beginning with a dot, and renamed
// without replacing anything. Any number of processes may create runs at a time, each gets an id of
// its own. If anything fails no folder is left; a process that is killed may leave the temporary one.
func Create(root, name string, files map[string][]byte) (*Run, error) {
	return CreateFS(vfs.OS, root, name, files)
}

// CreateFS is [Create] on a given file system.
func CreateFS(fsys vfs.FS, root, name string, files map[string][]byte) (*Run, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if _, ok := files[ConfigFile]; !ok {
		return nil, fmt.Errorf("runs: create %s: files: want %s among them", name, ConfigFile)
	}
	for file := range files {
		if !filepath.IsLocal(filepath.FromSlash(file)) {
			return nil, fmt.Errorf("runs: create %s: file %q: want a path inside the run", name, file)
		}
	}
	path, err := create(fsys, root, name, files)
	if err != nil {
		return nil, fmt.Errorf("runs: create %s in %s: %w", name, root, err)
	}
	r := &Run{fsys: fsys, path: path}
	if err := r.Lock(); err != nil {
		if !errors.Is(err, ErrLocked) { // else somebody opened it already
			err = errors.Join(err, removeAll(fsys, path))
		}
		return nil, err
	}
	return r, nil
}

// create makes the folder and returns its path.
func create(fsys vfs.FS, root, name string, files map[string][]byte) (path string, err error) {
	if err := makeFolders(fsys, root); err != nil {
		return "", err
	}
	made := filepath.Join(root, ".new-run-"+rand.Text())
	if err := fsys.Mkdir(made, 0o777); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeAll(fsys, made))
		}
	}()
	if err := fill(fsys, made, files); err != nil {
		return "", err
	}
	names, err := folderNames(fsys, root)
	if err != nil {
		return "", err
	}
	first := NextID(name, names)
	for id := first; id < first+maxTries; id++ {
		path := filepath.Join(root, name+strconv.FormatInt(id, 10))
		err := fsys.RenameNew(made, path)
		if errors.Is(err, fs.ErrExist) {
			continue // another process's run, or a file
		}
		if err != nil {
			return "", err
		}
		made = path
		return path, fsys.SyncDir(root)
	}
	return "", fmt.Errorf("ids %d to %d are taken", first, first+maxTries-1)
}

// fill makes the layout and the files of a run in folder, and makes all of it durable.
func fill(fsys vfs.FS, folder string, files map[string][]byte) error {
	for _, f := range folders {
		if err := fsys.Mkdir(filepath.Join(folder, filepath.FromSlash(f)), 0o777); err != nil {
			return err
		}
	}
	for file, data := range files {
		path := filepath.Join(folder, filepath.FromSlash(file))
		if err := makeFolders(fsys, filepath.Dir(path)); err != nil {
			return err
		}
		err := WriteFileFS(fsys, path, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := fsys.SyncDir(filepath.Join(folder, LogFolder)); err != nil {
		return err
	}
	return fsys.SyncDir(folder)
}

// folderNames returns the names of the folders in root, and of links, which may lead to folders.
func folderNames(fsys vfs.FS, root string) ([]string, error) {
	entries, err := fsys.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || e.Type()&fs.ModeSymlink != 0 {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
