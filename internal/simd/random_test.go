package simd_test

import (
	"math"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// draws are the random numbers with the device's own, which are the same.
var draws = []struct {
	name string
	run  func(isa simd.ISA, dst []float32, s simd.Sequence, block uint32, scale, offset float32)
	want func(r device.Random, block uint32) [4]float32
}{
	{"uniforms", simd.ISA.Uniforms, device.Random.Uniforms},
	{"normals", simd.ISA.Normals, device.Random.Normals},
}

// TestRandom compares random numbers with the device's, on every length at both ends of mapped memory
// and, over a block number that wraps around, on many of them.
func TestRandom(t *testing.T) {
	const longest = 70
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, d := range draws {
			for i, r := range []device.Random{{}, {Seed: 1<<40 + 7, Stream: 3, Step: 1<<33 + 5}, {Seed: math.MaxUint64, Stream: math.MaxUint32, Step: math.MaxUint64}} {
				const first = math.MaxUint32 - 20
				for _, s := range []struct{ scale, offset float32 }{{1, 0}, {-0.3, 0.7}} {
					want := func(n int) []float32 {
						var all []float32
						for block := uint32(first); len(all) < n; block++ {
							for _, v := range d.want(r, block) {
								all = append(all, s.offset+float32(s.scale*v))
							}
						}
						return all[:n]
					}
					ends, starts := enginetest.Guarded(t, longest)
					for n := range longest + 1 {
						for _, memory := range [][]float32{ends[longest-n:], starts[:n]} {
							d.run(isa, memory, simd.Sequence(r), first, s.scale, s.offset)
							sameNumbers(t, want(n), memory, "%s of %d", d.name, n)
						}
					}
					if i > 0 {
						many := make([]float32, 1<<16+3)
						d.run(isa, many, simd.Sequence(r), first, s.scale, s.offset)
						sameNumbers(t, want(len(many)), many, "many %s", d.name)
					}
				}
			}
		}
	})
}

// TestNormalsCorners draws normal numbers of chosen words: the smallest and the largest, angles of
// whole octants, where sine or cosine vanishes and signs change, and uniforms about √½.
func TestNormalsCorners(t *testing.T) {
	var radii, angles []uint32
	for i := range uint32(9) {
		for _, d := range []uint32{0, 1 << 8, math.MaxUint32 - 1<<8 + 1} {
			angles = append(angles, i<<29+d)
			radii = append(radii, math.MaxUint32>>i+d)
		}
	}
	const root = 0xb504f333 // √½·2³²
	radii = append(radii, 0, root, root-1<<8, root+1<<8)
	eachISA(t, func(t *testing.T, isa simd.ISA) {
		for _, a := range radii {
			for _, b := range angles {
				block, r := sequenceOf([4]uint32{a, b, b, a})
				require.Equal(t, [4]uint32{a, b, b, a}, r.Words(block))
				want, got := r.Normals(block), make([]float32, 4)
				for i := range want {
					want[i] += 0 // the offset, which turns −0 into 0
				}
				isa.Normals(got, simd.Sequence(r), block, 1, 0)
				sameNumbers(t, want[:], got, "words %#x and %#x", a, b)
			}
		}
	})
}

// sequenceOf returns a block and a sequence that has the given words there, by Philox's inverse.
func sequenceOf(w [4]uint32) (block uint32, r device.Random) {
	const m0, m1 = 0xD2511F53, 0xCD9E8D57
	inverse := func(m uint32) uint32 { // modulo 2³², by Newton's iteration
		x := m
		for range 5 {
			x *= 2 - m*x
		}
		return x
	}
	for round := range uint32(10) {
		c0, c2 := w[3]*inverse(m0), w[1]*inverse(m1)
		hi0, _ := bits.Mul32(m0, c0)
		hi1, _ := bits.Mul32(m1, c2)
		w = [4]uint32{c0, w[0] ^ hi1 ^ (9-round)*0x9E3779B9, c2, w[2] ^ hi0 ^ (9-round)*0xBB67AE85}
	}
	return w[0], device.Random{Stream: w[1], Step: uint64(w[3])<<32 | uint64(w[2])}
}

func BenchmarkRandom(b *testing.B) {
	eachISA(b, func(b *testing.B, isa simd.ISA) {
		for _, d := range draws {
			b.Run(d.name, func(b *testing.B) {
				x := make([]float32, 8<<10)
				b.SetBytes(int64(4 * len(x)))
				for b.Loop() {
					d.run(isa, x, simd.Sequence{Seed: 1}, 0, 1, 0)
				}
			})
		}
	})
}
