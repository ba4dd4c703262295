package datasets

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// zipEntries lists the images of a zip file.
func zipEntries(name string) ([]entry, error) {
	z, err := zip.OpenReader(name)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are checked below
		return nil, err
	}
	defer z.Close()
	var entries []entry
	for _, f := range z.File {
		slash, ok := entryName(f.Name)
		if !ok || !f.Mode().IsRegular() {
			continue
		}
		offset, err := f.DataOffset()
		part := zipPart{name, offset, f.CompressedSize64, f.UncompressedSize64, f.Method, f.CRC32}
		switch {
		case err != nil:
		case f.Flags&1 != 0:
			err = errors.New("the entry is encrypted")
		case f.Method != zip.Store && f.Method != zip.Deflate:
			err = fmt.Errorf("compression method %d: want 0 (stored) or 8 (deflated)", f.Method)
		}
		if err != nil {
			entries = append(entries, entry{slash, func(int64) ([]byte, error) { return nil, err }})
			continue
		}
		entries = append(entries, entry{slash, part.read})
	}
	return entries, nil
}

// zipPart is where the bytes of one entry lie. The file is opened for each read: a pool of open
// files would have to be closed by somebody, and opening costs little beside decoding.
type zipPart struct {
	file             string
	offset           int64
	compressed, size uint64
	method           uint16
	sum              uint32
}

func (p zipPart) read(most int64) ([]byte, error) {
	if size := max(p.size, p.compressed); size > uint64(most) {
		return nil, tooLarge(int64(min(size, 1<<62)), most)
	}
	f, err := os.Open(p.file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = io.NewSectionReader(f, p.offset, int64(p.compressed))
	if p.method == zip.Deflate {
		z := flate.NewReader(r)
		defer z.Close()
		r = z
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(p.size)+1))
	switch {
	case err != nil:
		return nil, err
	case uint64(len(data)) != p.size:
		return nil, fmt.Errorf("it has not the %d bytes that the zip file's directory says", p.size)
	case crc32.ChecksumIEEE(data) != p.sum:
		return nil, errors.New("its bytes do not match the zip file's check sum")
	}
	return data, nil
}
