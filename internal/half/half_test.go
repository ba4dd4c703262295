package half

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every float16 comes back from its float32.
func TestRoundTrip(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := Float32(h)
		if f != f {
			assert.Equal(t, uint16(0x7c00), h&0x7c00)
			assert.NotZero(t, h&0x3ff)
			assert.NotEqual(t, FromFloat32(f), FromFloat32(f)&0xfc00, "%#x stays a NaN", h)
			continue
		}
		assert.Equal(t, h, FromFloat32(f), "%g", f)
	}
}

// Between two neighbours the nearer one is taken, in the middle the even one.
func TestRounding(t *testing.T) {
	for i := range 0x7bff { // finite, positive
		lo, hi := float64(Float32(uint16(i))), float64(Float32(uint16(i+1)))
		middle := (lo + hi) / 2
		even := uint16(i + i&1)
		assert.Equal(t, even, FromFloat32(float32(middle)), "%g", middle)
		assert.Equal(t, uint16(i), FromFloat32(math.Nextafter32(float32(middle), 0)), "below %g", middle)
		assert.Equal(t, uint16(i+1), FromFloat32(math.Nextafter32(float32(middle), 1e9)), "above %g", middle)
	}
}

func TestEdges(t *testing.T) {
	inf := float32(math.Inf(1))
	for f, want := range map[float32]uint16{
		0: 0, 1: 0x3c00, -2: 0xc000, 65504: 0x7bff, 65519: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, -1e30: 0xfc00,
		inf: 0x7c00, -inf: 0xfc00, 1e-30: 0, 5.9604645e-8: 1, -5.9604645e-8: 0x8001,
	} {
		assert.Equal(t, want, FromFloat32(f), "%g", f)
	}
	assert.Equal(t, uint16(0x8000), FromFloat32(float32(math.Copysign(0, -1))))
	assert.Equal(t, float32(1.5), BFloat32(0x3fc0))
	assert.True(t, math.Signbit(float64(Float32(0x8000))))
}

func TestRoundingToBFloat16(t *testing.T) {
	bits := func(v uint32) float32 { return math.Float32frombits(v) }
	for _, c := range []struct {
		from uint32
		to   uint16
	}{
		{0x3f808000, 0x3f80}, {0x3f808001, 0x3f81}, {0x3f818000, 0x3f82}, {0x3f807fff, 0x3f80}, // halves go to the even
		{0x80000000, 0x8000}, {0x00008001, 0x0001}, {0x7f7fffff, 0x7f80}, {0xff800000, 0xff80}, // -0, subnormal, too large, -infinity
	} {
		assert.Equal(t, c.to, BFromFloat32(bits(c.from)), "%08x", c.from)
	}
	for _, nan := range []uint32{0x7f800001, 0x7fffffff, 0xffc00000} {
		got := BFromFloat32(bits(nan))
		assert.Equal(t, uint16(0x7f80), got&0x7f80)
		assert.NotZero(t, got&0x7f, "%08x is no number any more", nan)
	}
}
