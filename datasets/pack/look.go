package pack

import (
	"math/bits"
)

const (
	side    = 16                    // of the grey thumbnail
	blocks  = 8                     // across and down, of the colour thumbnail
	rises   = 2 * side * (side - 1) // pairs of neighbours, across and down
	perWord = 60                    // bits in each word: a multiple of bandBits
	words   = rises / perWord
	margin  = 2 // by how many levels a neighbour must be brighter: less is noise
)

// look is what an image looks like from afar, such that pictures that people would call the same have
// similar looks.
//
// The image's grey values are averaged over 16×16 equal fields. Each of the 480 bits says whether a
// field is brighter, by more than margin levels, than its neighbour to the left or above: a difference
// hash after Krawetz 2013, "Kind of like that"
// (https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html), which has 8×8 bits and one
// direction. Since bits alone know no colour, and nothing of flat pictures, a mean colour of each of
// 8×8 fields is kept as well.
type look struct {
	bits   [words]uint64
	colour []uint8 // (8,8,C)
}

// looks returns the looks of an image of shape (h,w,c), and of its mirror image, left to right. All
// arithmetic is in integers: the same on every machine, and the mirror image's look is exact.
func looks(pix []byte, h, w, c int) (plain, mirrored look) {
	fine := average(grey(pix, c), h, w, 1, side)
	coarse := average(pix, h, w, c, blocks)
	plain = look{riseBits(fine), coarse}
	return plain, look{riseBits(flipped(fine, side, 1)), flipped(coarse, blocks, c)}
}

// grey returns the luma of each pixel, as package datasets computes it.
func grey(pix []byte, c int) []byte {
	if c == 1 {
		return pix
	}
	g := make([]byte, len(pix)/3)
	for i := range g {
		p := pix[3*i : 3*i+3]
		g[i] = byte((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
	}
	return g
}

// average returns the mean of each of n×n equal fields, rounded, as (n,n,C). Pixels on the border of
// two fields count for both, by the part that lies in each; h and w are at most 2^14, so sums fit.
func average(pix []byte, h, w, c, n int) []uint8 {
	rows := make([]int64, h*n*c) // sums over the columns of a field, in units of 1/n pixel
	spread(w, n, func(x, field int, part int64) {
		for y := range h {
			for k := range c {
				rows[(y*n+field)*c+k] += part * int64(pix[(y*w+x)*c+k])
			}
		}
	})
	sums := make([]int64, n*n*c)
	spread(h, n, func(y, field int, part int64) {
		for i, v := range rows[y*n*c : (y+1)*n*c] {
			sums[field*n*c+i] += part * v
		}
	})
	area := int64(h) * int64(w) // of a field, in the same units
	mean := make([]uint8, len(sums))
	for i, s := range sums {
		mean[i] = uint8((2*s + area) / (2 * area))
	}
	return mean
}

// spread calls add with each of length pixels, each of n fields that it lies in, and how much of it
// lies there, in units of 1/n pixel.
func spread(length, n int, add func(pixel, field int, part int64)) {
	for p := range length {
		for at := p * n; at < (p+1)*n; {
			field := at / length
			end := min((field+1)*length, (p+1)*n)
			add(p, field, int64(end-at))
			at = end
		}
	}
}

// riseBits compares neighbours of a thumbnail of side×side.
func riseBits(fine []uint8) (b [words]uint64) {
	i := 0
	set := func(rise bool) {
		if rise {
			b[i/perWord] |= 1 << (i % perWord)
		}
		i++
	}
	for y := range side {
		for x := 1; x < side; x++ {
			set(int(fine[y*side+x]) > int(fine[y*side+x-1])+margin)
		}
	}
	for y := 1; y < side; y++ {
		for x := range side {
			set(int(fine[y*side+x]) > int(fine[(y-1)*side+x])+margin)
		}
	}
	return b
}

// flipped returns a thumbnail of n×n×c mirrored left to right.
func flipped(mean []uint8, n, c int) []uint8 {
	out := make([]uint8, len(mean))
	for i := range n * n {
		copy(out[i*c:(i+1)*c], mean[(i-i%n+n-1-i%n)*c:])
	}
	return out
}

// differing returns the number of bits in which two looks differ.
func differing(a, b *[words]uint64) int {
	n := 0
	for i := range a {
		n += bits.OnesCount64(a[i] ^ b[i])
	}
	return n
}

// colourDistance returns the mean difference of two colour thumbnails, in levels, rounded up.
func colourDistance(a, b []uint8) int {
	sum := 0
	for i := range a {
		sum += max(int(a[i]), int(b[i])) - min(int(a[i]), int(b[i]))
	}
	return (sum + len(a) - 1) / len(a)
}
