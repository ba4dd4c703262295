package neighbours

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// side is the size at which images are compared, in pixels.
const side = 16

// Index holds a set of images, reduced. Goroutines may share it.
type Index struct {
	n, h, w, c int
	rh, rw     int
	reduced    []float32 // (N, rh, rw, C), in [0,1]
}

// Match is an image near another.
type Match struct {
	Index    int     // of the image in the set
	Distance float64 // root mean square difference of the reduced pixels, from 0 (the same) to 1 (black to white)
	Mirrored bool    // left and right are exchanged
}

// NewIndex reduces n images of shape (h,w,c), 8 bits a value in the order (N,H,W,C). It keeps nothing of
// pix. A length of pix other than n·h·w·c, or a dimension below 1, is an error.
func NewIndex(pix []byte, n, h, w, c int) (*Index, error) {
	if n < 1 || h < 1 || w < 1 || c < 1 || !isProduct(len(pix), n, h, w, c) {
		return nil, fmt.Errorf("neighbours: %d bytes: want as many as images (%d,%d,%d,%d), and one at least", len(pix), n, h, w, c)
	}
	x := &Index{n: n, h: h, w: w, c: c, rh: reducedSide(h), rw: reducedSide(w)}
	x.reduced = make([]float32, n*x.length())
	one := make([]float32, h*w*c)
	for i := range n {
		for k, v := range pix[i*len(one) : (i+1)*len(one)] {
			one[k] = float32(v) / 255
		}
		x.reduce(x.image(i), one)
	}
	return x, nil
}

// Len returns the number of images.
func (x *Index) Len() int { return x.n }

// Nearest returns the k images of the set, or all if there are fewer, that are nearest to a sample in the
// order (H,W,C) with values in [-1,1], the nearest first, equally near ones by their number.
func (x *Index) Nearest(sample []float32, k int) ([]Match, error) {
	if len(sample) != x.h*x.w*x.c || k < 1 {
		return nil, fmt.Errorf("neighbours: %d nearest of a sample of %d values: want at least 1, of %d as an image (%d,%d,%d)", k, len(sample), x.h*x.w*x.c, x.h, x.w, x.c)
	}
	unit := make([]float32, len(sample))
	for i, v := range sample {
		unit[i] = (v + 1) / 2
	}
	reduced := make([]float32, x.length())
	x.reduce(reduced, unit)
	return x.nearest(reduced, k, -1), nil
}

// Own returns the image of the set that is nearest to image i, 0 <= i < Len: how near images are to each
// other anyway. ok is false if there is no other.
func (x *Index) Own(i int) (m Match, ok bool) {
	if i < 0 || i >= x.n || x.n < 2 {
		return Match{}, false
	}
	return x.nearest(x.image(i), 1, i)[0], true
}

// nearest compares a reduced picture with all images but one.
func (x *Index) nearest(reduced []float32, k, except int) []Match {
	mirrored := x.mirror(reduced)
	var best []Match
	for i := range x.n {
		if i == except {
			continue
		}
		m := Match{Index: i, Distance: difference(reduced, x.image(i))}
		if d := difference(mirrored, x.image(i)); d < m.Distance {
			m.Distance, m.Mirrored = d, true
		}
		if len(best) == k && !(m.Distance < best[k-1].Distance) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, m, func(a, b Match) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Index, b.Index))
		})
		best = slices.Insert(best[:min(len(best), k-1)], min(at, k-1), m)
	}
	for i, m := range best {
		best[i].Distance = math.Sqrt(m.Distance / float64(len(reduced)))
	}
	return best
}

// difference returns the sum of squared differences.
func difference(a, b []float32) float64 {
	sum := float32(0)
	for i, v := range a {
		d := v - b[i]
		sum += d * d
	}
	return float64(sum)
}

// reducedSide returns how many pixels are left of a side.
func reducedSide(n int) int {
	block := blockSide(n)
	return (n + block - 1) / block
}

// blockSide returns how many pixels of a side become one.
func blockSide(n int) int { return (n + side - 1) / side }

// reduce writes the means of blocks of pixels to dst; those at the lower and right edge may be smaller.
func (x *Index) reduce(dst, image []float32) {
	bh, bw := blockSide(x.h), blockSide(x.w)
	for r := range x.rh {
		for q := range x.rw {
			for c := range x.c {
				sum, n := float32(0), 0
				for y := r * bh; y < min((r+1)*bh, x.h); y++ {
					for z := q * bw; z < min((q+1)*bw, x.w); z++ {
						sum += image[(y*x.w+z)*x.c+c]
						n++
					}
				}
				dst[(r*x.rw+q)*x.c+c] = sum / float32(n)
			}
		}
	}
}

// mirror returns a reduced picture with left and right exchanged.
func (x *Index) mirror(reduced []float32) []float32 {
	out := make([]float32, len(reduced))
	for r := range x.rh {
		for q := range x.rw {
			copy(out[(r*x.rw+q)*x.c:][:x.c], reduced[(r*x.rw+x.rw-1-q)*x.c:])
		}
	}
	return out
}

func (x *Index) length() int { return x.rh * x.rw * x.c }

func (x *Index) image(i int) []float32 { return x.reduced[i*x.length() : (i+1)*x.length()] }

// isProduct reports whether the product of factors is length, without overflow.
func isProduct(length int, factors ...int) bool {
	product := uint64(1)
	for _, f := range factors {
		hi, lo := bits.Mul64(product, uint64(f))
		if hi != 0 {
			return false
		}
		product = lo
	}
	return product == uint64(length)
}
