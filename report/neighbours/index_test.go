package neighbours

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// set returns random images, the values of a sample that equals image i being what sample returns.
func set(t testing.TB, n, h, w, c int) (*Index, []byte) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), uint64(h)))
	pix := make([]byte, n*h*w*c)
	for i := range pix {
		pix[i] = uint8(r.IntN(256))
	}
	x, err := NewIndex(pix, n, h, w, c)
	require.NoError(t, err)
	return x, pix
}

func sample(pix []byte) []float32 {
	out := make([]float32, len(pix))
	for i, v := range pix {
		out[i] = float32(v)/127.5 - 1
	}
	return out
}

func TestNearest(t *testing.T) {
	for _, shape := range [][3]int{{64, 64, 3}, {28, 28, 1}, {16, 16, 3}, {1, 1, 1}, {5, 33, 1}, {128, 20, 3}} {
		h, w, c := shape[0], shape[1], shape[2]
		x, pix := set(t, 40, h, w, c)
		assert.LessOrEqual(t, x.rh, side)
		assert.LessOrEqual(t, x.rw, side)
		length := h * w * c
		for _, i := range []int{0, 7, 39} {
			image := pix[i*length : (i+1)*length]
			got, err := x.Nearest(sample(image), 3)
			require.NoError(t, err)
			require.Len(t, got, 3)
			assert.InDelta(t, 0, got[0].Distance, 1e-6)
			if h > 1 {
				assert.Equal(t, i, got[0].Index)
				assert.False(t, got[0].Mirrored)
			}
			assert.True(t, slices.IsSortedFunc(got, func(a, b Match) int { return int(math.Copysign(1, a.Distance-b.Distance)) }))

			// All of them, in the order of a plain sort.
			all, err := x.Nearest(sample(image), 1000)
			require.NoError(t, err)
			require.Len(t, all, 40)
			assert.Equal(t, all[:3], got)
		}
	}
}

func TestMirrored(t *testing.T) {
	x, pix := set(t, 9, 32, 32, 3)
	s := sample(pix[4*32*32*3 : 5*32*32*3])
	flipped := make([]float32, len(s))
	for y := range 32 {
		for z := range 32 {
			copy(flipped[(y*32+z)*3:][:3], s[(y*32+31-z)*3:])
		}
	}
	got, err := x.Nearest(flipped, 1)
	require.NoError(t, err)
	assert.Equal(t, 4, got[0].Index)
	assert.True(t, got[0].Mirrored)
	assert.InDelta(t, 0, got[0].Distance, 1e-6)
}

// The distance of white and black is 1, that of greys their difference.
func TestDistance(t *testing.T) {
	pix := make([]byte, 3*16*16)
	for i := range 256 {
		pix[256+i], pix[512+i] = 255, 51
	}
	x, err := NewIndex(pix, 3, 16, 16, 1)
	require.NoError(t, err)
	got, err := x.Nearest(sample(pix[:256]), 3)
	require.NoError(t, err)
	for i, want := range []struct {
		index    int
		distance float64
	}{{0, 0}, {2, 0.2}, {1, 1}} {
		assert.Equal(t, want.index, got[i].Index)
		assert.InDelta(t, want.distance, got[i].Distance, 1e-6)
	}
	own, ok := x.Own(1)
	assert.True(t, ok)
	assert.Equal(t, 2, own.Index)
	assert.InDelta(t, 0.8, own.Distance, 1e-6)
	for _, i := range []int{-1, 3} {
		_, ok = x.Own(i)
		assert.False(t, ok)
	}
	single, err := NewIndex(pix[:256], 1, 16, 16, 1)
	require.NoError(t, err)
	_, ok = single.Own(0)
	assert.False(t, ok)
	assert.Equal(t, 1, single.Len())
}

func TestErrors(t *testing.T) {
	for _, c := range [][5]int{{5, 1, 2, 2, 1}, {0, 0, 2, 2, 1}, {4, 1, -2, -2, 1}, {0, math.MaxInt, math.MaxInt, 2, 1}} {
		_, err := NewIndex(make([]byte, c[0]), c[1], c[2], c[3], c[4])
		assert.ErrorContains(t, err, "neighbours: ")
	}
	x, _ := set(t, 2, 4, 4, 1)
	_, err := x.Nearest(make([]float32, 15), 1)
	assert.ErrorContains(t, err, "a sample of 15 values: want at least 1, of 16")
	_, err = x.Nearest(make([]float32, 16), 0)
	assert.ErrorContains(t, err, "0 nearest")
	// A sample that is not a number is equally far from all.
	nan := make([]float32, 16)
	nan[3] = float32(math.NaN())
	got, err := x.Nearest(nan, 1)
	require.NoError(t, err)
	assert.Len(t, got, 1)
}
