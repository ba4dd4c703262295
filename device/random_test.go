package device_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
)

// TestPhilox holds the known answers for philox4x32-10 that come with the authors' Random123 library.
func TestPhilox(t *testing.T) {
	const ones = 0xffffffff
	for _, test := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0}, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		assert.Equal(t, test.want, device.Philox(test.counter, test.key))
	}
	r := device.Random{Seed: 0x299f31d0_a4093822, Stream: 0x85a308d3, Step: 0x03707344_13198a2e}
	assert.Equal(t, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, r.Words(0x243f6a88), "seed, stream and step are used whole")
}

func TestUniforms(t *testing.T) {
	r := device.Random{Seed: 1, Stream: 2, Step: 3}
	const n = 100_000
	sum, square := 0.0, 0.0
	for i := range n {
		u := r.Uniform(i)
		assert.Equal(t, u, r.Uniforms(uint32(i / 4))[i%4])
		if u < 0 || u >= 1 || math.Mod(float64(u)*0x1p24, 1) != 0 {
			assert.Fail(t, "not in [0,1) or not a multiple of 2^-24", "%v", u)
		}
		sum += float64(u)
		square += float64(u) * float64(u)
	}
	// Standard errors are 0.0009 and 0.0009.
	assert.InDelta(t, 0.5, sum/n, 0.004)
	assert.InDelta(t, 1.0/3, square/n, 0.004)
}

func TestNormals(t *testing.T) {
	r := device.Random{Seed: 5, Stream: 1}
	const n = 400_000
	var moments [5]float64
	largest := 0.0
	for block := range uint32(n / 4) {
		for _, v := range r.Normals(block) {
			power := 1.0
			for i := range moments {
				moments[i] += power / n
				power *= float64(v)
			}
			largest = max(largest, math.Abs(float64(v)))
		}
	}
	// Standard errors of the moments are 0.0016, 0.0022, 0.0061 and 0.0155.
	for i, want := range []struct{ value, delta float64 }{{1, 1e-9}, {0, 0.008}, {1, 0.011}, {0, 0.03}, {3, 0.08}} {
		assert.InDelta(t, want.value, moments[i], want.delta, "moment %d", i)
	}
	assert.Greater(t, largest, 4.0)
	assert.LessOrEqual(t, largest, math.Sqrt(48*math.Ln2))
}

// TestNormalsOfPairs checks that the two numbers of one transform, and neighbours, are independent.
func TestNormalsOfPairs(t *testing.T) {
	r := device.Random{Seed: 6}
	const n = 100_000
	var pair, neighbour, squares float64
	for block := range uint32(n) {
		v := r.Normals(block)
		pair += float64(v[0]) * float64(v[1]) / n
		neighbour += float64(v[1]) * float64(v[2]) / n
		squares += (float64(v[0])*float64(v[0]) - 1) * (float64(v[1])*float64(v[1]) - 1) / n
	}
	assert.InDelta(t, 0, pair, 0.016)
	assert.InDelta(t, 0, neighbour, 0.016)
	assert.InDelta(t, 0, squares, 0.032)
}

func TestPermutation(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4097} {
		orders := map[int]int{} // first numbers by step
		for step := range uint64(8) {
			p := device.Permutation{Random: device.Random{Seed: 9, Stream: 4, Step: step}, N: n}
			seen := make([]bool, n)
			moved := 0
			for i := range n {
				at := p.At(i)
				if at < 0 || at >= n || seen[at] {
					t.Fatalf("N = %d: At(%d) = %d is out of range or a repetition", n, i, at)
				}
				seen[at] = true
				if at != i {
					moved++
				}
			}
			orders[p.At(0)]++
			if n >= 63 {
				assert.Greater(t, moved, n*9/10, "N = %d", n)
			}
		}
		if n >= 15 {
			assert.Greater(t, len(orders), 3, "N = %d: steps have orders of their own", n)
		}
	}
	identity := device.Permutation{N: 7, Identity: true}
	for i := range 7 {
		assert.Equal(t, i, identity.At(i))
	}
}

// TestPermutationIsFair counts where the first number of many orders goes: chi-squared of 9 degrees of
// freedom lies below 33.7 with probability 0.9999.
func TestPermutationIsFair(t *testing.T) {
	const n, orders = 10, 20_000
	for _, i := range []int{0, 4, 9} {
		var counts [n]float64
		for step := range uint64(orders) {
			counts[device.Permutation{Random: device.Random{Seed: 3, Step: step}, N: n}.At(i)]++
		}
		chi := 0.0
		for _, c := range counts {
			chi += (c - orders/n) * (c - orders/n) / (orders / n)
		}
		assert.Less(t, chi, 33.7, "At(%d): %v", i, counts)
	}
	// The 20 possible first two of five: 50.8 for 19 degrees of freedom.
	pairs := map[[2]int]float64{}
	for step := range uint64(orders) {
		p := device.Permutation{Random: device.Random{Seed: 4, Step: step}, N: 5}
		pairs[[2]int{p.At(0), p.At(1)}]++
	}
	chi := 0.0
	for _, c := range pairs {
		chi += (c - orders/20) * (c - orders/20) / (orders / 20)
	}
	assert.Len(t, pairs, 20)
	assert.Less(t, chi, 50.8, "%v", pairs)
}

func TestStream(t *testing.T) {
	// FNV-1a of "a" is 0xe40c292c, of "foobar" 0xbf9cf968.
	assert.Equal(t, uint32(0x040c292c), device.Stream("a"))
	assert.Equal(t, uint32(0x0f9cf968), device.Stream("foobar"))
}
