package datasets

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// files is an Images of encoded images: those of a folder or an archive.
type files struct {
	name    string
	o       Options
	entries []entry // sorted by name
}

// entry is one encoded image. read returns its bytes, at most maxEncoded of them; several
// goroutines may call it.
type entry struct {
	name string // slash path, for order and messages only
	read func() ([]byte, error)
}

// newFiles sorts the entries. Of several with one name the last stays, as when an archive is
// unpacked.
func newFiles(name string, o Options, entries []entry) *files {
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	kept := entries[:0]
	for i, e := range entries {
		if i+1 == len(entries) || entries[i+1].name != e.name {
			kept = append(kept, e)
		}
	}
	return &files{name, o, kept}
}

func (f *files) Name() string        { return f.name }
func (f *files) Len() int            { return len(f.entries) }
func (f *files) Size() (h, w, c int) { return f.o.Size, f.o.Size, f.o.Channels }
func (f *files) Source(i int) string { return f.entries[i].name }

func (f *files) Read(i int, dst []byte) error {
	if err := checkRead(f, i, dst); err != nil {
		return err
	}
	data, err := f.entries[i].read()
	if err == nil {
		err = decode(dst, data, f.o)
	}
	if err != nil {
		return fmt.Errorf("datasets: read %s: %s: %w", f.name, f.entries[i].name, err)
	}
	return nil
}

// readAll reads an encoded image of the given size, which r may contradict.
func readAll(r io.Reader, size int64) ([]byte, error) {
	if size > maxEncoded {
		return nil, tooLarge(size)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxEncoded+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxEncoded {
		return nil, tooLarge(int64(len(data)))
	}
	return data, nil
}

func tooLarge(size int64) error {
	return fmt.Errorf("%d bytes or more: the limit for one image is %d", size, maxEncoded)
}

// hidden reports whether the last element of a slash path is one to pass over: a name that starts
// with a dot (macOS's "._" companions among them) or that is not UTF-8.
func hidden(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") && base != "." || !utf8.ValidString(base)
}
