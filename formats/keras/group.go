package keras

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// visit reads the object at an address: a dataset is added, of a group all members are visited.
func (f *file) visit(address uint64, path string, depth int) error {
	if f.objects++; f.objects > maxObjects {
		return fmt.Errorf("more than %d groups and datasets", maxObjects)
	}
	if depth > maxDepth {
		return fmt.Errorf("%s: more than %d groups in each other", shorten(path), maxDepth)
	}
	messages, err := f.header(address)
	if err != nil {
		return fmt.Errorf("%s: %w", shorten(path), err)
	}
	if slices.ContainsFunc(messages, func(m message) bool { return m.kind == msgLayout }) {
		d, err := f.dataset(path, messages)
		if err != nil {
			return fmt.Errorf("dataset %s: %w", shorten(path), err)
		}
		f.found = append(f.found, d)
		return nil
	}
	if f.groups[address] {
		return fmt.Errorf("group %s: it is a part of itself, or appears twice", shorten(path))
	}
	f.groups[address] = true
	links, err := f.links(messages)
	if err != nil {
		return fmt.Errorf("group %s: %w", shorten(path), err)
	}
	for _, l := range links {
		if !utf8.ValidString(l.name) || l.name == "" {
			return fmt.Errorf("group %s: name %s: want text in UTF-8", shorten(path), shorten(l.name))
		}
		child := l.name
		if path != "" {
			child = path + "/" + l.name
		}
		if err := f.visit(l.address, child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// link is a member of a group. Links to other files and to names are passed over.
type link struct {
	name    string
	address uint64
}

func (f *file) links(messages []message) (list []link, err error) {
	for _, m := range messages {
		switch m.kind {
		case msgSymbolTable:
			if len(m.data) < 16 {
				return nil, errors.New("symbol table of less than 16 bytes")
			}
			names, err := f.heap(le.Uint64(m.data[8:]))
			if err != nil {
				return nil, err
			}
			if list, err = f.tree(list, le.Uint64(m.data), names, maxDepth); err != nil {
				return nil, err
			}
		case msgLink:
			l, hard, err := parseLink(m.data)
			if err != nil {
				return nil, err
			}
			if hard {
				list = append(list, l)
			}
		case msgLinkInfo:
			if err := checkLinkInfo(m.data); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// checkLinkInfo refuses members in a fractal heap, which h5py makes of more than eight in its latest format.
func checkLinkInfo(b []byte) error {
	at := 2
	if len(b) > 1 && b[1]&1 != 0 {
		at += 8
	}
	if len(b) < at+8 {
		return errors.New("link information that is too short")
	}
	if le.Uint64(b[at:]) != undefined {
		return errors.New("its members are in dense storage, which is not read; write the file with h5py's default libver")
	}
	return nil
}

// parseLink reads a link message; hard is false for links of other kinds.
func parseLink(b []byte) (l link, hard bool, err error) {
	short := errors.New("link that is too short")
	if len(b) < 2 || b[0] != 1 {
		return l, false, errors.New("link of another version than 1")
	}
	flags := b[1]
	b = b[2:]
	hard = true
	if flags&8 != 0 {
		if len(b) < 1 {
			return l, false, short
		}
		hard, b = b[0] == 0, b[1:]
	}
	skip := 0
	if flags&4 != 0 { // order of creation
		skip += 8
	}
	if flags&0x10 != 0 { // character set
		skip++
	}
	width := 1 << (flags & 3)
	if len(b) < skip+width {
		return l, false, short
	}
	var size [8]byte
	copy(size[:], b[skip:skip+width])
	n := le.Uint64(size[:])
	b = b[skip+width:]
	if n > uint64(len(b)) {
		return l, false, short
	}
	l.name, b = string(b[:n]), b[n:]
	if !hard {
		return l, false, nil
	}
	if len(b) < 8 {
		return l, false, short
	}
	l.address = le.Uint64(b)
	return l, true, nil
}

// heap returns the names of a group's members, each ended by a zero.
func (f *file) heap(address uint64) ([]byte, error) {
	b, err := f.at(address, 32)
	if err != nil {
		return nil, err
	}
	if string(b[:4]) != "HEAP" {
		return nil, fmt.Errorf("no heap of names at %d", address)
	}
	return f.at(le.Uint64(b[24:]), le.Uint64(b[8:]))
}

// tree adds the members under a node of a group's B-tree.
func (f *file) tree(list []link, address uint64, names []byte, depth int) ([]link, error) {
	if f.nodes[address] || depth == 0 {
		return nil, fmt.Errorf("tree of members that contains itself, at %d", address)
	}
	f.nodes[address] = true
	b, err := f.at(address, 24)
	if err != nil {
		return nil, err
	}
	switch {
	case string(b[:4]) == "SNOD":
		return f.symbols(list, address, int(le.Uint16(b[6:])), names)
	case string(b[:4]) != "TREE" || b[4] != 0:
		return nil, fmt.Errorf("no tree of members at %d", address)
	}
	// A key of 8 bytes before each child, and one after the last.
	children, err := f.at(address+24, 16*uint64(le.Uint16(b[6:])))
	if err != nil {
		return nil, err
	}
	for ; len(children) > 0; children = children[16:] {
		if list, err = f.tree(list, le.Uint64(children[8:]), names, depth-1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// symbols adds the members in a node of n entries of 40 bytes.
func (f *file) symbols(list []link, address uint64, n int, names []byte) ([]link, error) {
	b, err := f.at(address+8, 40*uint64(n))
	if err != nil {
		return nil, err
	}
	for ; len(b) > 0; b = b[40:] {
		at, cache := le.Uint64(b), le.Uint32(b[16:])
		if cache == 2 { // a link to a name
			continue
		}
		if at >= uint64(len(names)) {
			return nil, fmt.Errorf("name at %d of %d", at, len(names))
		}
		name, _, ok := bytes.Cut(names[at:], []byte{0})
		if !ok {
			return nil, fmt.Errorf("name at %d without an end", at)
		}
		list = append(list, link{string(name), le.Uint64(b[8:])})
	}
	return list, nil
}
