package datasets

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Folder reads the images of a folder and the folders in it, in the order of their slash paths.
// Files are looked at if their name ends in .jpg, .jpeg, .png or .gif, in any case; hidden files
// and folders are not. A symbolic link to a file counts if it stays inside the folder; links to
// folders, and those that lead outside or are absolute, are not followed. The folder itself may be
// a link.
//
// Files are opened when they are read, so a corrupt one is found by Read. A folder that is missing
// or unreadable is an error, and one without images is [ErrNoImages].
func Folder(name string, o Options) (Images, error) {
	f, err := folder(name, o)
	if err != nil {
		return nil, fmt.Errorf("datasets: folder %s: %w", name, err)
	}
	return f, nil
}

func folder(name string, o Options) (*files, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var entries []entry
	var others, links int
	err = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case hidden(p) && d.IsDir():
			return fs.SkipDir
		case hidden(p) || d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			if info, err := root.Stat(p); err != nil || !info.Mode().IsRegular() {
				links++
				return nil
			}
		case !d.Type().IsRegular():
			others++
			return nil
		}
		if !candidate(p) {
			others++
			return nil
		}
		entries = append(entries, entry{p, func(most int64) ([]byte, error) { return readInRoot(name, p, most) }})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%w: no .jpg, .jpeg, .png or .gif in it (%d other files, %d links not followed)", ErrNoImages, others, links)
	}
	return newFiles(baseName(name), o.withDefaults(), entries), nil
}

// readInRoot reads the file p, a slash path, of so many bytes at most, without leaving the folder root.
func readInRoot(root, p string, most int64) ([]byte, error) {
	f, err := os.OpenInRoot(root, filepath.FromSlash(p))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return readAll(f, info.Size(), most)
}

// baseName returns the last element of a path of the operating system, made absolute first so that
// "." has a name too.
func baseName(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	return path.Base(filepath.ToSlash(name))
}
