package runs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"ganlib/vfs"
)

// Errors that callers branch on.
var (
	// ErrNotRun is wrapped by the error for a path that is not a run.
	ErrNotRun = errors.New("not the folder of a run")
	// ErrLocked is wrapped by the error for a run that another process, or another Run of this one,
	// has locked.
	ErrLocked = errors.New("the run is in use by another process")
	// ErrNoCheckpoint is wrapped by the error for a run that has not saved a checkpoint yet.
	ErrNoCheckpoint = errors.New("no checkpoint")
)

// Run is the folder of a training run. It is for one goroutine, except for [Run.Join] and
// [Run.Pictures].
type Run struct {
	fsys vfs.FS
	path string
	lock io.Closer // nil unless locked
}

// Open opens the run at path to read it; [Run.Lock] is for those who write. A path that does not
// exist, and a folder without [ConfigFile], is an error that says so.
func Open(path string) (*Run, error) { return OpenFS(vfs.OS, path) }

// OpenFS is [Open] on a given file system.
func OpenFS(fsys vfs.FS, path string) (*Run, error) {
	path = filepath.Clean(path)
	if err := checkRun(fsys, path); err != nil {
		return nil, fmt.Errorf("runs: open %s: %w", path, err)
	}
	return &Run{fsys: fsys, path: path}, nil
}

func checkRun(fsys vfs.FS, path string) error {
	info, err := fsys.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("a file: %w", ErrNotRun)
	}
	info, err = fsys.Stat(filepath.Join(path, filepath.FromSlash(ConfigFile)))
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("no file %s: %w", ConfigFile, ErrNotRun)
	case err != nil:
		return err
	}
	return nil
}

// Find opens the run that path belongs to: a run, a folder in it, or a file such as a checkpoint. What
// is not in a run gives [ErrNotRun].
func Find(path string) (*Run, error) { return FindFS(vfs.OS, path) }

// FindFS is [Find] on a given file system.
func FindFS(fsys vfs.FS, path string) (*Run, error) {
	if _, err := fsys.Stat(path); err != nil {
		return nil, fmt.Errorf("runs: find the run of %s: %w", path, err)
	}
	folder, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("runs: find the run of %s: %w", path, err)
	}
	for {
		if checkRun(fsys, folder) == nil {
			return &Run{fsys: fsys, path: folder}, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return nil, fmt.Errorf("runs: find the run of %s: it is not inside one: %w", path, ErrNotRun)
		}
		folder = parent
	}
}

// Path returns the run's folder.
func (r *Run) Path() string { return r.path }

// Name returns the name of the run's folder, name and id: "train0".
func (r *Run) Name() string {
	if abs, err := filepath.Abs(r.path); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(r.path)
}

// Lock makes this Run the only one that may write into the folder, until Close or the end of the
// process, however it ends. It then removes files that a killed process left half written. If the run
// is locked already, by another process or another Run, the error is [ErrLocked]. The lock is advisory:
// it stops nobody who does not ask for it. A Run that has the lock keeps it.
func (r *Run) Lock() error {
	if r.lock != nil {
		return nil
	}
	if err := r.takeLock(); err != nil {
		return fmt.Errorf("runs: lock %s: %w", r.path, err)
	}
	if err := removeStale(r.fsys, r.path); err != nil {
		return fmt.Errorf("runs: lock %s: remove what a killed process left: %w", r.path, errors.Join(err, r.Close()))
	}
	return nil
}

func (r *Run) takeLock() (err error) {
	r.lock, err = r.fsys.Lock(filepath.Join(r.path, lockFile))
	if errors.Is(err, vfs.ErrLocked) {
		return ErrLocked
	}
	return err
}

// Close releases the lock, if this Run has it.
func (r *Run) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.lock.Close()
	r.lock = nil
	if err != nil {
		return fmt.Errorf("runs: unlock %s: %w", r.path, err)
	}
	return nil
}
