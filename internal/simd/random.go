package simd

import (
	"math"
	"math/bits"
	"unsafe"
)

// Sequence names a sequence of random numbers, as device.Random does: blocks of four words, by the
// generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as
// 1, 2, 3", with Seed as its key and (block, Stream, Step) as its counter.
type Sequence struct {
	Seed   uint64
	Stream uint32
	Step   uint64
}

// Uniforms writes offset + scale·u to dst, where the u are the elements of s from 4·block on as numbers
// in [0,1), multiples of 2⁻²⁴. Product and sum are rounded one by one.
func (i ISA) Uniforms(dst []float32, s Sequence, block uint32, scale, offset float32) {
	i.draw(dst, s, block, scale, offset, false)
}

// Normals writes offset + scale·n to dst, where the n are the normal elements of s from 4·block on, by
// Box and Muller's transform of each two uniforms in float64. The assembly does the operations of
// package math one by one: where the compiler does not fuse those, the numbers are the twin's.
func (i ISA) Normals(dst []float32, s Sequence, block uint32, scale, offset float32) {
	i.draw(dst, s, block, scale, offset, true)
}

func (i ISA) draw(dst []float32, s Sequence, block uint32, scale, offset float32, normal bool) {
	if i == Go {
		s.draw(dst, block, scale, offset, normal)
		return
	}
	group := i.Panel() // numbers
	keys := s.roundKeys()
	i.drawGroups(len(dst)/group, unsafe.SliceData(dst), block, s, &keys, scale, offset, normal)
	if done := len(dst) / group * group; done < len(dst) {
		var last [32]float32
		i.drawGroups(1, &last[0], block+uint32(done/4), s, &keys, scale, offset, normal)
		copy(dst[done:], last[:])
	}
}

func (i ISA) drawGroups(groups int, dst *float32, block uint32, s Sequence, keys *[20]uint32, scale, offset float32, normal bool) {
	if groups == 0 {
		return
	}
	counter := [3]uint32{s.Stream, uint32(s.Step), uint32(s.Step >> 32)}
	switch {
	case normal && i == AVX512:
		normalsAVX512(groups, dst, block, &counter, keys, scale, offset)
	case normal:
		normalsAVX2(groups, dst, block, &counter, keys, scale, offset)
	case i == AVX512:
		uniformsAVX512(groups, dst, block, &counter, keys, scale, offset)
	default:
		uniformsAVX2(groups, dst, block, &counter, keys, scale, offset)
	}
}

// roundKeys returns the two keys of each of the ten rounds: the seed's halves plus multiples of Weyl's
// increments.
func (s Sequence) roundKeys() (keys [20]uint32) {
	for round := range uint32(10) {
		keys[2*round] = uint32(s.Seed) + round*0x9E3779B9
		keys[2*round+1] = uint32(s.Seed>>32) + round*0xBB67AE85
	}
	return keys
}

// draw is the twin.
func (s Sequence) draw(dst []float32, block uint32, scale, offset float32, normal bool) {
	keys := s.roundKeys()
	for len(dst) > 0 {
		w := philox([4]uint32{block, s.Stream, uint32(s.Step), uint32(s.Step >> 32)}, &keys)
		var numbers [4]float32
		if normal {
			numbers[0], numbers[1] = boxMuller(w[0], w[1])
			numbers[2], numbers[3] = boxMuller(w[2], w[3])
		} else {
			for j := range numbers {
				numbers[j] = float32(w[j]>>8) * 0x1p-24
			}
		}
		n := min(4, len(dst))
		for j := range n {
			dst[j] = offset + float32(scale*numbers[j])
		}
		dst, block = dst[n:], block+1
	}
}

func philox(c [4]uint32, keys *[20]uint32) [4]uint32 {
	for round := range 10 {
		hi0, lo0 := bits.Mul32(0xD2511F53, c[0])
		hi1, lo1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ keys[2*round], lo1, hi0 ^ c[3] ^ keys[2*round+1], lo0}
	}
	return c
}

func boxMuller(a, b uint32) (float32, float32) {
	u := (float64(a>>8) + 1) * 0x1p-24 // (0,1]: its logarithm is finite
	v := float64(b>>8) * 0x1p-24
	radius := math.Sqrt(-2 * math.Log(u))
	sin, cos := math.Sincos(2 * math.Pi * v)
	return float32(radius * cos), float32(radius * sin)
}
