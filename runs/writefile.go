package runs

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"ganlib/vfs"
)

// tempName is the name of a file that is being written: dot, final name, ".tmp-", 26 characters.
var tempName = regexp.MustCompile(`^\..+\.tmp-[A-Z2-7]{26}$`)

// WriteFile writes a file in one step: what write writes goes to a temporary file beside path, is
// synced to the disk and renamed to path. At any moment, also after a crash, path holds its old
// content or all of the new. On any error, write's own included, the old file stays and the temporary
// one is removed (only the sync of the folder comes after the rename); a killed process may leave it,
// until the run is locked again. The folder must exist.
func WriteFile(path string, write func(w io.Writer) error) error {
	return WriteFileFS(vfs.OS, path, write)
}

// WriteFileFS is [WriteFile] on a given file system.
func WriteFileFS(fsys vfs.FS, path string, write func(w io.Writer) error) error {
	if err := writeFile(fsys, path, write); err != nil {
		return fmt.Errorf("runs: write %s: %w", path, err)
	}
	return nil
}

func writeFile(fsys vfs.FS, path string, write func(w io.Writer) error) (err error) {
	folder, name := filepath.Split(path)
	if name == "" {
		return errors.New("want the path of a file")
	}
	if folder == "" {
		folder = "."
	}
	temp := filepath.Join(folder, "."+name+".tmp-"+rand.Text())
	file, err := fsys.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	// Deferred, so that a write that panics leaves no file either.
	done := false
	defer func() {
		if !done {
			_ = file.Close() // closed already, or the first error is the one to report
			err = errors.Join(err, fsys.Remove(temp))
		}
	}()
	buf := bufio.NewWriterSize(file, 64<<10)
	if err := write(buf); err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := fsys.Rename(temp, path); err != nil {
		return err
	}
	done = true
	return fsys.SyncDir(folder)
}

// removeStale removes the temporary files that a killed process left in folder or below. Only who
// holds the run's lock may call it: nobody else writes into the run then.
func removeStale(fsys vfs.FS, folder string) error {
	return walk(fsys, folder, func(path string, e fs.DirEntry) error {
		if e.Type().IsRegular() && tempName.MatchString(e.Name()) {
			return fsys.Remove(path)
		}
		return nil
	})
}
