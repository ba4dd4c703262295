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
