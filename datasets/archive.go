package datasets

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"ganlib/formats/packed"
)

// Archive reads the images in a zip, tar or tar.gz (tgz) file without unpacking it to disk. Which
// it is shows in its first bytes, not in its name. Entries are chosen, ordered and named as
// [Folder] does files. Their names are never used as paths, and entries whose name is absolute or
// leads upwards (..) are left out, as are links.
//
// A zip is read image by image, each by opening the file again, so it must stay in place. A tar has
// no index: its encoded images are kept in memory, at most o.MaxBytes of them, else it is an error.
// A damaged or cut-off archive is an error; one damaged image in it is an error of Read.
func Archive(name string, o Options) (Images, error) {
	f, err := archive(name, o)
	if err != nil {
		return nil, fmt.Errorf("datasets: archive %s: %w", name, err)
	}
	return f, nil
}

func archive(name string, o Options) (*files, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	kind, err := kindOf(name)
	if err != nil {
		return nil, err
	}
	var entries []entry
	switch kind {
	case kindZip:
		entries, err = zipEntries(name)
	case kindTar, kindTarGz:
		entries, err = tarFile(name, kind == kindTarGz, o.MaxBytes)
	default:
		return nil, fmt.Errorf("it is %s: want zip, tar or tar.gz", kind)
	}
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%w: no .jpg, .jpeg, .png or .gif in it", ErrNoImages)
	}
	return newFiles(stem(name), o, entries), nil
}

// tarFile reads a tar file, compressed or not.
func tarFile(name string, compressed bool, maxBytes int64) ([]entry, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReaderSize(f, 1<<16)
	if compressed {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, err
		}
	}
	return tarEntries(r, maxBytes)
}

// tarEntries keeps the encoded images of a tar stream, up to maxBytes with what it takes to keep
// track of them.
func tarEntries(r io.Reader, maxBytes int64) ([]entry, error) {
	const overhead = 128 // of one entry in memory, about
	var entries []entry
	var total int64
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err == io.EOF {
			// A tar may end before the stream does; gzip checks its sum at the very end.
			if _, err := io.Copy(io.Discard, r); err != nil {
				return nil, fmt.Errorf("after the last entry: %w", err)
			}
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("after %d images: %w", len(entries), err)
		}
		name, ok := entryName(h.Name)
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > maxEncoded {
			size := h.Size
			entries = append(entries, entry{name, func(most int64) ([]byte, error) { return nil, tooLarge(size, most) }})
			total += overhead
			continue
		}
		if total += h.Size + int64(len(name)) + overhead; total > maxBytes {
			return nil, fmt.Errorf("its encoded images take more than the limit of %d bytes (reached at %s)", maxBytes, name)
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		entries = append(entries, entry{name, func(int64) ([]byte, error) { return data, nil }})
	}
}

// entryName cleans the name of an archive's entry and reports whether it may hold an image.
func entryName(name string) (string, bool) {
	name = strings.ReplaceAll(name, `\`, "/") // as some programs write on Windows
	for _, element := range strings.Split(name, "/") {
		if element == ".." {
			return "", false
		}
	}
	name = path.Clean(name)
	if !fs.ValidPath(name) || !candidate(name) { // an absolute path is not valid
		return "", false
	}
	for p := name; p != "."; p = path.Dir(p) {
		if hidden(p) {
			return "", false
		}
	}
	return name, true
}

// stem is the last element of a path without the extensions of archives, idx files and packed sets.
func stem(name string) string {
	base := baseName(name)
	for _, ext := range []string{".gz", ".tgz", ".tar", ".zip", ".pack"} {
		if s, ok := strings.CutSuffix(base, ext); ok && s != "" {
			base = s
		}
	}
	return base
}

// kind is what a file holds, by its first bytes.
type kind string

const (
	kindZip   kind = "a zip file"
	kindTar   kind = "a tar file"
	kindTarGz kind = "a tar.gz file"
	kindIDX   kind = "an idx file"
	kindImage kind = "a single image"
	kindPack  kind = "a packed set"
)

// kindOf looks at the first bytes of a file, decompressed if it is gzipped. Anything that is no
// regular file or not known is an error.
func kindOf(name string) (kind, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("it is not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head, err := readHead(f)
	if err != nil {
		return "", err
	}
	compressed := bytes.HasPrefix(head, []byte(gzipMagic))
	if compressed {
		z, err := gzip.NewReader(io.MultiReader(bytes.NewReader(head), f))
		if err != nil {
			return "", err
		}
		if head, err = readHead(z); err != nil {
			return "", err
		}
	}
	_, notImage := sniff(head)
	switch {
	case bytes.HasPrefix(head, []byte(packed.Magic)) && !compressed:
		return kindPack, nil
	case bytes.HasPrefix(head, []byte(idxImagesMagic)), bytes.HasPrefix(head, []byte(idxLabelsMagic)):
		return kindIDX, nil
	case len(head) == headLen && string(head[257:262]) == "ustar", len(head) == headLen && oldTar(head):
		if compressed {
			return kindTarGz, nil
		}
		return kindTar, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) && !compressed, bytes.HasPrefix(head, []byte("PK\x05\x06")) && !compressed:
		return kindZip, nil
	case notImage == nil:
		return kindImage, nil
	}
	return "", fmt.Errorf("it is neither a zip, tar or tar.gz file, a packed set nor idx images: it starts with %q", head[:min(8, len(head))])
}

const (
	gzipMagic = "\x1f\x8b"
	headLen   = 512 // of a tar header
)

// readHead reads up to headLen bytes.
func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, headLen)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return head[:n], nil
}

// oldTar recognises a tar header of before POSIX, which has no magic, by its check sum.
func oldTar(head []byte) bool {
	_, err := tar.NewReader(bytes.NewReader(head)).Next()
	return err == nil
}
