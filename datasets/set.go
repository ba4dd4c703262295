package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
)

// Set is a collection of images in memory. It is an [Images] itself. Nothing here changes a set
// after it was made, so goroutines may share it; whoever writes to Pix gives that up.
type Set struct {
	N       int    // number of images, at least 1
	H, W, C int    // height, width and channels of each
	Pix     []byte // the images, (N,H,W,C)
	Skipped []Skip // what could not be read, in order; not counted in N

	// Fingerprint names the content: SHA-256, in hexadecimal, over N, H, W and C, each eight bytes
	// little-endian, and Pix.
	Fingerprint string

	name    string
	sources []string // where each image comes from; nil if that is not known
}

// Skip is an image that was left out because it could not be read.
type Skip struct {
	Index  int    // its number in the source
	Source string // its file
	Err    error  // why
}

// NewSet makes a set of pix, images of shape (h,w,c) one after the other, which it keeps. A dimension
// below 1 and a length that is no whole, positive number of images are errors.
func NewSet(name string, h, w, c int, pix []byte) (*Set, error) {
	each, ok := product(h, w, c)
	switch {
	case h < 1 || w < 1 || c < 1:
		return nil, fmt.Errorf("datasets: set %s: images of %d×%d×%d: want dimensions of at least 1", name, h, w, c)
	case len(pix) == 0:
		return nil, fmt.Errorf("datasets: set %s: %w", name, ErrNoImages)
	case !ok || int64(len(pix))%each != 0:
		return nil, fmt.Errorf("datasets: set %s: %d bytes are no whole number of images of %d×%d×%d", name, len(pix), h, w, c)
	}
	s := &Set{N: int(int64(len(pix)) / each), H: h, W: w, C: c, Pix: pix, name: name}
	s.Fingerprint = s.fingerprint()
	return s, nil
}

func (s *Set) fingerprint() string {
	hash := sha256.New()
	for _, d := range []int{s.N, s.H, s.W, s.C} {
		hash.Write(binary.LittleEndian.AppendUint64(nil, uint64(d)))
	}
	hash.Write(s.Pix)
	return hex.EncodeToString(hash.Sum(nil))
}

// Name returns the name that the set was made with.
func (s *Set) Name() string { return s.name }

// Len returns N.
func (s *Set) Len() int { return s.N }

// Size returns H, W and C.
func (s *Set) Size() (h, w, c int) { return s.H, s.W, s.C }

// Read copies image i to dst.
func (s *Set) Read(i int, dst []byte) error {
	if err := checkRead(s, i, dst); err != nil {
		return err
	}
	copy(dst, s.Image(i))
	return nil
}

// Image returns the bytes of image i, 0 <= i < N, within Pix.
func (s *Set) Image(i int) []byte {
	each := s.H * s.W * s.C
	return s.Pix[i*each : (i+1)*each : (i+1)*each]
}

// Source returns where image i comes from, or "" if that is not known.
func (s *Set) Source(i int) string {
	if i < 0 || i >= len(s.sources) {
		return ""
	}
	return s.sources[i]
}

// String describes the set in a line: "CatFaces: 8303 images of 64×64×3, 102.0 MB, 2 skipped".
func (s *Set) String() string {
	count := fmt.Sprintf("%d images", s.N)
	if s.N == 1 {
		count = "a single image, which every batch repeats,"
	}
	line := fmt.Sprintf("%s: %s of %d×%d×%d, %.1f MB", s.name, count, s.H, s.W, s.C, float64(len(s.Pix))/1e6)
	if n := len(s.Skipped); n > 0 {
		line += fmt.Sprintf(", %d skipped", n)
	}
	return line
}

// product multiplies dimensions, and reports whether all are at least 0 and the result fits.
func product(dims ...int) (int64, bool) {
	p := uint64(1)
	for _, d := range dims {
		hi, lo := bits.Mul64(p, uint64(d))
		if d < 0 || hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		p = lo
	}
	return int64(p), true
}
