package safetensors_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
)

// Every binary16 against its definition: (-1)^s · 2^(e-25) · (1024+f), for e = 0 (-1)^s · 2^-24 · f.
func TestFloat16(t *testing.T) {
	raw := make([]byte, 0, 2<<16)
	for h := range 1 << 16 {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(h))
	}
	f, err := read(write(t, []safetensors.Tensor{{Name: "h", DType: safetensors.F16, Shape: []int{1 << 16}, Data: raw}}, nil))
	require.NoError(t, err)
	got, _, err := f.Float32s("h")
	require.NoError(t, err)
	got64, _, err := f.Float64s("h")
	require.NoError(t, err)
	for h := range 1 << 16 {
		e, m := h>>10&31, float64(h&1023)
		want := math.Ldexp(1024+m, e-25)
		switch {
		case e == 0:
			want = math.Ldexp(m, -24)
		case e == 31 && m == 0:
			want = math.Inf(1)
		case e == 31:
			require.True(t, math.IsNaN(float64(got[h])), "%04x", h)
			continue
		}
		if h>>15 == 1 {
			want = -want
		}
		require.Equal(t, math.Float32bits(float32(want)), math.Float32bits(got[h]), "%04x", h)
		require.Equal(t, want, got64[h], "%04x", h)
	}
}

func TestBFloat16(t *testing.T) {
	raw := []byte{0x80, 0x3f, 0x80, 0xff, 0x01, 0x00}
	f, err := read(write(t, []safetensors.Tensor{{Name: "b", DType: safetensors.BF16, Shape: []int{3}, Data: raw}}, nil))
	require.NoError(t, err)
	want := []float32{1, float32(math.Inf(-1)), math.Float32frombits(1 << 16)}
	got, _, err := f.Float32s("b")
	require.NoError(t, err)
	assert.Equal(t, want, got)
	got64, _, err := f.Float64s("b")
	require.NoError(t, err)
	assert.Equal(t, float64(want[2]), got64[2])
}

func TestIntegers(t *testing.T) {
	cases := map[safetensors.DType]int64{"I32": -2, "I16": -2, "I8": -2, "U32": 1<<32 - 2, "U16": 1<<16 - 2, "U8": 254}
	for d, want := range cases {
		raw := []byte{0xfe, 0xff, 0xff, 0xff}[:d.Bits()/8]
		f, err := read(write(t, []safetensors.Tensor{{Name: "n", DType: d, Data: raw}}, nil))
		require.NoError(t, err)
		got, _, err := f.Int64s("n")
		require.NoError(t, err)
		assert.Equal(t, []int64{want}, got, d)
	}
}

// NaN payloads and the sign of zero pass through unchanged.
func TestBitsAreKept(t *testing.T) {
	bits := []uint32{0x7fc00001, 0xffc12345, 0x80000000, 1}
	values := make([]float32, len(bits))
	for i, b := range bits {
		values[i] = math.Float32frombits(b)
	}
	f, err := read(write(t, []safetensors.Tensor{{Name: "x", DType: "F32", Shape: []int{4}, Data: values}}, nil))
	require.NoError(t, err)
	got, _, err := f.Float32s("x")
	require.NoError(t, err)
	for i, b := range bits {
		assert.Equal(t, b, math.Float32bits(got[i]))
	}
}
