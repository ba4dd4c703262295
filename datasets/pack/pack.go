package pack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf8"

	"ganlib/datasets"
	"ganlib/formats/packed"
)

// Options say what Build leaves out. The zero value is not valid: see [Defaults].
type Options struct {
	Duplicates Duplicates // which duplicates are left out
	Bits       int        // with Near: the most bits, of 480, in which near duplicates differ, 0 to MaxBits
	Strict     bool       // an image that cannot be read is an error, instead of left out
	Workers    int        // goroutines that read; 0: GOMAXPROCS

	// Metadata are written to the file beside Build's own, which count: the source's images, and those
	// that were left out, by reason.
	Metadata map[string]string

	// Progress, if not nil, is called after each image with the number that are done. Calls do not
	// overlap.
	Progress func(done, total int)
}

// Defaults leave out exact and near duplicates, and what cannot be read.
func Defaults() Options { return Options{Duplicates: Near, Bits: DefaultBits} }

// Validate reports the first field that is out of range.
func (o Options) Validate() error {
	if err := o.Duplicates.check(); err != nil {
		return err
	}
	switch {
	case o.Duplicates == Near && (o.Bits < 0 || o.Bits > MaxBits):
		return fmt.Errorf("bits %d: want 0 to %d, of the %d of a picture", o.Bits, MaxBits, rises)
	case o.Workers < 0:
		return fmt.Errorf("workers %d: want 0 or more", o.Workers)
	}
	return nil
}

// Reason says why an image was left out.
type Reason string

// The reasons.
const (
	Unreadable    Reason = "unreadable"
	OtherSize     Reason = "size" // [datasets.ErrImageSize]
	ExactCopy     Reason = "exact duplicate"
	NearDuplicate Reason = "near duplicate"
)

// Reasons lists all reasons, in the order in which people are told.
func Reasons() []Reason { return []Reason{Unreadable, OtherSize, ExactCopy, NearDuplicate} }

// Removal is an image that was left out.
type Removal struct {
	Index    int // its number in the source
	Source   string
	Reason   Reason
	Of       string // of a duplicate: the source of the image that was kept instead
	Mirrored bool   // of a near duplicate: it looks like the other's mirror image
	Bits     int    // of a near duplicate: in how many bits they differ
	Err      error  // why an image is unreadable or not of the wanted size
}

// Report says what became of a source's images.
type Report struct {
	Images  int       // in the source
	Kept    int       // written
	Removed []Removal // the others, in the source's order
}

// Count returns how many images were left out for a reason.
func (r *Report) Count(reason Reason) int {
	n := 0
	for _, x := range r.Removed {
		if x.Reason == reason {
			n++
		}
	}
	return n
}

// Build writes the images of src, in their order, as a packed set to w. Of duplicates the first stays.
// The same images, names and options give the same bytes, whatever the number of workers.
//
// An image that cannot be read is left out and reported, or with Strict is an error, which names the
// first. A source without images, and one of which nothing is left, are [datasets.ErrNoImages]. When ctx
// ends the result is its error. After any error what w got is of no use.
func Build(ctx context.Context, src datasets.Images, w io.Writer, o Options) (*Report, error) {
	r, err := build(ctx, src, w, o)
	if err != nil {
		return nil, fmt.Errorf("pack: %s: %w", src.Name(), err)
	}
	return r, nil
}

func build(ctx context.Context, src datasets.Images, w io.Writer, o Options) (*Report, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if src.Len() == 0 {
		return nil, datasets.ErrNoImages
	}
	h, wide, c := src.Size()
	file, err := packed.NewWriter(w, h, wide, c)
	if err != nil {
		return nil, err
	}
	b := builder{src: src, o: o, file: file, gallery: newGallery(o), report: &Report{Images: src.Len()}}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if err := inOrder(ctx, src, o, b.take); err != nil {
		return nil, err
	}
	if b.report.Kept == 0 {
		return nil, fmt.Errorf("%w: all %d were left out; the first, %s: %w", datasets.ErrNoImages, src.Len(), b.report.Removed[0].Source, b.report.Removed[0].Err)
	}
	return b.report, file.Close(b.metadata())
}

// Remembered returns about how many bytes of memory [Build] takes at most for each image of a source, kept or left
// out, beside those that are on their way: names, sums, and of near duplicates what the images look like.
func Remembered(d Duplicates) int64 {
	if d == Near {
		return 1000
	}
	return 350
}

// builder is one call of Build.
type builder struct {
	src     datasets.Images
	o       Options
	file    *packed.Writer
	gallery *gallery
	report  *Report
	names   []string // of what was kept
}

// take decides about the next image.
func (b *builder) take(s *sample) error {
	r := Removal{Index: s.index, Source: datasets.Source(b.src, s.index), Err: s.err}
	switch m, found := b.find(s); {
	case s.err != nil && errors.Is(s.err, datasets.ErrImageSize):
		r.Reason = OtherSize
	case s.err != nil && b.o.Strict:
		return s.err
	case s.err != nil:
		r.Reason = Unreadable
	case found && m.exact:
		r.Reason, r.Of = ExactCopy, b.names[m.kept]
	case found:
		r.Reason, r.Of, r.Mirrored, r.Bits = NearDuplicate, b.names[m.kept], m.mirrored, m.bits
	default:
		b.gallery.add(s)
		b.names = append(b.names, r.Source)
		b.report.Kept++
		return b.file.Add(s.pix, valid(r.Source))
	}
	b.report.Removed = append(b.report.Removed, r)
	return nil
}

func (b *builder) find(s *sample) (match, bool) {
	if s.err != nil {
		return match{}, false
	}
	return b.gallery.find(s)
}

// metadata returns the file's: the caller's and what was counted.
func (b *builder) metadata() map[string]string {
	m := map[string]string{"name": valid(b.src.Name())}
	maps.Copy(m, b.o.Metadata)
	m["images"] = strconv.Itoa(b.report.Images)
	m["duplicates"] = string(b.o.Duplicates)
	if b.o.Duplicates == Near {
		m["duplicates.bits"] = strconv.Itoa(b.o.Bits)
	}
	for _, reason := range Reasons() {
		m["removed."+strings.ReplaceAll(string(reason), " ", "_")] = strconv.Itoa(b.report.Count(reason))
	}
	return m
}

// valid returns text with what is not UTF-8 replaced.
func valid(text string) string { return strings.ToValidUTF8(text, string(utf8.RuneError)) }

// sample is an image on its way from the source to the file.
type sample struct {
	index           int
	pix             []byte
	err             error
	sum             [sha256.Size]byte // with Exact and Near
	plain, mirrored look              // with Near

	done chan struct{} // gets a value when the above is there
}

// read does what can be done in parallel.
func (s *sample) read(src datasets.Images, d Duplicates) {
	if s.err = src.Read(s.index, s.pix); s.err != nil || d == Keep {
		return
	}
	s.sum = sha256.Sum256(s.pix)
	if d == Near {
		h, w, c := src.Size()
		s.plain, s.mirrored = looks(s.pix, h, w, c)
	}
}
