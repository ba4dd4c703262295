package faultfs

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// PowerCut ends the process, if it still runs, and leaves of the folder what a loss of power leaves: file
// contents as of their last sync, and names as of the last sync of their folder.
//
// More may survive on a real disk. With a source of random numbers, of each folder's changes that were not
// synced the first few happen, and of each file whose content was not synced a part is new: up to some byte,
// from which on it is the old content, nothing, or zeros. Without one, nothing more survives.
//
// The file system is of no more use then; a new one may begin with what is left.
func (f *FS) PowerCut(r *rand.Rand) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.killed = true
	after := survivors(f.root, f.dir, r)
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(f.dir, e.Name())); err != nil {
			return err
		}
	}
	return after.write(f.dir)
}

// survivors returns what is left of a folder, whose present content lies in dir.
func survivors(n *node, dir string, r *rand.Rand) *node {
	names := maps.Clone(n.durable)
	if r != nil {
		for _, change := range n.pending[:r.IntN(len(n.pending)+1)] {
			apply(names, change)
		}
	}
	left := newFolder()
	for _, name := range slices.Sorted(maps.Keys(names)) { // in the same order for the same random numbers
		child := names[name]
		path := filepath.Join(dir, name)
		switch {
		case child.folder:
			left.live[name] = survivors(child, path, r)
		case r != nil && n.live[name] == child:
			now, _ := os.ReadFile(path) // nothing, if it cannot be read
			left.live[name] = &node{content: torn(child.content, now, r)}
		default:
			left.live[name] = &node{content: child.content}
		}
	}
	return left
}

// torn returns what may be left of a file that was changed from old to now.
func torn(old, now []byte, r *rand.Rand) []byte {
	if bytes.Equal(old, now) {
		return old
	}
	same := 0
	for same < min(len(old), len(now)) && old[same] == now[same] {
		same++
	}
	at := same + r.IntN(len(now)-same+1)
	left := slices.Clone(now[:at])
	switch r.IntN(3) {
	case 0:
		return left
	case 1:
		return append(left, make([]byte, len(now)-at)...)
	}
	return append(left, old[min(at, len(old)):]...)
}

// write makes the files and folders of n.
func (n *node) write(dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for name, child := range n.live {
		path := filepath.Join(dir, name)
		write := func() error { return os.WriteFile(path, child.content, 0o666) }
		if child.folder {
			write = func() error { return child.write(path) }
		}
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}
