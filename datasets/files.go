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

// entry is one encoded image. read returns its bytes, of which there may be so many at most; several
// goroutines may call it.
type entry struct {
	name string // slash path, for order and messages only
	read func(most int64) ([]byte, error)
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
	data, err := f.entries[i].read(f.o.maxEncoded())
	if err == nil {
		err = decode(dst, data, f.o)
	}
	if err != nil {
		return fmt.Errorf("datasets: read %s: %s: %w", f.name, f.entries[i].name, err)
	}
	return nil
}

// Smaller returns images that are refused above so many pixels each, if src decodes them and allows more;
// otherwise src itself.
func Smaller(src Images, maxPixels int64) Images {
	f, ok := src.(*files)
	if !ok || f.o.MaxPixels <= maxPixels {
		return src
	}
	smaller := *f
	smaller.o.MaxPixels = maxPixels
	return &smaller
}

// readAll reads an encoded image of the given size, which r may contradict, and of which there may be so many
// bytes at most.
func readAll(r io.Reader, size, most int64) ([]byte, error) {
	if size > most {
		return nil, tooLarge(size, most)
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, tooLarge(int64(len(data)), most)
	}
	return data, nil
}

func tooLarge(size, most int64) error {
	return fmt.Errorf("%d bytes or more: the limit for one image is %d", size, most)
}

// hidden reports whether the last element of a slash path is one to pass over: a name that starts
// with a dot (macOS's "._" companions among them) or that is not UTF-8.
func hidden(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") && base != "." || !utf8.ValidString(base)
}
