package pack

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// randomPixels are h·w·c random bytes.
func randomPixels(r *rand.Rand, h, w, c int) []byte {
	pix := make([]byte, h*w*c)
	for i := range pix {
		pix[i] = byte(r.Uint32())
	}
	return pix
}

// mirror mirrors an image left to right.
func mirror(pix []byte, h, w, c int) []byte {
	out := make([]byte, 0, len(pix))
	for y := range h {
		for x := range w {
			at := (y*w + w - 1 - x) * c
			out = append(out, pix[at:at+c]...)
		}
	}
	return out
}

// Field by field, with fractions: what average does with integers.
func TestAverageIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][4]int{{1, 1, 1, 8}, {5, 3, 3, 8}, {16, 16, 1, 16}, {17, 40, 1, 16}, {9, 8, 3, 8}, {64, 64, 1, 16}} {
		h, w, c, n := s[0], s[1], s[2], s[3]
		pix := randomPixels(r, h, w, c)
		got := average(pix, h, w, c, n)
		require.Len(t, got, n*n*c)
		overlap := func(p, field, length int) *big.Rat { // of pixel and field, in pixels
			lo := max(p*n, field*length)
			hi := min((p+1)*n, (field+1)*length)
			return big.NewRat(int64(max(hi-lo, 0)), int64(n))
		}
		for fy := range n {
			for fx := range n {
				for k := range c {
					sum := new(big.Rat)
					for y := range h {
						for x := range w {
							part := new(big.Rat).Mul(overlap(y, fy, h), overlap(x, fx, w))
							sum.Add(sum, part.Mul(part, big.NewRat(int64(pix[(y*w+x)*c+k]), 1)))
						}
					}
					mean, _ := sum.Quo(sum, big.NewRat(int64(h*w), int64(n*n))).Float64()
					assert.InDelta(t, mean, got[(fy*n+fx)*c+k], 0.5+1e-9)
				}
			}
		}
	}
}

func TestLooksOfTheMirrorImage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range [][3]int{{64, 64, 3}, {28, 28, 1}, {16, 16, 3}, {7, 19, 3}, {1, 1, 1}} {
		pix := randomPixels(r, s[0], s[1], s[2])
		plain, mirrored := looks(pix, s[0], s[1], s[2])
		other, back := looks(mirror(pix, s[0], s[1], s[2]), s[0], s[1], s[2])
		assert.Equal(t, plain, back)
		assert.Equal(t, mirrored, other)
	}
}

func TestRiseBits(t *testing.T) {
	fine := make([]uint8, side*side)
	assert.Equal(t, [words]uint64{}, riseBits(fine))
	fine[0] = margin // not brighter by more than the margin than its neighbours
	assert.Equal(t, [words]uint64{}, riseBits(fine))
	fine[side+1] = margin + 1 // one rise to it across, one down
	want := [words]uint64{}
	across, down := side-1, side*(side-1)+1
	want[across/perWord] |= 1 << (across % perWord)
	want[down/perWord] |= 1 << (down % perWord)
	assert.Equal(t, want, riseBits(fine))
	for i := range fine {
		fine[i] = uint8((i%side + i/side) * 5)
	}
	full := riseBits(fine)
	assert.Equal(t, rises, differing(&full, &[words]uint64{}))
	assert.Equal(t, 480, rises)
}

func TestColourDistance(t *testing.T) {
	assert.Equal(t, 0, colourDistance([]uint8{1, 2}, []uint8{1, 2}))
	assert.Equal(t, 3, colourDistance([]uint8{0, 255}, []uint8{5, 255}), "2.5, rounded up")
	assert.Equal(t, 255, colourDistance([]uint8{0, 255}, []uint8{255, 0}))
}

// compareAll finds what gallery finds, by comparing with every image.
func compareAll(kept []*sample, s *sample, limit int) (match, bool) {
	for k, other := range kept {
		if other.sum == s.sum {
			return match{kept: k, exact: true}, true
		}
	}
	for k, other := range kept {
		for i, l := range []*look{&s.plain, &s.mirrored} {
			if n := differing(&l.bits, &other.plain.bits); n <= limit && colourDistance(l.colour, other.plain.colour) <= maxColour {
				return match{kept: k, mirrored: i == 1, bits: n}, true
			}
		}
	}
	return match{}, false
}

// The bands find all that comparing with all finds, and the same first.
func TestGalleryFindsAll(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, limit := range []int{0, 5, DefaultBits, MaxBits} {
		g := newGallery(Options{Duplicates: Near, Bits: limit})
		var kept []*sample
		found := 0
		for i := range 2000 {
			s := &sample{plain: look{colour: make([]uint8, 64)}, mirrored: look{colour: make([]uint8, 64)}}
			s.sum[0], s.sum[1] = byte(i), byte(i>>8)
			for w := range words {
				s.plain.bits[w], s.mirrored.bits[w] = r.Uint64()>>4, r.Uint64()>>4
			}
			if n := len(kept); n > 0 {
				switch other := kept[r.IntN(n)]; r.IntN(5) {
				case 0:
					s.sum = other.sum
				case 1:
					s.plain.bits = disturbed(r, other.plain.bits)
				case 2:
					s.mirrored.bits = disturbed(r, other.plain.bits)
				case 3:
					s.plain.bits, s.mirrored.bits = disturbed(r, kept[r.IntN(n)].plain.bits), disturbed(r, other.plain.bits)
				}
			}
			s.plain.colour[0] = uint8(r.IntN(256))
			want, ok := compareAll(kept, s, limit)
			got, gotOK := g.find(s)
			require.Equal(t, ok, gotOK)
			require.Equal(t, want, got)
			if ok {
				found++
				continue
			}
			g.add(s)
			kept = append(kept, s)
		}
		assert.Greater(t, found, 400)
		assert.Greater(t, len(kept), 400)
	}
}

// The worst that MaxBits allows: a bit in every band but one, as far from one another as from the next.
func TestGalleryPromise(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for whole := range bands {
		for offset := range bandBits {
			a := &sample{}
			for w := range words {
				a.plain.bits[w] = r.Uint64() >> 4
			}
			b := &sample{plain: a.plain}
			b.plain.colour, a.plain.colour, b.mirrored.colour = []uint8{0}, []uint8{0}, []uint8{255}
			b.sum[0] = 1
			for band := range bands {
				if i := band*bandBits + offset; band != whole {
					b.plain.bits[i/perWord] ^= 1 << (i % perWord)
				}
			}
			g := newGallery(Options{Duplicates: Near, Bits: MaxBits})
			g.add(a)
			m, ok := g.find(b)
			require.True(t, ok, "band %d, bit %d", whole, offset)
			assert.Equal(t, match{bits: MaxBits}, m)
		}
	}
}

// disturbed changes up to 40 bits.
func disturbed(r *rand.Rand, b [words]uint64) [words]uint64 {
	for range r.IntN(50) {
		i := r.IntN(rises)
		b[i/perWord] ^= 1 << (i % perWord)
	}
	return b
}
