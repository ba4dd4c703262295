package snippets

import (
	"math"
	"math/rand/v2"
)

// Operands at which instructions go wrong: the ends of ranges, ties of rounding, the special values.
var (
	integers32 = []uint32{0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0xdeadbeef, 12345}

	integers64 = []uint64{
		0, 1, 2, 63, 64, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
		0xffffffffffffffff, 0xfffffffffffffffe, 0xdeadbeefcafebabe, 1 << 53, 1<<53 + 1, 1<<24 + 1, 1<<63 + 1<<10, 3,
	}

	singles = []uint32{
		0, 1 << 31, 0x3f800000, 0xbf800000, // zeros, ones
		1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, // denormal and the least normal
		0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, // the greatest, infinities, NaN
		0x3f800001, 0x3f7fffff, 0x3f000000, 0x3fc00000, 0x40200000, 0xc0200000, // 1+ulp, 1-ulp, ½, 1½, 2½
		0x4b800000, 0x4b800001, 0x4f000000, 0xcf000000, 0x4f800000, 0x5f000000, // 2^24, 2^31, 2^32, 2^63
		0x40490fdb, 0x3eaaaaab, 0x42f6e979, 0x1e3ce508, 0x33800000, 0x47c35000, // π, ⅓, 123.45, 1e-20, 2^-24, 1e5
	}

	doublesAt = []uint64{
		0, 1 << 63, 0x3ff0000000000000, 0xbff0000000000000, 1, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
		0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x3ff0000000000001, 0x3fe0000000000000, 0x3ff8000000000000,
		0x4004000000000000, 0x400921fb54442d18, 0x47efffffe0000000, 0x47efffffefffffff, 0x47f0000000000000, 0x36a0000000000000, 0x3690000000000000, 0x3ff0000010000000,
		0x41dfffffffc00000, 0xc1e0000000000000, 0x43e0000000000000, 0x3810000000000000,
	}

	halfValues  = []uint16{0, 0x8000, 0x3c00, 0xbc00, 1, 0x8001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x3c01, 0x3bff, 0x3800, 0x3e00, 0x4100, 0x4248, 0x3555, 0x6800, 0x6801}
	bhalfValues = []uint16{0, 0x8000, 0x3f80, 0xbf80, 1, 0x8001, 0x007f, 0x0080, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0, 0x3f81, 0x3f7f, 0x3f00, 0x3fc0, 0x4020, 0x4049, 0x3eab, 0x4380, 0x4381}
)

// random is the same in every run.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x67616e6c6962)) }

// pairs are all pairs of values.
func pairs[T any](values []T, words func(v T) []uint32) [][]uint32 {
	var all [][]uint32
	for _, a := range values {
		for _, b := range values {
			all = append(all, append(words(a), words(b)...))
		}
	}
	return all
}

// some are n cases, each of so many values, from the list and at random.
func some[T any](n, count int, values []T, random func() T, words func(v T) []uint32) [][]uint32 {
	r := rand.New(rand.NewPCG(uint64(n), uint64(count)))
	var all [][]uint32
	for i := range n {
		var c []uint32
		for range count {
			if v := random(); i%3 == 0 {
				c = append(c, words(v)...)
			} else {
				c = append(c, words(values[r.IntN(len(values))])...)
			}
		}
		all = append(all, c)
	}
	return all
}

func one32(v uint32) []uint32   { return []uint32{v} }
func one64(v uint64) []uint32   { return []uint32{uint32(v), uint32(v >> 32)} }
func one16(v uint16) []uint32   { return []uint32{uint32(v)} }
func join64(x []uint32) uint64  { return uint64(x[1])<<32 | uint64(x[0]) }
func f32(b uint32) float64      { return float64(math.Float32frombits(b)) }
func f64(b uint64) float64      { return math.Float64frombits(b) }
func bits32(x float64) uint32   { return math.Float32bits(float32(x)) }
func bits64(x float64) []uint32 { return one64(math.Float64bits(x)) }

// singly are the values, one in each case, and as many at random.
func singly[T any](values []T, random func() T, words func(v T) []uint32) [][]uint32 {
	var all [][]uint32
	for _, v := range values {
		all = append(all, words(v))
	}
	for len(all) < 96 {
		all = append(all, words(random()))
	}
	return all
}

// anyBits are floats of every size.
func anyBits(seed uint64) func() uint32 { r := random(seed); return r.Uint32 }

func anyBits64(seed uint64) func() uint64 { r := random(seed); return r.Uint64 }

// moderate are floats near 1, so that sums and products neither overflow nor vanish.
func moderate(seed uint64) func() uint32 {
	r := random(seed)
	return func() uint32 { return bits32(math.Ldexp(r.Float64()*2-1, r.IntN(9)-4)) }
}
