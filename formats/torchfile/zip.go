package torchfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxVersion is the latest layout of archives that PyTorch's own reader knows.
const maxVersion = 10

// archive is a zip archive with the names of its entries, without the folder that all of them lie in.
type archive struct {
	r       io.ReaderAt
	size    int64
	entries map[string]*zip.File
}

func (o Options) readZip(r io.ReaderAt, size int64) (any, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	if err := a.checkVersion(); err != nil {
		return nil, err
	}
	pickle, err := a.read("data.pkl", int64(o.MaxPickle))
	if err != nil {
		return nil, err
	}
	s := &storages{byKey: map[string]*view{}, open: a.open}
	root, n, err := unpickle(pickle, s.persist)
	if err == nil && n != len(pickle) {
		err = fmt.Errorf("ends after %d of %d bytes", n, len(pickle))
	}
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	return root, nil
}

// openArchive reads the directory of an archive.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("want a whole zip archive, not a part of one: %w", err)
	}
	folder, found := "", false
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, "data.pkl")
		if !ok || name != "" && !strings.HasSuffix(name, "/") {
			continue
		}
		if found {
			return nil, fmt.Errorf("%s and %s: want one data.pkl", shorten(folder+"data.pkl"), shorten(f.Name))
		}
		folder, found = name, true
	}
	if !found {
		return nil, errors.New("a zip archive without data.pkl: no file of torch.save")
	}
	a := &archive{r: r, size: size, entries: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		name, ok := strings.CutPrefix(f.Name, folder)
		if !ok {
			continue // PyTorch ignores it
		}
		if a.entries[name] != nil {
			return nil, fmt.Errorf("entry %s is there twice", shorten(f.Name))
		}
		a.entries[name] = f
	}
	return a, nil
}

// checkVersion refuses archives whose numbers would be read wrongly.
func (a *archive) checkVersion() error {
	if a.entries["version"] != nil {
		text, err := a.read("version", 20)
		if err != nil {
			return err
		}
		if v, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || v < 1 || v > maxVersion {
			return fmt.Errorf("version %s: want 1 to %d", shorten(string(text)), maxVersion)
		}
	}
	if a.entries["byteorder"] == nil {
		return nil
	}
	text, err := a.read("byteorder", 20)
	if err == nil && string(text) != "little" {
		err = fmt.Errorf("byteorder %s: only little-endian files are read", shorten(string(text)))
	}
	return err
}

// place returns where the bytes of an entry lie, which must be there as they are.
func (a *archive) place(name string) (*zip.File, int64, error) {
	f := a.entries[name]
	if f == nil {
		return nil, 0, fmt.Errorf("%s is not in the archive", shorten(name))
	}
	if f.Method != zip.Store || f.Flags&1 != 0 || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, 0, fmt.Errorf("%s is compressed or encrypted: want it stored, as torch.save does", shorten(name))
	}
	at, err := f.DataOffset()
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", shorten(name), err)
	}
	if f.UncompressedSize64 > uint64(a.size) || at > a.size-int64(f.UncompressedSize64) {
		return nil, 0, fmt.Errorf("%s: %d bytes at offset %d, the file has %d: %w", shorten(name), f.UncompressedSize64, at, a.size, io.ErrUnexpectedEOF)
	}
	return f, at, nil
}

// read returns the bytes of a small entry, after comparing them with their checksum.
func (a *archive) read(name string, limit int64) ([]byte, error) {
	f, at, err := a.place(name)
	if err != nil {
		return nil, err
	}
	size := int64(f.UncompressedSize64)
	if size > limit {
		return nil, fmt.Errorf("%s of %d bytes: want at most %d", shorten(name), size, limit)
	}
	s := &storage{key: name, size: size, r: a.r, at: at, crc: f.CRC32}
	return s.read(0, size)
}

// open finds a storage in the archive.
func (a *archive) open(s *storage) error {
	f, at, err := a.place("data/" + s.key)
	if err != nil {
		return err
	}
	if got := int64(f.UncompressedSize64); got != s.size {
		return fmt.Errorf("storage %s has %d bytes, want %d as the pickle says", shorten(s.key), got, s.size)
	}
	s.r, s.at, s.crc = a.r, at, f.CRC32
	return nil
}
