package device

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Shape lists up to four dimensions, outermost first; unused trailing places are zero. The shape of
// a batch of images is Shape{n, h, w, c}, of a batch of vectors Shape{n, f}, of a single number
// Shape{1}. Shapes compare with ==.
type Shape [4]int

// Rank returns the number of dimensions in use.
func (s Shape) Rank() int {
	for i, d := range s {
		if d == 0 {
			return i
		}
	}
	return len(s)
}

// Len returns the number of elements, the product of the dimensions; 0 for the zero Shape.
func (s Shape) Len() int {
	if s[0] == 0 {
		return 0
	}
	n := 1
	for _, d := range s[:s.Rank()] {
		n *= d
	}
	return n
}

// maxLen is more numbers than any device holds, 2^40 or, where int has 32 bits, 2^28. Products of
// dimensions up to it do not overflow.
const maxLen = math.MaxInt>>23 | 1<<28

// Valid reports whether the shape has at least one dimension, all dimensions in use are positive,
// none is used after an unused one, and there are fewer than 2^40 elements (2^28 if int has 32 bits).
func (s Shape) Valid() bool {
	r, n := s.Rank(), 1
	for i, d := range s {
		if d < 0 || (i >= r && d != 0) {
			return false
		}
		if i < r {
			if d > maxLen/n {
				return false
			}
			n *= d
		}
	}
	return r > 0
}

// Batch returns the shape of n samples of shape s: (h,w,c) becomes (n,h,w,c). It panics if s has
// four dimensions already.
func (s Shape) Batch(n int) Shape {
	if s.Rank() == len(s) {
		panic("device: Batch of a shape that has four dimensions")
	}
	return Shape{n, s[0], s[1], s[2]}
}

// Sample returns the shape of one row: (n,h,w,c) becomes (h,w,c).
func (s Shape) Sample() Shape { return Shape{s[1], s[2], s[3]} }

// RowLen returns the number of elements in one row, the product of all dimensions but the first.
func (s Shape) RowLen() int {
	if s[0] == 0 {
		return 0
	}
	return s.Len() / s[0]
}

// Last returns the innermost dimension: the channels of an image, the features of a vector.
func (s Shape) Last() int {
	if r := s.Rank(); r > 0 {
		return s[r-1]
	}
	return 0
}

// String formats the shape as in "(32,64,64,3)".
func (s Shape) String() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, d := range s[:s.Rank()] {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(d))
	}
	b.WriteByte(')')
	return b.String()
}

// ShapeError reports an argument whose shape does not fit the others.
type ShapeError struct {
	Op   string // package and operation: "kernels: conv2d"
	Arg  string // the argument that is wrong: "weight"
	Got  Shape  // its shape
	Want string // what was expected, and because of what: "want 3 input channels, as in x (32,64,64,3)"
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("%s: %s %v: %s", e.Op, e.Arg, e.Got, e.Want)
}
