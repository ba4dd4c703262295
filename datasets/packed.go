package datasets

import (
	"context"
	"errors"
	"fmt"
	"os"

	"ganlib/formats/packed"
)

// Packed opens a set that was packed into one file (package [ganlib/formats/packed]) at its own size and
// channels. Nothing is decoded: an image is read from its place and checked against its sum.
//
// [Load] maps such a set into memory where the operating system can, for the life of the process, after
// checking every image: then the file may be replaced by a rename but must not be changed or cut off in
// place. Where files cannot be mapped it is read like any other source. The loaded set has the
// fingerprint of the images that were packed.
func Packed(name string) (Images, error) {
	p, err := openPacked(name)
	if err != nil {
		return nil, fmt.Errorf("datasets: packed %s: %w", name, err)
	}
	return p, nil
}

// IsPacked reports whether there is a packed set at a path, by its first bytes.
func IsPacked(name string) bool {
	kind, err := kindOf(name)
	return err == nil && kind == kindPack
}

// packedImages is a packed set whose index is in memory.
type packedImages struct {
	path, name string
	index      *packed.File // its reader is closed: for what is in memory only
	h, w, c    int
}

func openPacked(path string) (*packedImages, error) {
	kind, err := kindOf(path)
	if err != nil {
		return nil, err
	}
	if kind != kindPack {
		return nil, fmt.Errorf("it is %s: want %s", kind, kindPack)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	index, err := packed.Read(f, info.Size())
	if err != nil {
		return nil, err
	}
	p := &packedImages{path: path, name: index.Metadata()["name"], index: index}
	p.h, p.w, p.c = index.Size()
	if p.name == "" {
		p.name = stem(path)
	}
	return p, nil
}

func (p *packedImages) Name() string        { return p.name }
func (p *packedImages) Len() int            { return p.index.Len() }
func (p *packedImages) Size() (h, w, c int) { return p.h, p.w, p.c }
func (p *packedImages) Source(i int) string { return p.index.Name(i) }

// Read opens the file again, as the reader of zip files does. What replaced the file meanwhile does not
// match the check sum.
func (p *packedImages) Read(i int, dst []byte) error {
	if err := checkRead(p, i, dst); err != nil {
		return err
	}
	f, err := os.Open(p.path)
	if err == nil {
		defer f.Close()
		err = p.index.On(f).Image(i, dst)
	}
	if err != nil {
		return fmt.Errorf("datasets: read %s: %w", p.name, err)
	}
	return nil
}

// resized is Resized, with a name that tells of it: a set packed at 64×64 makes poor images of 128×128.
func (p *packedImages) resized(o Options) (Images, error) {
	src, err := Resized(p, o)
	if _, changed := src.(*resized); changed {
		p.name = fmt.Sprintf("%s (packed as %d×%d×%d)", p.name, p.h, p.w, p.c)
	}
	return src, err
}

// mapped returns the set with its pixels mapped, or neither set nor error if it has to be read.
func (p *packedImages) mapped(ctx context.Context, o LoadOptions) (*Set, error) {
	f, err := os.Open(p.path)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	m, err := packed.Map(f)
	if err != nil {
		return nil, nil
	}
	if h, w, c := m.Size(); m.Len() != p.Len() || h != p.h || w != p.w || c != p.c {
		return nil, m.Close() // another file than the one that was opened
	}
	l := loader{src: inPlace{p}, o: o, pix: m.Pixels, each: p.h * p.w * p.c, errs: make([]error, p.Len())}
	var s *Set
	if err = l.run(ctx); err == nil {
		s, err = l.set()
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return s, nil
}

// inPlace checks images where they are instead of reading them.
type inPlace struct{ *packedImages }

func (p inPlace) Read(i int, pix []byte) error {
	if err := p.index.Check(i, pix); err != nil {
		return fmt.Errorf("datasets: read %s: %w", p.name, err)
	}
	return nil
}
