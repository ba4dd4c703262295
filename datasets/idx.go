package datasets

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
)

// Split is a part of a data set.
type Split string

// The two parts that MNIST comes in.
const (
	Train Split = "train" // 60,000 images
	Test  Split = "test"  // 10,000 images
)

const (
	idxImagesMagic = "\x00\x00\x08\x03" // unsigned bytes, three dimensions
	idxLabelsMagic = "\x00\x00\x08\x01" // unsigned bytes, one dimension
)

// MNIST reads the images of one split from the idx files of LeCun, Cortes and Burges
// (http://yann.lecun.com/exdb/mnist/), or of a set in the same form such as Fashion-MNIST:
// train-images-idx3-ubyte or t10k-images-idx3-ubyte, also with a dot for the second hyphen, plain or
// with .gz. It looks in dir and then in dir/raw, where torchvision puts them. The set has shape
// (N,28,28,1); labels are not read. A file that is not there is [fs.ErrNotExist].
func MNIST(dir string, split Split) (*Set, error) {
	stem, ok := map[Split]string{Train: "train-images", Test: "t10k-images"}[split]
	if !ok {
		return nil, fmt.Errorf("datasets: mnist: split %q: want %q or %q", split, Train, Test)
	}
	file, err := findIDX(dir, stem)
	if err != nil {
		return nil, fmt.Errorf("datasets: mnist: %w", err)
	}
	return readIDXFile(file, baseName(dir)+" "+string(split), DefaultMaxBytes)
}

// findIDX returns the path of the idx file with the given stem.
func findIDX(dir, stem string) (string, error) {
	for _, sub := range []string{"", "raw"} {
		for _, ending := range []string{"-idx3-ubyte", ".idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte.gz"} {
			file := filepath.Join(dir, sub, stem+ending)
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				return file, nil
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
	}
	return "", fmt.Errorf("no %s-idx3-ubyte or %s-idx3-ubyte.gz in %s: %w", stem, stem, dir, fs.ErrNotExist)
}

func readIDXFile(file, name string, maxBytes int64) (*Set, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("datasets: idx: %w", err)
	}
	defer f.Close()
	s, err := ReadIDX(f, name, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("%w (file %s)", err, file)
	}
	return s, nil
}

// ReadIDX reads images from the idx form of MNIST, gzipped or not: the number 0x803, then count,
// rows and columns, each big-endian in four bytes, then the pixels in the order (N,H,W). The set,
// of shape (N,H,W,1), may take at most maxBytes (0: [DefaultMaxBytes]); memory is taken as the bytes
// arrive, not as the header promises. Another magic number, dimensions of 0, too few bytes or bytes
// left over are errors.
func ReadIDX(r io.Reader, name string, maxBytes int64) (*Set, error) {
	s, err := readIDX(r, name, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("datasets: idx: %s: %w", name, err)
	}
	return s, nil
}

func readIDX(r io.Reader, name string, maxBytes int64) (*Set, error) {
	if maxBytes == 0 {
		maxBytes = DefaultMaxBytes
	}
	buffered := bufio.NewReaderSize(r, 1<<16)
	r = buffered
	if magic, _ := buffered.Peek(2); string(magic) == gzipMagic {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		r = z
	}
	var header [16]byte
	if n, err := io.ReadFull(r, header[:]); err != nil {
		return nil, fmt.Errorf("the header has %d of 16 bytes: %w", n, err)
	}
	switch string(header[:4]) {
	case idxImagesMagic:
	case idxLabelsMagic:
		return nil, errors.New("it starts with 0x801: these are labels, not images")
	default:
		return nil, fmt.Errorf("it starts with %#x: want 0x803, the number of idx images", binary.BigEndian.Uint32(header[:]))
	}
	n, h, w := binary.BigEndian.Uint32(header[4:]), binary.BigEndian.Uint32(header[8:]), binary.BigEndian.Uint32(header[12:])
	switch {
	case n == 0:
		return nil, fmt.Errorf("%w: the header says 0", ErrNoImages)
	case h < 1 || h > MaxSide || w < 1 || w > MaxSide:
		return nil, fmt.Errorf("the header says images of %d×%d: want sides of 1 to %d", h, w, MaxSide)
	}
	over, want := bits.Mul64(uint64(n), uint64(h)*uint64(w))
	if over != 0 || want > uint64(maxBytes) {
		return nil, fmt.Errorf("%d images of %d×%d take %d bytes: the limit is %d", n, h, w, want, maxBytes)
	}
	pix, err := io.ReadAll(io.LimitReader(r, int64(want)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("after %d of %d pixels: %w", len(pix), want, err)
	case uint64(len(pix)) < want:
		return nil, fmt.Errorf("cut off: %d of the %d pixels that the header says", len(pix), want)
	case uint64(len(pix)) > want:
		return nil, fmt.Errorf("there are bytes after the %d pixels that the header says", want)
	}
	return NewSet(name, int(h), int(w), 1, pix)
}
