package device

import (
	"math"
	"math/bits"
)

// Random names a sequence of random numbers: element i of it is a pure function of the seed, the
// stream (noise, interpolation, order, …), the step and i. So the numbers are the same on every
// device and a run resumes from its step number. The generator is Philox4x32-10 of Salmon, Moraes,
// Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", with the seed as its key and
// (i/4, stream, step) as its counter.
type Random struct {
	Seed   uint64
	Stream uint32
	Step   uint64
}

// Words returns elements 4*block to 4*block+3 as 32 random bits each.
func (r Random) Words(block uint32) [4]uint32 {
	return Philox([4]uint32{block, r.Stream, uint32(r.Step), uint32(r.Step >> 32)}, [2]uint32{uint32(r.Seed), uint32(r.Seed >> 32)})
}

// Uniform returns element i as a number in [0,1), a multiple of 2^-24.
func (r Random) Uniform(i int) float32 {
	w := r.Words(uint32(i / 4))
	return unit(w[i%4])
}

// Uniforms returns elements 4*block to 4*block+3 as numbers in [0,1), multiples of 2^-24.
func (r Random) Uniforms(block uint32) [4]float32 {
	w := r.Words(block)
	return [4]float32{unit(w[0]), unit(w[1]), unit(w[2]), unit(w[3])}
}

// Normals returns elements 4*block to 4*block+3 as normal numbers of mean 0 and variance 1, by Box
// and Muller's transform of each two uniforms. The largest possible size is √(48 ln 2) = 5.77.
func (r Random) Normals(block uint32) [4]float32 {
	w := r.Words(block)
	var n [4]float32
	n[0], n[1] = boxMuller(w[0], w[1])
	n[2], n[3] = boxMuller(w[2], w[3])
	return n
}

func unit(w uint32) float32 { return float32(w>>8) * 0x1p-24 }

func boxMuller(a, b uint32) (float32, float32) {
	u := (float64(a>>8) + 1) * 0x1p-24 // (0,1]: its logarithm is finite
	v := float64(b>>8) * 0x1p-24
	radius := math.Sqrt(-2 * math.Log(u))
	sin, cos := math.Sincos(2 * math.Pi * v)
	return float32(radius * cos), float32(radius * sin)
}

// Philox is the Philox4x32-10 block function: ten rounds on a counter of four words under a key of
// two.
func Philox(c [4]uint32, k [2]uint32) [4]uint32 {
	const (
		m0, m1 = 0xD2511F53, 0xCD9E8D57 // multipliers
		w0, w1 = 0x9E3779B9, 0xBB67AE85 // Weyl sequence of the key
	)
	for range 10 {
		hi0, lo0 := bits.Mul32(m0, c[0])
		hi1, lo1 := bits.Mul32(m1, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0}
		k[0] += w0
		k[1] += w1
	}
	return c
}

// Permutation is a random order of the numbers 0 to N-1, computed where it is needed: no table is
// kept. It is a Feistel network over the smallest power of four that holds N, with Philox as its round
// function, walked on until the value lies below N (Black and Rogaway 2002, "Ciphers with arbitrary
// finite domains"). Its eight rounds make orders of a few numbers fair too; four do not. With Identity
// set it is the order as it lies, for data that are not shuffled, and Random is not used.
type Permutation struct {
	Random   Random
	N        int
	Identity bool
}

// At returns the i-th number of the order, 0 <= i < N.
func (p Permutation) At(i int) int {
	if p.Identity {
		return i
	}
	if p.N <= 1 {
		return 0
	}
	half := (bits.Len64(uint64(p.N-1)) + 1) / 2
	mask := uint64(1)<<half - 1
	x := uint64(i)
	for {
		left, right := x>>half, x&mask
		for round := range uint32(8) {
			w := Philox([4]uint32{uint32(right), p.Random.Stream | round<<28, uint32(p.Random.Step), uint32(p.Random.Step >> 32)}, [2]uint32{uint32(p.Random.Seed), uint32(p.Random.Seed >> 32)})
			left, right = right, left^uint64(w[0])&mask
		}
		if x = left<<half | right; x < uint64(p.N) {
			return int(x)
		}
	}
}
