package faultfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// node is a file or a folder with what of it is durable, whatever its name is by now.
type node struct {
	folder  bool
	content []byte           // of a file, at its last sync
	live    map[string]*node // of a folder
	durable map[string]*node // of a folder, at its last sync
	pending [][]entry        // changes of a folder since then, in order
}

// entry is a new meaning of a name: a node, or nil for none.
type entry struct {
	name string
	node *node
}

func newFolder() *node {
	return &node{folder: true, live: map[string]*node{}, durable: map[string]*node{}}
}

// change gives names in a folder new meanings, in one step.
func (n *node) change(entries ...entry) {
	apply(n.live, entries)
	n.pending = append(n.pending, entries)
}

func apply(names map[string]*node, entries []entry) {
	for _, e := range entries {
		if e.node == nil {
			delete(names, e.name)
		} else {
			names[e.name] = e.node
		}
	}
}

// file returns the node of a file that is there, and notes it if it is new.
func (n *node) file(name string) *node {
	if n.live[name] == nil {
		n.change(entry{name, &node{}})
	}
	return n.live[name]
}

// sync makes a folder's names durable.
func (n *node) sync() { n.durable, n.pending = maps.Clone(n.live), nil }

// syncFile makes a file's content durable.
func (n *node) syncFile(under *os.File) error {
	info, err := under.Stat()
	if err != nil {
		return err
	}
	content := make([]byte, info.Size())
	if _, err := under.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	n.content = content
	return nil
}

// scan returns the node of a folder whose files are all durable.
func scan(dir string) (*node, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	n := newFolder()
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		child := &node{}
		if e.IsDir() {
			child, err = scan(path)
		} else {
			child.content, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, err
		}
		n.live[e.Name()] = child
	}
	n.sync()
	return n, nil
}

// find returns the node at a path.
func (f *FS) find(path string) (*node, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(f.dir, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, fmt.Errorf("faultfs: %s is outside %s", path, f.dir)
	}
	n := f.root
	if rel == "." {
		return n, nil
	}
	for name := range strings.SplitSeq(rel, string(filepath.Separator)) {
		next := n.live[name]
		if next == nil {
			return nil, &fs.PathError{Op: "find", Path: path, Err: fs.ErrNotExist}
		}
		n = next
	}
	return n, nil
}

// parent returns the folder of a path, and the name in it.
func (f *FS) parent(path string) (folder *node, name string, err error) {
	folder, err = f.find(filepath.Dir(path))
	return folder, filepath.Base(path), err
}
