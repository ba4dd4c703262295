package npz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

const (
	magic = "\x93NUMPY"
	// maxHeader is the longest header that is read; NumPy itself warns from 10,000 bytes on.
	maxHeader = 1 << 16
	// maxRank is the most dimensions that an array may have, as in NumPy.
	maxRank = 64
)

// Info describes an array.
type Info struct {
	Name  string // "" for an array that stands alone
	DType DType
	Shape []int // none: one element

	fortran bool // the first dimension changes fastest in the file
}

// Len returns the number of elements.
func (in Info) Len() int {
	n := 1
	for _, d := range in.Shape {
		n *= d
	}
	return n
}

// size returns the bytes of all elements; what does not fit in an int is an error.
func (in Info) size() (int, error) {
	_, _, width, err := in.DType.parts()
	if err != nil {
		return 0, err
	}
	if len(in.Shape) > maxRank {
		return 0, fmt.Errorf("%d dimensions: want at most %d", len(in.Shape), maxRank)
	}
	// Zeros do not excuse the other dimensions.
	n, empty := uint64(width), false
	for _, d := range in.Shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v: want no negative dimension", in.Shape)
		}
		if d == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt {
			return 0, fmt.Errorf("shape %v of %s: too many bytes", in.Shape, in.DType)
		}
		n = lo
	}
	if empty {
		return 0, nil
	}
	return int(n), nil
}

// readHeader reads what comes before the elements, and returns its length.
func readHeader(r io.Reader) (in Info, length int64, err error) {
	start := make([]byte, len(magic)+2)
	if err := readFull(r, start); err != nil {
		return in, 0, err
	}
	if string(start[:len(magic)]) != magic {
		return in, 0, errors.New(`not a .npy file: want "\x93NUMPY" at its start`)
	}
	major, minor := start[len(magic)], start[len(magic)+1]
	if major < 1 || major > 3 || minor != 0 {
		return in, 0, fmt.Errorf("version %d.%d: want 1.0, 2.0 or 3.0", major, minor)
	}
	size := make([]byte, 2)
	if major > 1 {
		size = make([]byte, 4)
	}
	if err := readFull(r, size); err != nil {
		return in, 0, err
	}
	n := uint32(binary.LittleEndian.Uint16(size))
	if major > 1 {
		n = binary.LittleEndian.Uint32(size)
	}
	if n > maxHeader {
		return in, 0, fmt.Errorf("header of %d bytes: want at most %d", n, maxHeader)
	}
	text := make([]byte, n)
	if err := readFull(r, text); err != nil {
		return in, 0, err
	}
	if in, err = parseHeader(string(text)); err != nil {
		return in, 0, fmt.Errorf("header: %w", err)
	}
	if _, err = in.size(); err != nil {
		return in, 0, fmt.Errorf("header: %w", err)
	}
	return in, int64(len(start)+len(size)) + int64(n), nil
}

// parseHeader reads the dictionary: the three keys, each once and in any order.
func parseHeader(text string) (in Info, err error) {
	p := &parser{rest: text}
	seen := map[string]bool{}
	p.want("{")
	for !p.take("}") && p.err == nil {
		key := p.text()
		p.want(":")
		if seen[key] {
			p.fail("%s appears twice", shorten(key))
		}
		seen[key] = true
		switch key {
		case "descr":
			in.DType = DType(p.text())
		case "fortran_order":
			in.fortran = p.truth()
		case "shape":
			in.Shape = p.tuple()
		default:
			p.fail("key %s: want descr, fortran_order and shape", shorten(key))
		}
		if !p.take(",") {
			p.want("}")
			break
		}
	}
	switch {
	case p.err != nil:
		return in, p.err
	case strings.TrimSpace(p.rest) != "":
		return in, fmt.Errorf("%s after the dictionary", shorten(p.rest))
	case len(seen) != 3:
		return in, errors.New("want descr, fortran_order and shape")
	}
	return in, nil
}

// parser reads the few Python literals that a header has. After an error it stays where it is.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// take passes over s, if it is next.
func (p *parser) take(s string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " \t\n"), s)
	if ok && p.err == nil {
		p.rest = rest
	}
	return ok && p.err == nil
}

func (p *parser) want(s string) {
	if !p.take(s) {
		p.fail("%s: want %q", shorten(p.rest), s)
	}
}

// text reads a string without escapes.
func (p *parser) text() string {
	for _, quote := range []string{"'", `"`} {
		if !p.take(quote) {
			continue
		}
		s, rest, ok := strings.Cut(p.rest, quote)
		if !ok || strings.Contains(s, `\`) {
			break
		}
		p.rest = rest
		return s
	}
	p.fail("%s: want a text in quotes; structured types are not read", shorten(p.rest))
	return ""
}

func (p *parser) truth() bool {
	if p.take("True") {
		return true
	}
	p.want("False")
	return false
}

// tuple reads (), (3,) or (3, 4), also with Python 2's L behind a number.
func (p *parser) tuple() (list []int) {
	p.want("(")
	for !p.take(")") && p.err == nil {
		p.take("") // the space before
		p.rest = strings.TrimLeft(p.rest, " \t\n")
		digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		n, err := strconv.Atoi(p.rest[:digits])
		if err != nil {
			p.fail("%s: want a dimension, a whole number of at least 0", shorten(p.rest))
			return nil
		}
		if list = append(list, n); len(list) > maxRank {
			p.fail("more than %d dimensions", maxRank)
		}
		p.rest = strings.TrimPrefix(p.rest[digits:], "L")
		if !p.take(",") {
			p.want(")")
			break
		}
	}
	return list
}

// appendHeader appends what comes before the elements. It is as long as a multiple of 64, so that the
// elements of an uncompressed file can be mapped into memory.
func appendHeader(b []byte, in Info) []byte {
	shape := "("
	for i, d := range in.Shape {
		if i > 0 {
			shape += ", "
		}
		shape += strconv.Itoa(d)
	}
	if len(in.Shape) == 1 {
		shape += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s), }", in.DType, shape)
	start := len(magic) + 4
	pad := 63 - (start+len(text))%64
	text += strings.Repeat(" ", pad) + "\n"
	b = append(append(b, magic...), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}

// readFull fills b; a file that ends early gives [io.ErrUnexpectedEOF].
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// shorten quotes a text for an error message; a hostile one may be megabytes long.
func shorten(text string) string {
	const limit = 80
	if len(text) > limit {
		return strconv.Quote(text[:limit]) + "..."
	}
	return strconv.Quote(text)
}
